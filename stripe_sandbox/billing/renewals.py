"""Subscription renewals: a new period, its invoice, the charge an hour later, and retries (dunning) when it fails."""

import copy

from ..money import cards, charging
from ..money.balance import account
from ..store import truths
from ..store.books import Books, Thing
from ..store.events import change, emit
from . import invoicing, subscriptions

HOUR, DAY = 3600, 86400
NO_METHOD = cards.Decline("invoice_no_payment_method_types", None, "There is no payment method to charge.")
# Retry schedule in days after each failed attempt; after the last the subscription stays past due.
RETRY_DAYS = (3, 5, 7)


def renew(books: Books, sub_id: str) -> None:
    """Renew the subscription when its period ends: begin the next one and draft its invoice."""
    sub = books.own("subscription", sub_id)
    if sub["status"] not in ("active", "past_due", "unpaid"):
        return
    if sub["cancel_at"] and sub["cancel_at"] <= books.now:
        subscriptions.cancel(books, sub)
        return
    before = copy.deepcopy(sub)
    first = sub["items"]["data"][0]
    period = (first["current_period_start"], first["current_period_end"])
    for item in sub["items"]["data"]:
        start = item["current_period_end"]
        end = invoicing.period_end(sub["billing_cycle_anchor"], start, item["price"]["recurring"])
        item.update(current_period_start=start, current_period_end=end)
    books.put(sub)
    invoice = invoicing.draw_up(books, sub, "subscription_cycle", period)
    sub["latest_invoice"] = invoice["id"]
    books.put(sub)
    emit(books, "customer.subscription.updated", sub, before)
    books.schedule(sub_id, "renew", first["current_period_end"])
    _draft(books, sub, invoice)


def _draft(books: Books, sub: Thing, invoice: Thing) -> None:
    """Keep the invoice as a draft for an hour, or do with it what pause_collection says."""
    paused = (sub["pause_collection"] or {}).get("behavior")
    if paused == "keep_as_draft" or sub["status"] == "unpaid":
        invoice["auto_advance"] = False
    elif paused is None:
        invoice["automatically_finalizes_at"] = books.now + HOUR
        books.schedule(invoice["id"], "finalize", books.now + HOUR)
    books.put(invoice)
    emit(books, "invoice.created", invoice)
    if paused == "void":
        _void(books, invoice)
    elif paused == "mark_uncollectible":
        invoicing.finalize(books, invoice)
        invoice["status_transitions"]["marked_uncollectible_at"] = books.now
        details = {"uncollectible": {"reason": "subscription_paused"}}
        change(books, invoice, None, status="uncollectible", auto_advance=False, status_details=details)
        emit(books, "invoice.marked_uncollectible", invoice)


def _void(books: Books, invoice: Thing) -> None:
    """Void the month of a pause (`void_pause`)."""
    if truths.answer(books, "void_pause") == "finalized":
        invoicing.void(books, invoicing.finalize(books, invoice))
        return
    invoice["status_transitions"]["voided_at"] = books.now
    change(books, invoice, None, status="void", auto_advance=False)


def finalize(books: Books, invoice_id: str) -> None:
    """Finalise the invoice after its hour as a draft: number it and charge the default payment method."""
    invoice = books.own("invoice", invoice_id)
    if invoice["status"] != "draft":
        return
    invoicing.finalize(books, invoice)
    intent = charging.open_intent(books, facts(invoice))
    invoicing.begin_payment(books, invoice, intent["id"])
    collect(books, invoice, intent)


def facts(invoice: Thing) -> Thing:
    """Return the parameters of an invoice's payment intent."""
    return {
        "amount": invoice["amount_due"],
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": "Subscription update",
    }


def retry(books: Books, invoice_id: str) -> None:
    """Retry the payment of an invoice that is still open."""
    invoice = books.own("invoice", invoice_id)
    payment = invoicing.payment_of(books, invoice)
    if invoice["status"] == "open" and payment is not None:
        collect(books, invoice, books.own("payment_intent", payment["payment"]["payment_intent"]))


def collect(
    books: Books, invoice: Thing, intent: Thing, method_id: str | None = None, by_hand: bool = False
) -> cards.Decline | None:
    """Charge the given payment method, or the subscription's default, or the customer's. None: paid or processing."""
    sub = books.own("subscription", invoice["parent"]["subscription_details"]["subscription"])
    customer = books.own("customer", sub["customer"])
    method_id = method_id or sub["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    method = books.get("payment_method", method_id or "")
    if method is None or method["customer"] != customer["id"]:
        refused(books, invoice, by_hand)
        return NO_METHOD
    behaviour = books.note(method["id"]).get("behaviour")
    if method["type"] != "card":
        charging.process(books, intent, method)
        return None
    if behaviour not in ("confirm", "fails_later"):
        charge = charging.succeed(books, intent, method)
        paid(books, invoice)
        charging.settle(books, charge)
        return None
    decline = cards.ASKS_BANK if behaviour == "confirm" else cards.GENERIC
    charging.fail(books, intent, method, decline)
    refused(books, invoice, by_hand)
    if behaviour == "confirm":
        emit(books, "invoice.payment_action_required", books.own("invoice", invoice["id"]))
    return decline


def paid(books: Books, invoice: Thing) -> None:
    """Mark the invoice as paid; a subscription that was past due is active again."""
    invoicing.mark_paid(books, invoice)
    _caught_up(books, invoice)


def paid_elsewhere(books: Books, invoice: Thing) -> Thing:
    """Mark the invoice as paid out of band: no money comes to the balance, and failed attempts stay as they are."""
    made = invoicing.mark_paid(books, invoice, elsewhere=True)
    _caught_up(books, invoice)
    return made


def _caught_up(books: Books, invoice: Thing) -> None:
    sub = books.own("subscription", invoice["parent"]["subscription_details"]["subscription"])
    if sub["status"] in ("past_due", "unpaid"):
        change(books, sub, "customer.subscription.updated", status="active")
    elif sub["status"] == "paused" and sub["latest_invoice"] == invoice["id"]:
        awake(books, sub)


def awake(books: Books, sub: Thing) -> Thing:
    """End a pause (status paused): the subscription is active again."""
    change(books, sub, "customer.subscription.updated", status="active", status_details=None)
    emit(books, "customer.subscription.resumed", sub)
    return sub


def refused(books: Books, invoice: Thing, by_hand: bool = False) -> None:
    """Record a failed payment: invoice.payment_failed; the next retry is scheduled as long as there is one.

    An attempt by hand counts only when it is the first, and leaves the schedule as it is.
    """
    if by_hand and invoice["attempt_count"]:
        emit(books, "invoice.payment_failed", invoice)
        return
    sub = books.own("subscription", invoice["parent"]["subscription_details"]["subscription"])
    tried = invoice["attempt_count"] + 1
    hopeless = tried > len(RETRY_DAYS) or sub["status"] == "canceled"
    again = None if hopeless else books.now + RETRY_DAYS[tried - 1] * DAY
    change(books, invoice, None, attempted=True, attempt_count=tried, next_payment_attempt=again)
    emit(books, "invoice.payment_failed", invoice)
    if again is not None:
        books.schedule(invoice["id"], "retry", again)
    if sub["status"] == "active":
        change(books, sub, "customer.subscription.updated", status="past_due")
    if tried > len(RETRY_DAYS):
        _end_of_retries(books, sub)


def _end_of_retries(books: Books, sub: Thing) -> None:
    """Apply the account's setting for exhausted retries: past_due (it stays so), unpaid or canceled."""
    end = books.note(account(books)["id"]).get("end_of_retries", "past_due")
    if end == "canceled" and sub["status"] == "past_due":
        subscriptions.cancel(books, sub, reason="payment_failed")
    elif end == "unpaid" and sub["status"] == "past_due":
        change(books, sub, "customer.subscription.updated", status="unpaid")


def resume(books: Books, sub_id: str) -> None:
    """End a pause_collection that has a resumes_at."""
    sub = books.own("subscription", sub_id)
    if sub["status"] != "canceled":
        change(books, sub, "customer.subscription.updated", pause_collection=None)

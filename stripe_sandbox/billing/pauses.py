"""Paused subscriptions (status paused): no invoices at all until the subscription is resumed, and paid for again."""

import copy

from ..store.books import Books, Thing
from ..store.errors import StripeError, bad_value
from ..store.events import change, emit
from . import invoicing, renewals

HOUR = 3600


def pause(books: Books, sub: Thing, params: Thing) -> Thing:
    """POST /v1/subscriptions/{id}/pause, without credit for the time already paid."""
    unused = params.get("bill_for", {}).get("unused_time_from", {}).get("type", "now")
    if unused != "none":
        message = "This offline sandbox makes no prorations: send bill_for[unused_time_from][type]=none."
        raise bad_value("bill_for[unused_time_from][type]", message)
    if sub["status"] not in ("active", "past_due"):
        raise StripeError(f"Only active subscriptions can be paused; this one is {sub['status']}.")
    return begin(books, sub)


def begin(books: Books, sub: Thing) -> Thing:
    books.unschedule(sub["id"], "renew")
    why = {"subscription": {"type": "pause_requested"}, "transitioned_at": books.now, "type": "subscription"}
    change(books, sub, "customer.subscription.updated", status="paused", status_details={"paused": why})
    emit(books, "customer.subscription.paused", sub)
    return sub


def resume(books: Books, sub: Thing, params: Thing) -> Thing:
    """POST /v1/subscriptions/{id}/resume: a new period begins now, with its invoice, or the old one continues."""
    if sub["status"] != "paused":
        raise StripeError(f"Only paused subscriptions can be resumed; this one is {sub['status']}.")
    anchor = params.get("billing_cycle_anchor", {}).get("type", "now")
    end = sub["items"]["data"][0]["current_period_end"]
    if anchor == "unchanged" and end <= books.now:
        raise bad_value("billing_cycle_anchor", "This offline sandbox resumes a period that is over with `now` only.")
    books.unschedule(sub["id"], "wake")
    if anchor == "unchanged":
        books.schedule(sub["id"], "renew", end)
        return renewals.awake(books, sub)
    return _anew(books, sub, params.get("payment_behavior", "resume_on_payment_attempt"))


def wake(books: Books, sub_id: str) -> None:
    """Resume a pause that has an end, when that is due."""
    sub = books.own("subscription", sub_id)
    if sub["status"] == "paused":
        _anew(books, sub, "resume_on_payment_attempt")


def _anew(books: Books, sub: Thing, behaviour: str) -> Thing:
    before = copy.deepcopy(sub)
    sub["billing_cycle_anchor"] = now = books.now
    for item in sub["items"]["data"]:
        end = invoicing.period_end(now, now, item["price"]["recurring"])
        item.update(current_period_start=now, current_period_end=end)
    books.put(sub)
    invoice = invoicing.draw_up(books, sub, "subscription_update", (now, now))
    sub["latest_invoice"] = invoice["id"]
    books.put(sub)
    emit(books, "customer.subscription.updated", sub, before)
    books.schedule(sub["id"], "renew", sub["items"]["data"][0]["current_period_end"])
    if behaviour == "resume_on_payment_attempt":
        renewals.awake(books, sub)
    else:
        books.schedule(invoice["id"], "lapse", now + 23 * HOUR)
    emit(books, "invoice.created", invoice)
    renewals.finalize(books, invoice["id"])
    return books.own("subscription", sub["id"])


def lapse(books: Books, invoice_id: str) -> None:
    """Expire a resumption that was not paid within 23 hours."""
    invoice = books.own("invoice", invoice_id)
    if invoice["status"] == "open":
        books.unschedule(invoice_id)
        invoicing.void(books, invoice)

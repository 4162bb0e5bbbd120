"""Monthly gifts: the first invoice, renewals under a moving clock, refusals, changes, pauses, ends."""

from datetime import UTC, datetime
from typing import cast

import pytest
import stripe
from stripe.params import SubscriptionUpdateParams, SubscriptionUpdateParamsItem, SubscriptionUpdateParamsItemPriceData

from stripe_sandbox.billing.invoicing import period_end
from tests.narrowing import not_none
from tests.stripe_sandbox.driver import Declined
from tests.stripe_sandbox.shop import Shop, id_of

FIRST = [
    "payment_intent.created", "customer.created", "payment_method.attached", "customer.subscription.created",
    "invoice.created", "invoice.finalized", "charge.succeeded", "payment_intent.succeeded", "invoice_payment.paid",
    "invoice.paid", "invoice.payment_succeeded", "customer.updated", "checkout.session.completed", "charge.updated",
]  # fmt: skip
DRAFT = ["customer.subscription.updated", "invoice.created"]
RENEWAL = [
    *DRAFT, "invoice.finalized", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
    "invoice_payment.paid", "invoice.paid", "invoice.payment_succeeded", "charge.updated",
]  # fmt: skip


def test_it_begins_a_monthly_gift(shop: Shop) -> None:
    gift = shop.give(1000, "eur", "subscription", subscription_data={"metadata": {"gift": "7"}, "description": "Gift"})
    assert shop.kinds() == FIRST
    assert gift.payment_intent is None and gift.subscription and gift.invoice and gift.customer
    sub = shop.v1.subscriptions.retrieve(
        id_of(gift.subscription), {"expand": ["latest_invoice.payments", "customer", "default_payment_method"]}
    )
    assert (sub.status, sub.description, sub.metadata["gift"]) == ("active", "Gift", "7")
    assert sub.default_payment_method.customer == sub.customer.id
    invoice = sub.latest_invoice
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 1000, "subscription_create")
    assert invoice.parent.subscription_details.subscription == sub.id
    assert not_none(invoice.parent.subscription_details.metadata)["gift"] == "7"
    payment = invoice.payments.data[0]
    assert (payment.status, payment.amount_paid, payment.payment.type) == ("paid", 1000, "payment_intent")
    line = shop.v1.invoices.line_items.list(invoice.id).data[0]
    assert line.pricing.price_details.price == sub["items"].data[0].price.id
    assert line.period.end == sub["items"].data[0].current_period_end
    assert shop.v1.subscription_items.list({"subscription": sub.id}).data[0].id == sub["items"].data[0].id


def test_it_makes_neither_subscription_nor_invoice_for_a_refused_card(shop: Shop) -> None:
    session = shop.checkout(1000, "usd", "subscription")
    with pytest.raises(Declined):
        shop.sandbox.pay(session.url, "4000000000000002")
    assert shop.v1.subscriptions.list().data == [] and shop.v1.invoices.list().data == []
    shop.sandbox.pay(session.url)
    assert len(shop.v1.subscriptions.list().data) == 1


def test_it_renews_each_month_an_hour_after_the_draft(shop: Shop) -> None:
    sub = shop.monthly()
    end = sub["items"].data[0].current_period_end
    before = len(shop.events())
    shop.sandbox.advance(end - shop.sandbox.health(shop.tenant)["now"], shop.tenant)
    assert shop.kinds(before) == DRAFT
    draft = shop.v1.invoices.list({"subscription": sub.id, "status": "draft"}).data[0]
    assert draft.billing_reason == "subscription_cycle" and draft.automatically_finalizes_at == end + 3600
    shop.sandbox.advance(3600, shop.tenant)
    assert shop.kinds(before) == RENEWAL
    paid = shop.v1.invoices.retrieve(draft.id, {"expand": ["payments.data.payment.payment_intent"]})
    assert paid.status == "paid" and paid.number.endswith("-0002")
    intent = cast(stripe.PaymentIntent, paid.payments.data[0].payment.payment_intent)
    assert intent.status == "succeeded"
    found = shop.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent.id}})
    assert [one.invoice for one in found.data] == [draft.id]


def test_it_renews_fourteen_months_on_end(shop: Shop) -> None:
    shop.monthly()
    shop.advance(14 * 30.5 + 3)
    invoices = shop.v1.invoices.list({"limit": 100}).data
    assert len(invoices) == 15 and {invoice.status for invoice in invoices} == {"paid"}
    starts = sorted(invoice.lines.data[0].period.start for invoice in invoices)
    ends = sorted(invoice.lines.data[0].period.end for invoice in invoices)
    assert starts[1:] == ends[:-1]


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2027-12-30", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        ("2026-10-15", ["2026-11-15", "2026-12-15", "2027-01-15"]),
    ],
)
def test_it_keeps_the_day_of_the_month(anchor: str, expected: list[str]) -> None:
    first = here = int(datetime.fromisoformat(f"{anchor}T23:59:59+00:00").timestamp())
    for day in expected:
        here = period_end(first, here, {"interval": "month", "interval_count": 1})
        assert datetime.fromtimestamp(here, UTC).isoformat() == f"{day}T23:59:59+00:00"


def test_it_keeps_the_day_of_the_year_and_takes_29_february_on_the_28th() -> None:
    first = here = int(datetime.fromisoformat("2028-02-29T23:59:59+00:00").timestamp())
    for day in ("2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"):
        here = period_end(first, here, {"interval": "year", "interval_count": 1})
        assert datetime.fromtimestamp(here, UTC).isoformat() == f"{day}T23:59:59+00:00"


def test_it_tries_a_refused_renewal_again_and_then_leaves_it_past_due(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    before = len(shop.events())
    shop.renew(sub)
    failed = ["payment_intent.created", "charge.failed", "payment_intent.payment_failed", "invoice.payment_failed"]
    assert shop.kinds(before) == [*DRAFT, "invoice.finalized", *failed, "customer.subscription.updated"]
    invoice = shop.v1.invoices.list({"status": "open"}).data[0]
    assert shop.v1.subscriptions.retrieve(sub.id).status == "past_due"
    assert invoice.attempt_count == 1 and invoice.next_payment_attempt
    shop.advance(16)
    invoice = shop.v1.invoices.retrieve(invoice.id)
    assert (invoice.attempt_count, invoice.next_payment_attempt, invoice.status) == (4, None, "open")
    assert shop.v1.subscriptions.retrieve(sub.id).status == "past_due"


def test_it_recovers_when_the_retry_finds_a_good_card(shop: Shop) -> None:
    """The donor's second card, by which another gift began, becomes the subscription's."""
    sub = shop.monthly(card="4000000000000341")
    other = shop.monthly(customer=sub.customer, customer_email=None)
    shop.renew(sub)
    shop.v1.subscriptions.update(sub.id, {"default_payment_method": id_of(other.default_payment_method)})
    shop.advance(4)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "active"
    assert shop.v1.invoices.list({"status": "open"}).data == []
    assert len(shop.v1.payment_methods.list({"customer": id_of(sub.customer), "type": "card"}).data) == 2


def change_amount(sub: stripe.Subscription, amount: int) -> SubscriptionUpdateParams:
    item = sub["items"].data[0]
    price: SubscriptionUpdateParamsItemPriceData = {
        "currency": sub.currency,
        "product": item.price.product,
        "recurring": {"interval": "month"},
        "unit_amount": amount,
    }
    return {"items": [{"id": item.id, "price_data": price}], "proration_behavior": "none"}


def test_it_changes_the_amount_from_the_next_renewal_on(shop: Shop) -> None:
    sub = shop.monthly(1000)
    changed = shop.v1.subscriptions.update(sub.id, change_amount(sub, 1500))
    assert [item.price.unit_amount for item in changed["items"].data] == [1500]
    assert changed["items"].data[0].current_period_end == sub["items"].data[0].current_period_end
    shop.renew(sub)
    assert [invoice.amount_paid for invoice in shop.v1.invoices.list().data] == [1500, 1000]


def test_it_adds_an_item_when_the_id_is_left_out(shop: Shop) -> None:
    sub = shop.monthly(1000)
    params = change_amount(sub, 1500)
    del params["items"][0]["id"]
    assert len(shop.v1.subscriptions.update(sub.id, params)["items"].data) == 2


def test_it_cancels_at_a_time_and_takes_it_back(shop: Shop) -> None:
    sub = shop.monthly()
    at = sub.created + 7 * 86400
    waiting = shop.v1.subscriptions.update(sub.id, {"cancel_at": at, "pause_collection": {"behavior": "void"}})
    assert (waiting.cancel_at, waiting.cancel_at_period_end, waiting.status) == (at, False, "active")
    assert waiting.cancellation_details.reason == "cancellation_requested"
    undone = shop.v1.subscriptions.update(sub.id, {"cancel_at": "", "pause_collection": ""})
    assert (undone.cancel_at, undone.canceled_at, undone.pause_collection) == (None, None, None)
    shop.v1.subscriptions.update(sub.id, {"cancel_at": at})
    shop.advance(8)
    ended = shop.v1.subscriptions.retrieve(sub.id)
    assert (ended.status, ended.ended_at) == ("canceled", at)
    assert shop.kinds()[-1] == "customer.subscription.deleted"


def test_it_cancels_at_the_end_of_the_period_without_another_charge(shop: Shop) -> None:
    sub = shop.monthly()
    waiting = shop.v1.subscriptions.update(sub.id, {"cancel_at_period_end": True})
    assert waiting.cancel_at == sub["items"].data[0].current_period_end
    shop.advance(40)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "canceled"
    assert len(shop.v1.invoices.list().data) == 1


def test_it_ends_with_its_customer(shop: Shop) -> None:
    sub = shop.monthly()
    shop.v1.customers.delete(id_of(sub.customer))
    assert shop.kinds()[-2:] == ["customer.subscription.deleted", "customer.deleted"]
    shop.advance(40)
    assert shop.v1.subscriptions.retrieve(sub.id, {"expand": ["customer"]}).customer.deleted


def test_it_keeps_its_last_item(shop: Shop) -> None:
    sub = shop.monthly()
    last: SubscriptionUpdateParamsItem = {"id": sub["items"].data[0].id, "deleted": True}
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        shop.v1.subscriptions.update(sub.id, {"items": [last], "proration_behavior": "none"})
    assert len(shop.v1.subscriptions.retrieve(sub.id)["items"].data) == 1


def test_it_leaves_the_unpaid_invoices_of_an_ended_gift(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    shop.renew(sub)
    shop.v1.subscriptions.cancel(sub.id)
    invoice = shop.v1.invoices.list({"status": "open"}).data[0]
    assert (invoice.auto_advance, invoice.next_payment_attempt) == (False, None)
    shop.advance(30)
    assert shop.v1.invoices.retrieve(invoice.id).attempt_count == 1


def test_it_cancels_at_once_with_a_reason(shop: Shop) -> None:
    sub = shop.monthly()
    ended = shop.v1.subscriptions.cancel(sub.id, {"cancellation_details": {"feedback": "too_expensive"}})
    assert (ended.status, ended.cancellation_details.feedback) == ("canceled", "too_expensive")
    assert shop.v1.subscriptions.list().data == []
    assert [one.id for one in shop.v1.subscriptions.list({"status": "all"}).data] == [sub.id]
    assert [one.id for one in shop.v1.subscriptions.list({"status": "ended"}).data] == [sub.id]
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        shop.v1.subscriptions.cancel(sub.id)
    shop.advance(40)
    assert len(shop.v1.invoices.list().data) == 1


@pytest.mark.parametrize(
    ("behaviour", "status", "told"),
    [
        ("void", "void", "invoice.voided"),
        ("mark_uncollectible", "uncollectible", "invoice.marked_uncollectible"),
        ("keep_as_draft", "draft", "invoice.created"),
    ],
)
def test_it_pauses_collection_and_takes_no_money(shop: Shop, behaviour: str, status: str, told: str) -> None:
    sub = shop.monthly()
    resumes = sub.created + 45 * 86400
    shop.v1.subscriptions.update(sub.id, {"pause_collection": {"behavior": behaviour, "resumes_at": resumes}})
    shop.advance(33)
    assert shop.v1.invoices.list().data[0].status == status
    assert shop.kinds()[-1] == told and len(shop.v1.charges.list().data) == 1
    shop.advance(35)
    assert shop.v1.subscriptions.retrieve(sub.id).pause_collection is None
    assert len(shop.v1.charges.list().data) == 2


def test_it_makes_no_prorations(shop: Shop) -> None:
    sub = shop.monthly()
    params = change_amount(sub, 2000)
    del params["proration_behavior"]
    with pytest.raises(stripe.InvalidRequestError, match="no prorations"):
        shop.v1.subscriptions.update(sub.id, params)


@pytest.mark.parametrize(("card", "asks"), [("4000002760003184", True), ("4000002500003155", False)])
def test_it_asks_the_bank_again_at_renewals_of_some_cards(shop: Shop, card: str, asks: bool) -> None:
    sub = shop.monthly(card=card)
    before = len(shop.events())
    shop.renew(sub)
    assert ("invoice.payment_action_required" in shop.kinds(before)) == asks
    assert shop.v1.subscriptions.retrieve(sub.id).status == ("past_due" if asks else "active")
    if asks:
        failed = shop.v1.charges.list().data[0]
        assert (failed.failure_code, failed.status) == ("authentication_required", "failed")


@pytest.mark.parametrize(("end", "reason"), [("past_due", None), ("unpaid", None), ("canceled", "payment_failed")])
def test_it_ends_as_the_dashboard_says_after_the_last_retry(shop: Shop, end: str, reason: str | None) -> None:
    shop.sandbox.retries_end(end, shop.tenant)
    sub = shop.monthly(card="4000000000000341")
    shop.renew(sub)
    shop.advance(12)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "past_due"
    shop.advance(4)
    found = shop.v1.subscriptions.retrieve(sub.id)
    assert (found.status, found.cancellation_details.reason) == (end, reason)
    assert ("customer.subscription.deleted" in shop.kinds()) == (end == "canceled")


def test_it_renews_a_card_by_itself(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    shop.sandbox.renew_card(id_of(sub.default_payment_method), shop.tenant, last4="4444")
    assert shop.kinds()[-1] == "payment_method.automatically_updated"
    assert shop.v1.payment_methods.retrieve(id_of(sub.default_payment_method)).card.last4 == "4444"
    shop.renew(sub)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "active"


def test_it_draws_up_drafts_only_while_a_subscription_is_unpaid(shop: Shop) -> None:
    shop.sandbox.retries_end("unpaid", shop.tenant)
    sub = shop.monthly(card="4000000000000341")
    shop.advance(70)
    drafts = shop.v1.invoices.list({"status": "draft"}).data
    assert len(drafts) == 1 and not drafts[0].auto_advance
    open_one = shop.v1.invoices.list({"status": "open"}).data[0]
    shop.sandbox.renew_card(id_of(sub.default_payment_method), shop.tenant)
    shop.v1.invoices.pay(open_one.id)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "active"

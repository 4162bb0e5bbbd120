"""Lines of docs/stripe-sandbox.md that no other test here shows: cards, accounts, and where it differs from Stripe."""

import json
from email.utils import parsedate_to_datetime
from typing import Any, cast

import pytest
import stripe
from stripe.params import SubscriptionUpdateParams

from tests.stripe_sandbox.driver import Declined, http
from tests.stripe_sandbox.shop import KEY, Shop, id_of
from tests.stripe_sandbox.test_debits import debit

DAY = 86400
VERSION = "2026-10-28.endive"


def asked(shop: Shop, method: str, path: str):
    """One call as it goes over the wire: status and headers."""
    headers = {"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION}
    status, found, _body = http(method, f"{shop.sandbox.tenant(shop.tenant)}{path}", None, headers)
    return status, found


def test_it_blocks_a_card_as_fraudulent(shop: Shop) -> None:
    session = shop.checkout()
    with pytest.raises(Declined, match="has been declined"):
        shop.sandbox.pay(session.url, "4100000000000019")
    failed = next(event for event in shop.events() if event["type"] == "charge.failed")["data"]["object"]
    assert failed["outcome"]["reason"] == "fraudulent"


def test_it_asks_the_bank_once_and_renews_without(shop: Shop) -> None:
    sub = shop.monthly(card="4000002500003155")
    shop.renew(sub)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "active"
    assert [one.status for one in shop.v1.invoices.list({"subscription": sub.id}).data] == ["paid", "paid"]


def test_it_lets_a_slow_debit_arrive_after_ten_days(shop: Shop) -> None:
    gift = debit(shop, "AT32 1904 3002 3547 3204", 2500, "eur")
    shop.advance(9)
    assert shop.v1.checkout.sessions.retrieve(gift.id).payment_status == "unpaid"
    shop.advance(1)
    assert shop.v1.checkout.sessions.retrieve(gift.id).payment_status == "paid"


def test_it_takes_five_dollars_of_a_debit_at_most(shop: Shop) -> None:
    for amount in (50_000, 100_000):
        debit(shop, "000123456789", amount)
    shop.advance(4)
    found = shop.v1.balance_transactions.list({"type": "payment"}).data
    assert sorted((one.amount, one.fee) for one in found) == [(50_000, 400), (100_000, 500)]


def test_it_copies_books_into_blank_ones_only(shop: Shop) -> None:
    shop.give()
    other = f"{shop.tenant}-copy"
    assert shop.sandbox.copy(shop.tenant, other)
    assert not shop.sandbox.copy(shop.tenant, other)
    assert [event["id"] for event in shop.sandbox.events(other)] == [event["id"] for event in shop.events()]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("POST", f"/v1/{name}") for name in ("invoices", "payment_intents", "payouts", "sources", "files")],
        *[("GET", f"/v1/{name}") for name in ("quotes", "coupons", "tax_rates", "test_helpers/test_clocks")],
        *[("GET", f"/v1/{name}") for name in ("mandates/mandate_1", "accounts", "radar/value_lists")],
        *[("GET", f"/{name}") for name in ("v1/billing/meters", "v2/core/events")],
    ],
)
def test_it_has_no_address_for_what_is_not_there(shop: Shop, method: str, path: str) -> None:
    assert asked(shop, method, path)[0] == 404


def test_it_knows_fewer_currencies(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.checkout(2500, "afn")
    assert "currency" in refused.value.param


def test_it_ends_a_dispute_that_nobody_answers(shop: Shop) -> None:
    disputed = shop.sandbox.dispute(shop.tenant, payment_intent=id_of(shop.give().payment_intent))
    inquiry = shop.sandbox.dispute(shop.tenant, payment_intent=id_of(shop.give().payment_intent), inquiry=True)
    shop.advance(15)
    assert shop.v1.disputes.retrieve(disputed["id"]).status == "lost"
    assert shop.v1.disputes.retrieve(inquiry["id"]).status == "warning_closed"


def test_it_takes_money_that_leaves_at_once_whatever_is_there(shop: Shop) -> None:
    """Of a gift whose own money is not there for two days."""
    made = shop.v1.refunds.create({"payment_intent": id_of(shop.give().payment_intent)}, {})
    gone = shop.v1.balance_transactions.list({"source": made.id}).data[0]
    assert gone.status == "available" and gone.available_on <= shop.sandbox.health(shop.tenant)["now"]
    assert shop.v1.balance.retrieve().available[0].amount == -2500


def test_it_dates_answers_by_its_clock_and_signs_by_the_real_one(shop: Shop, receiver) -> None:
    shop.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["product.created"]})
    shop.advance(40)
    _status, headers = asked(shop, "GET", "/v1/account")
    now = shop.sandbox.health(shop.tenant)["now"]
    assert abs(parsedate_to_datetime(headers["Date"]).timestamp() - now) < DAY
    shop.v1.products.create({"name": "Gift"})
    shop.sandbox.deliver(shop.tenant)
    signed, body = receiver.next()
    stamp = int(signed["Stripe-Signature"].split(",")[0].removeprefix("t="))
    assert json.loads(body)["created"] - stamp > 39 * DAY, "the event is of the books' day, its signature of today"


def test_it_makes_inline_prices_inactive_and_without_events(shop: Shop) -> None:
    shop.checkout()
    assert not {"product.created", "price.created"} & set(shop.kinds())
    assert [price.active for price in shop.v1.prices.list({"active": False}).data] == [False]
    product = shop.v1.products.list({"active": False}).data[0]
    assert shop.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 300}).active


def test_it_draws_no_pages_of_invoices_and_lets_every_check_pass(shop: Shop) -> None:
    sub = shop.monthly()
    invoice = shop.v1.invoices.retrieve(id_of(sub.latest_invoice))
    assert (invoice.hosted_invoice_url, invoice.invoice_pdf) == (None, None)
    charge = shop.v1.charges.list().data[0]
    assert charge.receipt_url is None
    assert {charge.payment_method_details.card.checks.cvc_check} == {"pass"}


def test_it_lists_inside_an_object_on_one_page(shop: Shop) -> None:
    sub = shop.monthly()
    for _each in range(11):
        price: dict[str, Any] = {"currency": "usd", "unit_amount": 100, "recurring": {"interval": "month"}}
        price["product"] = id_of(sub["items"].data[0].price.product)
        wanted: dict[str, Any] = {"items": [{"price_data": price}], "proration_behavior": "none"}
        sub = shop.v1.subscriptions.update(sub.id, cast(SubscriptionUpdateParams, wanted))
    assert len(sub["items"].data) == 12 and not sub["items"].has_more

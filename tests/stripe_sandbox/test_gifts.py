"""One gift, from session to settled money: amounts, events, lists, expiry."""

import time

import pytest

from tests.stripe_sandbox.driver import Declined, http
from tests.stripe_sandbox.shop import Shop, id_of

ONCE = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "charge.updated"]


def test_it_takes_a_gift_and_tells_of_it_in_order(shop: Shop) -> None:
    session = shop.checkout(
        client_reference_id="gift-1",
        metadata={"gift": "1"},
        customer_creation="always",
        submit_type="donate",
        payment_intent_data={"metadata": {"gift": "1"}, "description": "A gift", "statement_descriptor_suffix": "GIFT"},
    )
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    where = shop.sandbox.pay(session.url, name="Ada Lovelace", country="gb")
    assert where == f"http://localhost:9/thanks?cs={session.id}"
    paid = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.name == "Ada Lovelace" and paid.customer_details.address.country == "GB"
    charge = paid.payment_intent.latest_charge
    assert charge.metadata.to_dict() == {"gift": "1"} and charge.description == "A gift"
    assert charge.calculated_statement_descriptor == "SANDBOX* GIFT"
    assert shop.kinds() == ["payment_intent.created", "customer.created", *ONCE]


def test_it_shows_the_settled_money_only_after_the_charge(shop: Shop) -> None:
    """charge.succeeded comes without its balance transaction; charge.updated brings it."""
    shop.give()
    told = {event["type"]: event["data"] for event in shop.events()}
    assert told["charge.succeeded"]["object"]["balance_transaction"] is None
    assert told["charge.updated"]["object"]["balance_transaction"].startswith("txn_")
    assert told["charge.updated"]["previous_attributes"] == {"balance_transaction": None}


@pytest.mark.parametrize(
    ("amount", "currency", "settled", "fee", "rate"),
    [
        (10000, "usd", 10000, 320, None),
        (10000, "eur", 10800, 451, 1.08),
        (5000, "gbp", 6350, 278, 1.27),
        (5000, "jpy", 3350, 161, 0.0067),
        (2500, "cad", 1825, 101, 0.73),
        (2500, "aud", 1650, 94, 0.66),
    ],
)
def test_it_settles_in_dollars_at_fixed_rates(
    shop: Shop, amount: int, currency: str, settled: int, fee: int, rate: float | None
) -> None:
    gift = shop.give(amount, currency)
    charge = shop.v1.charges.list({"payment_intent": id_of(gift.payment_intent)}).data[0]
    money = shop.v1.balance_transactions.list({"source": charge.id}).data[0]
    assert (charge.amount, charge.currency) == (amount, currency)
    assert (money.amount, money.currency, money.fee, money.net) == (settled, "usd", fee, settled - fee)
    assert money.exchange_rate == rate and [part.amount for part in money.fee_details] == [fee]


def test_it_makes_settled_money_available_after_two_days(shop: Shop) -> None:
    shop.give()
    assert shop.v1.balance_transactions.list().data[0].status == "pending"
    shop.advance(2)
    assert shop.v1.balance_transactions.list().data[0].status == "available"


def test_it_declines_then_takes_another_card(shop: Shop) -> None:
    session = shop.checkout()
    with pytest.raises(Declined, match="insufficient funds"):
        shop.sandbox.pay(session.url, "4000000000009995")
    still = shop.v1.checkout.sessions.retrieve(session.id)
    assert (still.status, still.payment_intent) == ("open", None)
    shop.sandbox.pay(session.url)
    paid = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert paid.status == "complete" and paid.payment_intent.last_payment_error is None
    failed = shop.v1.charges.list({"payment_intent": id_of(paid.payment_intent)}).data[-1]
    assert (failed.status, failed.paid, failed.failure_code) == ("failed", False, "card_declined")
    assert failed.outcome.reason == "insufficient_funds" and failed.balance_transaction is None
    assert shop.kinds() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed", *ONCE]


def test_it_pays_once_when_the_button_is_pressed_twice(shop: Shop) -> None:
    session = shop.checkout()
    first = shop.sandbox.pay(session.url)
    form = b"card_number=4242424242424242&exp=12/34&cvc=123"
    status, headers, _ = http("POST", session.url, form)
    assert (status, headers["Location"]) == (303, first)
    assert len(shop.v1.charges.list().data) == 1


def test_it_uses_the_customer_it_is_given(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "grace@example.org"})
    gift = shop.give(customer=customer.id, customer_email=None)
    assert gift.customer == customer.id and gift.customer_details.email == "grace@example.org"
    assert [one.id for one in shop.v1.checkout.sessions.list({"customer": customer.id}).data] == [gift.id]


def test_it_makes_no_customer_unless_asked(shop: Shop) -> None:
    assert shop.give().customer is None and shop.v1.customers.list().data == []


def test_it_finds_sessions_by_what_the_site_knows(shop: Shop) -> None:
    gift = shop.give()
    other = shop.checkout(customer_email="eve@example.org")
    sessions = shop.v1.checkout.sessions
    assert [one.id for one in sessions.list({"payment_intent": id_of(gift.payment_intent)}).data] == [gift.id]
    assert [one.id for one in sessions.list({"status": "open"}).data] == [other.id]
    assert [one.id for one in sessions.list({"customer_details": {"email": "eve@example.org"}}).data] == [other.id]
    assert sessions.line_items.list(gift.id).data[0].description == "Gift"


def test_it_takes_ready_made_prices(shop: Shop) -> None:
    price = shop.v1.prices.create({"currency": "usd", "unit_amount": 700, "product_data": {"name": "Tea"}})
    gift = shop.give(line_items=[{"price": price.id, "quantity": 2}])
    assert gift.amount_total == 1400


def test_it_expires_open_sessions_on_request_only_once(shop: Shop) -> None:
    session = shop.checkout()
    assert shop.v1.checkout.sessions.expire(session.id).status == "expired"
    assert shop.kinds() == ["checkout.session.expired"]
    with pytest.raises(Exception, match="can be expired"):
        shop.v1.checkout.sessions.expire(session.id)
    with pytest.raises(Declined, match="expired"):
        shop.sandbox.pay(session.url)


def test_it_expires_sessions_when_their_time_is_over(shop: Shop) -> None:
    session = shop.checkout(expires_at=int(time.time()) + 3600)
    shop.advance(0.02)
    assert shop.v1.checkout.sessions.retrieve(session.id).status == "open"
    shop.advance(0.03)
    found = shop.v1.checkout.sessions.retrieve(session.id)
    assert (found.status, found.url, shop.kinds()) == ("expired", None, ["checkout.session.expired"])


def test_it_changes_the_metadata_of_a_session(shop: Shop) -> None:
    session = shop.checkout(metadata={"a": "1"})
    assert shop.v1.checkout.sessions.update(session.id, {"metadata": {"b": "2"}}).metadata.to_dict() == {
        "a": "1",
        "b": "2",
    }

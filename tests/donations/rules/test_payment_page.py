"""What a payment page is asked for, to the last field; how a lost one is found; and whose webhook is taken."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
import time_machine

from donations.stripe import orders, reads, signature, writes
from donations.stripe.errors import ForgedError, LateError, StripeIsBusyError
from tests.donations.rules import given

ORDER = {
    "reference": "K7QM-3ZXA-9PWT",
    "attempt": 3,
    "currency": "EUR",
    "total": 2606,
    "email": "ada@donor.example",
    "product": "prod_one",
    "description": "A gift",
    "expires_at": given.NOON,
    "success_url": "https://charity.example/thanks",
    "cancel_url": "https://charity.example/give",
    "language": "es",
}
SENT = {
    "submit_type": "donate",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "2606",
    "line_items[0][price_data][product]": "prod_one",
    "customer_email": "ada@donor.example",
    "client_reference_id": "K7QM-3ZXA-9PWT",
    "metadata[gift]": "K7QM-3ZXA-9PWT",
    "metadata[attempt]": "3",
    "adaptive_pricing[enabled]": "false",
    "expires_at": str(int(given.NOON.timestamp())),
    "success_url": "https://charity.example/thanks",
    "cancel_url": "https://charity.example/give",
    "locale": "es",
}
ONCE = {
    "mode": "payment",
    "payment_intent_data[metadata][gift]": "K7QM-3ZXA-9PWT",
    "payment_intent_data[description]": "A gift",
}
MONTHLY = {
    "mode": "subscription",
    "line_items[0][price_data][recurring][interval]": "month",
    "subscription_data[metadata][gift]": "K7QM-3ZXA-9PWT",
    "subscription_data[description]": "A gift",
}
YEARLY = {**MONTHLY, "line_items[0][price_data][recurring][interval]": "year"}
PAGE = {"id": "cs_one", "object": "checkout.session", "client_reference_id": "K7QM-3ZXA-9PWT"}


@pytest.mark.parametrize(("interval", "more"), [("", ONCE), ("month", MONTHLY), ("year", YEARLY)])
def test_it_asks_for_a_payment_page_with_exactly_this(wire, interval, more):
    wire.answer({**PAGE, "status": "open", "url": "https://pay.example/cs_one"})
    session = writes.create_checkout_session(orders.CheckoutOrder(**{**ORDER, "interval": interval}))
    asked = wire.only()
    assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
    assert asked.fields == {**SENT, **more}
    assert asked.headers["Idempotency-Key"] == "K7QM-3ZXA-9PWT:3"
    assert (session.id, session.status, session.url) == ("cs_one", "open", "https://pay.example/cs_one")


def made(ident: str, reference: str, **metadata: str) -> dict:
    return {**PAGE, "id": ident, "client_reference_id": reference, "metadata": metadata}


def test_it_finds_the_page_that_an_earlier_call_made(wire):
    wire.answer(
        {
            "object": "list",
            "url": "/v1/checkout/sessions",
            "has_more": True,
            "data": [made("cs_1", "OTHER", attempt="3")],
        }
    )
    sessions = [made("cs_2", given.REFERENCE), made("cs_3", given.REFERENCE, attempt="2")]
    sessions += [made("cs_4", given.REFERENCE, attempt="3"), made("cs_5", given.REFERENCE, attempt="3")]
    wire.answer({"object": "list", "url": "/v1/checkout/sessions", "has_more": False, "data": sessions})
    found = reads.find_checkout(given.REFERENCE, 3, given.NOON)
    assert found and found.id == "cs_4"
    since = str(int(given.NOON.timestamp()) - 300)
    assert wire.asked[0].path == "/v1/checkout/sessions"
    assert wire.asked[0].fields == {"limit": "100", "created[gte]": since}
    assert wire.asked[1].fields == {"limit": "100", "created[gte]": since, "starting_after": "cs_1"}


def test_it_finds_no_page_of_another_gift(wire):
    wire.answer({"object": "list", "has_more": False, "data": [made("cs_1", "OTHER", attempt="3")]})
    assert reads.find_checkout(given.REFERENCE, 3, given.NOON) is None


def test_it_does_not_say_that_there_is_no_page_when_stripe_did_not_answer(wire):
    wire.refuse(429, message="Slower.")
    with pytest.raises(StripeIsBusyError):
        reads.find_checkout(given.REFERENCE, 3, given.NOON)


BODY = b'{"id": "evt_one"}'
NOW = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
SECRETS = ["whsec_new", "whsec_old"]


def signed(at: int = NOW, secret: str = "whsec_new", written: str = "") -> str:
    code = hmac.new(secret.encode(), f"{at}.".encode() + BODY, hashlib.sha256).hexdigest()
    return f"t={written or at},v1={code}"


@pytest.fixture
def secrets(settings):
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("secret", SECRETS)
def test_it_takes_what_any_of_our_secrets_signed(secrets, secret):
    signature.check(BODY, signed(secret=secret))


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 299, 300])
def test_it_takes_a_clock_that_is_five_minutes_off(secrets, seconds):
    signature.check(BODY, signed(NOW + seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_it_refuses_a_clock_that_is_further_off(secrets, seconds):
    with pytest.raises(LateError, match=r"^time$"):
        signature.check(BODY, signed(NOW + seconds))
    with pytest.raises(ForgedError, match=r"^signature$"):
        signature.check(BODY, signed(NOW + seconds, secret="whsec_another"))


def test_it_refuses_what_another_signed(secrets):
    with pytest.raises(ForgedError, match=r"^signature$"):
        signature.check(BODY, signed(secret="whsec_another"))
    with pytest.raises(ForgedError, match=r"^signature$"):
        signature.check(BODY + b" ", signed())


def test_it_refuses_everything_while_it_has_no_secret(secrets, settings):
    settings.STRIPE_WEBHOOK_SECRETS = []
    with pytest.raises(ForgedError, match=r"^signature$"):
        signature.check(BODY, signed())


def test_it_reads_the_time_in_plain_digits_only(secrets):
    arabic = "".join(chr(0x660 + int(digit)) for digit in str(NOW))
    with pytest.raises(ForgedError, match=r"^time$"):
        signature.check(BODY, signed(written=arabic))


@pytest.mark.parametrize(
    ("body", "header", "kind"), [(BODY, f"t={NOW},v1=ä", "TypeError"), (b"\xff", signed(), "UnicodeDecodeError")]
)
def test_it_says_what_kind_of_rubbish_it_was_sent(secrets, body, header, kind):
    with pytest.raises(ForgedError, match=rf"^{kind}$"):
        signature.check(body, header)


def test_it_gives_money_back_under_one_key_for_each_try_of_a_wish(wire):
    wire.lay("account", id="acct_one")
    wire.lay("refunds", id="re_one")
    for attempt in (1, 1, 2):
        assert writes.refund(orders.RefundOrder("pi_one", 500, "duplicate", "a-wish", attempt)) == "re_one"
    asks = [asked for asked in wire.asked if asked.path == "/v1/refunds"]
    keys = [asked.headers["Idempotency-Key"] for asked in asks]
    assert keys == ["refund:a-wish:1", "refund:a-wish:1", "refund:a-wish:2"]
    assert {asked.fields["metadata[refund_request]"] for asked in asks} == {"a-wish"}

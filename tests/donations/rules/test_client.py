"""How we call Stripe, seen from the other end of the wire: what is sent, how often, and what an error means."""

import random

import pytest
import stripe

from donations.stripe import client, prefetch, reads, throttle, writes
from donations.stripe.errors import (
    KEY_TAKEN,
    KeyRefusedError,
    NoPermissionError,
    NotFoundError,
    StripeIsBusyError,
    StripeIsDownError,
    StripeRefusedError,
)

pytestmark = pytest.mark.django_db  # each call asks whether this is a copy that nobody claimed
CARD = {"id": "ch_one", "amount": 2500, "currency": "usd", "created": 1_790_000_000, "livemode": False}


def intent(wire) -> None:
    """Any call."""
    client.get(client.v1().payment_intents.retrieve, "pi_one")


def test_it_shows_our_key_and_our_version_of_the_api(wire, settings):
    settings.STRIPE_API_VERSION = "2020-08-27"
    wire.answer({"id": "pi_one", "object": "payment_intent"})
    intent(wire)
    headers = wire.only().headers
    assert (headers["Authorization"], headers["Stripe-Version"]) == ("Bearer sk_test_of_the_wire", "2020-08-27")
    assert client.version() == "2020-08-27"


@pytest.mark.parametrize(
    ("ends", "timeout"),
    [(1010.0, (3.0, 10.0)), (1003.5, (3.0, 3.5)), (1002.0, (2.0, 2.0)), (1000.2, (0.5, 0.5)), (900.0, (0.5, 0.5))],
)
def test_it_gives_a_call_what_is_left_of_ten_seconds(clock, monkeypatch, ends, timeout):
    monkeypatch.setattr(client.InTime._call, "ends", ends, raising=False)
    assert client.InTime()._timeout == timeout


def test_it_counts_the_ten_seconds_from_the_beginning_of_each_call(wire, clock):
    wire.answer({"id": "pi_one", "object": "payment_intent"})
    for begin in (5000.0, 6000.0):
        clock.now = begin
        intent(wire)
        assert client.InTime._call.ends == begin + 10


def test_it_tries_a_call_three_times(wire):
    wire.refuse(503, message="Busy")
    with pytest.raises(StripeIsDownError):
        intent(wire)
    assert len(wire.asked) == 3


def test_it_takes_the_answer_of_the_second_try(wire):
    wire.refuse(503, message="Busy")
    wire.answer({"id": "pi_one", "object": "payment_intent"})
    intent(wire)
    assert len(wire.asked) == 2


@pytest.mark.parametrize(("seconds", "tries"), [(6.9, 2), (7.0, 1), (7.1, 1), (30.0, 1)])
def test_it_does_not_try_again_when_there_is_no_time_to_connect(wire, clock, seconds, tries):
    def slowly() -> None:
        clock.now += seconds

    wire.takes = slowly
    wire.refuse(503, message="Busy")
    with pytest.raises(StripeIsDownError):
        intent(wire)
    assert len(wire.asked) == tries


def test_it_asks_once_what_stripe_refuses(wire):
    wire.refuse(400, type="invalid_request_error", message="No.")
    with pytest.raises(StripeRefusedError):
        intent(wire)
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    ("status", "error", "kind", "words", "code", "param"),
    [
        (400, {"message": "Bad sum.", "code": "amount_too_small", "param": "amount"}, "refused", "Bad sum.", "*", "*"),
        (400, {}, "refused", "Stripe refused.", "", ""),
        (402, {"type": "card_error", "message": "Declined.", "code": "card_declined"}, "refused", "Declined.", "*", ""),
        (
            400,
            {"type": "idempotency_error", "message": "Another order."},
            "refused",
            "Another order.",
            KEY_TAKEN,
            "",
        ),
        (
            404,
            {"message": "Nothing there.", "code": "url_invalid", "param": "id"},
            "missing",
            "Nothing there.",
            "*",
            "*",
        ),
        (400, {"message": "No such thing.", "code": "resource_missing"}, "missing", "No such thing.", "*", ""),
    ],
)
def test_it_tells_what_stripe_refused_from_what_is_not_there(wire, status, error, kind, words, code, param):
    wire.refuse(status, **{"type": "invalid_request_error", **error})
    with pytest.raises(StripeRefusedError) as refused:
        intent(wire)
    assert type(refused.value) is {"refused": StripeRefusedError, "missing": NotFoundError}[kind]
    wanted = (error.get("code") if code == "*" else code, error.get("param") if param == "*" else param)
    assert (str(refused.value), (refused.value.code, refused.value.param)) == (words, wanted)


@pytest.mark.parametrize("status", [401, 403])
def test_it_takes_a_key_that_does_not_work_for_stripe_being_down(wire, status):
    wire.refuse(status, type="invalid_request_error", message="This key is no good.")
    with pytest.raises(StripeIsDownError) as down:
        intent(wire)
    assert str(down.value) == "Stripe does not accept our key: This key is no good."
    named = NoPermissionError if status == 403 else KeyRefusedError
    assert (type(down.value), down.value.seconds) == (named, 60)


def test_it_waits_less_when_stripe_only_asks_to_wait(wire):
    wire.refuse(429, type="invalid_request_error", message="Slower.")
    with pytest.raises(StripeIsBusyError) as busy:
        intent(wire)
    assert (str(busy.value), busy.value.seconds) == ("Stripe asks us to wait (429).", 20)


def test_it_takes_a_torn_answer_for_none(wire):
    wire.answers.append((200, b'{"id": "pi_o'))
    with pytest.raises(StripeIsDownError, match=r"^No answer from Stripe: APIError\.$") as down:
        intent(wire)
    assert down.value.seconds == 60


def test_it_takes_words_that_the_library_cannot_read_for_no_answer():
    def call(text: str) -> int:
        return int(text)

    with pytest.raises(StripeIsDownError, match=r"^No answer from Stripe: ValueError\.$"):
        client.request(call, "no number")


def test_it_takes_an_answer_that_is_no_object_for_none():
    with pytest.raises(StripeIsDownError, match=r"^Stripe's answer is no object\.$"):
        client.request(lambda: [])


def test_it_hands_out_plain_dicts_all_the_way_down():
    made = stripe.StripeObject.construct_from({"id": "x", "metadata": {"gift": "A"}}, "key")
    plain = client.request(lambda: made)
    assert plain == {"id": "x", "metadata": {"gift": "A"}}
    assert type(plain) is type(plain["metadata"]) is dict


def test_it_counts_each_call_of_a_long_run(monkeypatch):
    steps = []
    monkeypatch.setattr(throttle, "wait", lambda: steps.append(1))
    client.request(lambda: stripe.StripeObject())
    assert steps == [1]


def test_it_names_no_thing_by_an_empty_id(wire):
    for call in (
        lambda: client.get(client.v1().charges.retrieve, ""),
        lambda: writes.expire_checkout_session(""),
        lambda: reads.intents_of_invoice(""),
    ):
        with pytest.raises(NotFoundError, match=r"^An empty id names nothing\.$") as nothing:
            call()
        assert (nothing.value.code, nothing.value.param) == ("", "")  # these words are Stripe's, and it was not asked
    assert wire.asked == []


def test_it_does_not_ask_for_what_a_list_brought_already(wire):
    with prefetch.reading() as read:
        read.things["ch_one"] = {"id": "ch_one"}
        assert client.get(client.v1().charges.retrieve, "ch_one") == {"id": "ch_one"}
    assert wire.asked == []


def test_it_reads_a_list_page_by_page(wire):
    wire.answer({"object": "list", "has_more": True, "data": [{"id": "a"}, {"id": "b"}, {"id": "c"}]})
    wire.answer({"object": "list", "has_more": False, "data": [{"id": "d"}]})
    assert [row["id"] for row in client.each(client.v1().refunds.list, {"charge": "ch_one"})] == ["a", "b", "c", "d"]
    first = {"limit": "100", "charge": "ch_one"}
    assert [asked.fields for asked in wire.asked] == [first, {**first, "starting_after": "c"}]
    assert {asked.path for asked in wire.asked} == {"/v1/refunds"}


@pytest.mark.parametrize("more", [True, False])
def test_it_ends_with_a_page_that_is_empty(wire, more):
    wire.answer({"object": "list", "has_more": more, "data": []})
    assert list(client.each(client.v1().refunds.list, {})) == []
    assert len(wire.asked) == 1


def test_it_goes_on_with_a_list_after_waiting_as_stripe_asks(wire, clock, monkeypatch):
    spread = []

    def uniform(*ends) -> float:
        spread.append(ends)
        return 0.75

    monkeypatch.setattr(random, "uniform", uniform)
    for _ in range(2):
        wire.refuse(429, message="Slower.")
    wire.answer({"object": "list", "has_more": False, "data": [{"id": "a"}]})
    assert [row["id"] for row in client.each(client.v1().refunds.list, {"charge": "ch_one"})] == ["a"]
    assert clock.slept == [0.75, 1.5] and set(spread) == {(0.5, 1)}


def test_it_gives_up_on_a_list_after_five_waits(wire, clock, monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda *ends: 1)
    wire.refuse(429, message="Slower.")
    with pytest.raises(StripeIsBusyError):
        list(client.each(client.v1().refunds.list, {"charge": "ch_one"}))
    assert clock.slept == [1, 2, 4, 8, 16] and len(wire.asked) == 6
    assert {asked.fields["charge"] for asked in wire.asked} == {"ch_one"}


def test_it_reads_the_last_page_that_comes_after_five_waits(wire, clock):
    for _ in range(5):
        wire.refuse(429, message="Slower.")
    wire.answer({"object": "list", "has_more": False, "data": [{"id": "a"}]})
    assert len(list(client.each(client.v1().refunds.list, {"charge": "ch_one"}))) == 1
    assert wire.asked[-1].fields == {"limit": "100", "charge": "ch_one"}


def test_it_does_not_wait_for_a_list_when_stripe_is_down(wire, clock):
    wire.refuse(500, message="Broken.")
    with pytest.raises(StripeIsDownError):
        list(client.each(client.v1().refunds.list, {}))
    assert clock.slept == []


@pytest.mark.parametrize(
    ("offline", "key", "live", "account"),
    [
        (False, "sk_live_x", True, "acct_one"),
        (False, "rk_live_x", True, "acct_one"),
        (False, "sk_test_x", False, "acct_one/test"),
        (True, "sk_live_x", False, "acct_one/test"),
    ],
)
def test_it_tells_an_account_in_test_money_from_the_same_in_real_money(wire, settings, offline, key, live, account):
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = offline, key
    wire.answer({"id": "acct_one", "object": "account"})
    assert client.is_live() is live
    assert client.account() == client.account() == account
    assert (wire.only().method, wire.only().path) == ("GET", "/v1/account")


def test_it_asks_for_the_account_of_another_key_anew(wire, settings):
    wire.answer({"id": "acct_one", "object": "account"}, {"id": "acct_two", "object": "account"})
    assert client.account() == "acct_one/test"
    settings.STRIPE_SECRET_KEY = "sk_test_another"
    assert client.account() == "acct_two/test"


@pytest.mark.parametrize(
    ("read", "ident", "path", "expand"),
    [
        (reads.checkout_session, "cs_one", "/v1/checkout/sessions/cs_one", ["subscription"]),
        (
            reads.payment_intent,
            "pi_one",
            "/v1/payment_intents/pi_one",
            ["latest_charge.balance_transaction", "latest_charge.failure_balance_transaction"],
        ),
        (reads.charge, "ch_one", "/v1/charges/ch_one", ["balance_transaction", "failure_balance_transaction"]),
        (reads.invoice, "in_one", "/v1/invoices/in_one", []),
        (reads.subscription, "sub_one", "/v1/subscriptions/sub_one", []),
    ],
)
def test_it_reads_each_object_at_its_address_with_what_is_needed(wire, read, ident, path, expand):
    item = {"price": {"unit_amount": 3000}}
    shared = {**CARD, "id": ident, "start_date": 1_790_000_000, "items": {"data": [item]}}
    wire.answer(shared)
    assert read(ident).id == ident
    asked = wire.only()
    assert (asked.method, asked.path) == ("GET", path)
    assert asked.fields == {f"expand[{number}]": name for number, name in enumerate(expand)}


def test_it_closes_a_payment_page(wire):
    wire.answer({"id": "cs_one", "object": "checkout.session"})
    writes.expire_checkout_session("cs_one")
    assert (wire.only().method, wire.only().path) == ("POST", "/v1/checkout/sessions/cs_one/expire")


@pytest.mark.parametrize("invoice", ["in_one", {"id": "in_one"}])
def test_it_finds_the_invoice_of_a_payment(wire, invoice):
    wire.answer({"id": "inpay_one", "invoice": invoice})
    assert reads.invoice_of_payment("inpay_one") == "in_one"
    assert wire.only().path == "/v1/invoice_payments/inpay_one" and wire.only().fields == {}


def test_it_finds_the_invoice_that_a_payment_intent_pays(wire):
    wire.answer({"object": "list", "has_more": False, "data": [{"invoice": "in_one"}, {"invoice": "in_two"}]})
    assert reads.invoice_of_intent("pi_one") == "in_one"
    assert wire.only().path == "/v1/invoice_payments"
    assert wire.only().fields == {
        "payment[type]": "payment_intent",
        "payment[payment_intent]": "pi_one",
        "limit": "1",
    }


def test_it_finds_no_invoice_where_there_is_none(wire):
    wire.answer({"object": "list", "has_more": False, "data": []})
    assert reads.invoice_of_intent("pi_one") == ""


def test_it_takes_nobody_elses_invoice_for_that_of_no_payment(wire):
    wire.answer({"object": "list", "has_more": False, "data": [{"invoice": "in_one"}]})
    assert reads.invoice_of_intent("") == ""


def test_it_does_not_ask_for_an_invoice_that_a_list_brought(wire):
    with prefetch.reading() as read:
        read.invoices["pi_one"] = "in_one"
        assert reads.invoice_of_intent("pi_one") == "in_one"
    assert wire.asked == []


def test_it_finds_the_payments_of_an_invoice_and_leaves_out_what_is_none(wire):
    paid = [
        {"id": "inpay_one", "payment": {"payment_intent": "pi_one"}},
        {"payment": {"payment_intent": {"id": "pi_two"}}},
        {"payment": {"charge": "ch_x"}},
        {"payment": None},
        {},
    ]
    wire.answer({"object": "list", "has_more": False, "data": paid})
    assert reads.intents_of_invoice("in_one") == [("pi_one", "inpay_one"), ("pi_two", "")]
    assert wire.only().path == "/v1/invoice_payments"
    assert wire.only().fields == {"invoice": "in_one", "status": "paid", "limit": "100"}

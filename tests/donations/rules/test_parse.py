"""What we read out of each of Stripe's objects: every fact where it stands, and what it is when it is not there."""

from datetime import UTC, datetime

import pytest

from donations.stripe import objects, parse

THEN, AT = 1_780_315_200, datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER, AT_LATER = 1_782_907_200, datetime(2026, 7, 1, 12, tzinfo=UTC)
OUT = {
    "id": "txn_out",
    "type": "payout",
    "amount": -900,
    "fee": 25,
    "currency": "eur",
    "created": THEN,
    "source": "po_one",
}
MOVED = objects.BalanceTransaction("txn_out", "payout", -900, 25, "EUR", AT, "po_one")
NAMED = [None, "txn_out", ["txn_out"]]  # not there, or only named, not expanded


def test_it_reads_a_payment_page():
    session = parse.checkout_session(
        {
            "id": "cs_one",
            "status": "complete",
            "payment_status": "paid",
            "mode": "subscription",
            "url": "https://pay.example/",
            "client_reference_id": "K7QM",
            "payment_intent": "pi_one",
            "invoice": {"id": "in_one"},
        }
    )
    assert session == objects.CheckoutSession(
        "cs_one", "complete", True, True, "https://pay.example/", "K7QM", "pi_one", "in_one"
    )


def test_it_reads_who_paid_and_when_the_next_payment_of_a_monthly_gift_is():
    sold = {"current_period_end": THEN, "price": {"unit_amount": None}}  # at a price that we need not understand
    raw = {
        "id": "cs_one",
        "customer_details": {"name": "Ada 4242424242424242"},
        "subscription": {"items": {"data": [sold]}},
    }
    session = parse.checkout_session(raw)
    assert session.next_payment == AT and session.name.startswith("Ada") and "424242" not in session.name
    assert parse.checkout_session({**raw, "subscription": "sub_one"}).next_payment is None


@pytest.mark.parametrize(("payment", "mode"), [("unpaid", "payment"), ("no_payment_required", "setup"), (None, None)])
def test_it_takes_a_payment_page_for_unpaid_and_single_unless_it_says_otherwise(payment, mode):
    session = parse.checkout_session({"id": "cs_one", "payment_status": payment, "mode": mode, "url": None})
    assert session == objects.CheckoutSession("cs_one", "", False, False, "", "", "", "")


def test_it_reads_what_a_charge_did_to_the_balance():
    raw = {"id": "txn_one", "amount": 2300, "fee": 97, "currency": "eur"}
    assert parse.settlement(raw) == objects.Settlement("txn_one", 2300, 97, "EUR")


@pytest.mark.parametrize("raw", NAMED)
def test_it_knows_no_balance_transaction_that_is_only_named(raw):
    assert parse.settlement(raw) is parse.balance_transaction(raw) is None


def test_it_reads_a_balance_transaction_and_what_it_changed_the_balance_by():
    assert parse.balance_transaction(OUT) == MOVED and MOVED.net == -925


@pytest.mark.parametrize("fee", [None, 0])
def test_it_takes_a_fee_that_is_not_said_for_none(fee):
    found = parse.balance_transaction({**OUT, "fee": fee, "type": None, "source": {"id": "po_two"}})
    assert found == objects.BalanceTransaction("txn_out", "", -900, 0, "EUR", AT, "po_two")
    bare = {name: OUT[name] for name in ("id", "amount", "currency", "created")}
    assert parse.balance_transaction(bare) == objects.BalanceTransaction("txn_out", "", -900, 0, "EUR", AT, "")


PAYOUT = {"id": "po_one", "status": "paid", "amount": 900, "currency": "eur", "created": THEN, "arrival_date": LATER}


def test_it_reads_a_payout():
    more = {"automatic": True, "reconciliation_status": "completed", "livemode": True}
    back = {**OUT, "id": "txn_in", "amount": 900}
    found = parse.payout({**PAYOUT, **more, "balance_transaction": OUT, "failure_balance_transaction": back})
    returned = objects.BalanceTransaction("txn_in", "payout", 900, 25, "EUR", AT, "po_one")
    assert found == objects.Payout("po_one", "paid", 900, "EUR", AT, AT_LATER, True, True, MOVED, returned, True)


@pytest.mark.parametrize("status", ["in_progress", "not_applicable", None])
def test_it_knows_what_a_payout_is_made_of_only_when_stripe_says_so(status):
    found = parse.payout({**PAYOUT, "status": None, "reconciliation_status": status, "livemode": False})
    assert found == objects.Payout("po_one", "", 900, "EUR", AT, AT_LATER, False, False, None, None, False)
    assert not parse.payout({**PAYOUT, "livemode": False}).complete


CHARGE = {"id": "ch_one", "amount": 2606, "currency": "usd", "created": THEN, "livemode": True}
PAID = {"status": "succeeded", "paid": True}


def test_it_reads_a_charge():
    found = parse.charge(
        {
            **CHARGE,
            **PAID,
            "payment_intent": "pi_one",
            "billing_details": {"name": "Ada"},
            "balance_transaction": {**OUT, "amount": 2606},
            "failure_balance_transaction": OUT,
            "payment_method_details": {"card": {"fingerprint": "same"}},
        }
    )
    settled = objects.Settlement("txn_out", 2606, 25, "EUR")
    assert found == objects.Charge(
        "ch_one", True, 2606, "USD", AT, "pi_one", "Ada", True, settled, MOVED, False, "same"
    )


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"billing_details": None, "payment_method_details": None, "payment_intent": None},
        {"billing_details": {"name": None}, "payment_method_details": {"card": None}},
        {"billing_details": {}, "payment_method_details": {"type": "us_bank_account"}},
        {"payment_method_details": {"card": {"fingerprint": None}}},
    ],
)
def test_it_reads_a_charge_that_says_little(rest):
    found = parse.charge({**CHARGE, "livemode": False, **rest})
    way = (rest.get("payment_method_details") or {}).get("type", "")
    assert found == objects.Charge("ch_one", False, 2606, "USD", AT, "", "", False, None, None, False, "", way, "", "")


@pytest.mark.parametrize(
    ("said", "succeeded", "declined"),
    [
        (PAID, True, False),
        ({"status": "succeeded", "paid": False}, False, False),
        ({"status": "pending", "paid": True}, False, False),
        ({"status": "failed", "paid": False}, False, True),
    ],
)
def test_it_takes_a_charge_for_paid_or_refused_only_when_stripe_says_so(said, succeeded, declined):
    found = parse.charge({**CHARGE, **said})
    assert (found.succeeded, found.declined) == (succeeded, declined)


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        (PAID, True),
        ({"balance_transaction": OUT, "failure_balance_transaction": OUT}, True),
        ({"balance_transaction": OUT}, False),
        ({"failure_balance_transaction": OUT}, False),
        ({}, False),
    ],
)
def test_it_knows_which_charges_touched_the_balance(said, moved):
    assert parse.charge({**CHARGE, **said}).moved is moved


def test_it_reads_an_attempt_to_take_money():
    found = parse.payment_intent(
        {"id": "pi_one", "status": "succeeded", "metadata": {"gift": "K7QM"}, "latest_charge": CHARGE}
    )
    charge = parse.charge(CHARGE)
    assert found == objects.PaymentIntent("pi_one", "succeeded", "K7QM", charge, latest=charge.id)


@pytest.mark.parametrize("rest", [{}, {"metadata": None, "latest_charge": None}, {"metadata": {}, "status": None}])
def test_it_reads_an_attempt_of_which_nothing_came(rest):
    assert parse.payment_intent({"id": "pi_one", **rest}) == objects.PaymentIntent("pi_one", "", "", None)


def test_it_reads_of_a_charge_that_is_only_named_its_name_alone():
    found = parse.payment_intent({"id": "pi_one", "latest_charge": "ch_one"})
    assert found == objects.PaymentIntent("pi_one", "", "", None, latest="ch_one")


def test_it_reads_a_month_of_a_monthly_gift():
    details = {"subscription": "sub_one", "metadata": {"gift": "K7QM"}}
    more = {"status": "paid", "billing_reason": "subscription_create", "amount_paid": 3120}
    found = parse.invoice({"id": "in_one", **more, "parent": {"subscription_details": details}})
    assert found == objects.Invoice("in_one", True, True, 3120, "sub_one", "K7QM")


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"parent": None, "amount_paid": None, "status": "open", "billing_reason": "subscription_cycle"},
        {"parent": {"subscription_details": None}, "amount_paid": 0},
        {"parent": {"subscription_details": {"metadata": None}}},
        {"parent": {"subscription_details": {"metadata": {}}}, "metadata": {"gift": "not here"}},
    ],
)
def test_it_reads_an_invoice_that_says_little(rest):
    assert parse.invoice({"id": "in_one", **rest}) == objects.Invoice("in_one", False, False, 0, "", "")


PRICE = {"unit_amount": 3120, "product": "prod_one"}
ITEM = {"id": "si_one", "price": PRICE, "quantity": 2, "current_period_end": LATER}
PLAN = {"id": "sub_one", "currency": "usd", "start_date": THEN, "livemode": True, "items": {"data": [ITEM]}}


def test_it_reads_a_monthly_gift():
    found = parse.subscription(
        {
            **PLAN,
            "status": "active",
            "customer": {"id": "cus_one"},
            "metadata": {"gift": "K7QM"},
            "cancel_at": THEN + 1,
            "ended_at": THEN + 2,
            "cancel_at_period_end": True,
            "pause_collection": {"behavior": "void", "resumes_at": THEN + 3},
        }
    )
    second = {number: datetime(2026, 6, 1, 12, 0, number, tzinfo=UTC) for number in (1, 2, 3)}
    assert found == objects.Subscription(
        id="sub_one",
        status="active",
        collecting=False,
        customer="cus_one",
        reference="K7QM",
        total=6240,
        currency="USD",
        started=AT,
        period_end=AT_LATER,
        cancel_at=second[1],
        ended=second[2],
        livemode=True,
        item="si_one",
        product="prod_one",
        resumes_at=second[3],
        at_period_end=True,
    )


@pytest.mark.parametrize("rest", [{}, {"metadata": None, "pause_collection": None, "customer": None, "status": None}])
def test_it_reads_a_monthly_gift_that_says_little(rest):
    item = {"price": {"unit_amount": 3120}}
    found = parse.subscription({**PLAN, "livemode": False, "items": {"data": [item]}, **rest})
    assert found == objects.Subscription(
        "sub_one", "", True, "", "", 3120, "USD", AT, None, None, None, False, "", "", None, False
    )


@pytest.mark.parametrize("interval", ["month", "year", "week"])
def test_it_reads_after_how_long_a_gift_is_taken_again(interval):
    item = {"price": {"unit_amount": 3120, "recurring": {"interval": interval}}}
    assert parse.subscription({**PLAN, "items": {"data": [item]}}).interval == interval


@pytest.mark.parametrize(("at_period_end", "end"), [(True, AT_LATER), (False, None), (None, None)])
def test_it_reads_the_end_of_the_period_as_the_end_of_the_gift_when_that_was_said(at_period_end, end):
    found = parse.subscription({**PLAN, "cancel_at": None, "cancel_at_period_end": at_period_end})
    assert found.cancel_at == end


def test_it_takes_a_pause_without_a_day_for_a_pause():
    found = parse.subscription({**PLAN, "pause_collection": {"behavior": "void"}})
    assert (found.collecting, found.resumes_at) == (False, None)


@pytest.mark.parametrize(
    ("value", "ident"),
    [("pi_one", "pi_one"), ({"id": "pi_one"}, "pi_one"), ({}, ""), ({"id": 5}, ""), (None, ""), (5, "")],
)
def test_it_reads_an_id_whether_or_not_the_thing_came_with_it(value, ident):
    assert parse.ident(value) == ident


def test_it_reads_moments_in_utc():
    assert parse.moment(THEN) == AT and parse.moment(THEN).tzinfo is UTC
    assert parse.later(THEN) == AT and parse.later(0) == parse.moment(0) and parse.later(None) is None

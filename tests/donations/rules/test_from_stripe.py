"""Each step alone: what is asked of Stripe, and what stands in our rows after the answer."""

import pytest
import time_machine

from donations.campaigns import matching
from donations.card_testing import tries
from donations.giving import gift_status
from donations.letters.audience import everybody
from donations.letters.outcomes import Booked
from donations.models import Dispute, Gift, LedgerEntry, Plan
from donations.stripe.errors import NotFoundError
from donations.sync import from_stripe, payments
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from tests.donations.rules import given

pytestmark = pytest.mark.django_db
STEP = "https://payments.stripe.example/microdeposit/one"
BOOKED_AS_CHARGED = "Asked for 9999 USD, charged 2606 USD: booked as charged."


@pytest.fixture
def gift(wire) -> Gift:
    """Begun, with a payment page; at Stripe nothing lies yet."""
    return waiting()


def waiting(**fields) -> Gift:
    unpaid = {"status": "started", "paid_at": None, "session_id": "cs_one", "name": "Ada"}
    return given.gift(**{"reference": given.REFERENCE, **unpaid, **fields})


@pytest.fixture
def released(monkeypatch) -> list:
    """The gifts whose match was let go."""
    found: list = []
    monkeypatch.setattr(matching, "release", lambda gift: found.append(gift.pk))
    return found


def status() -> str:
    return Gift.objects.get(reference=given.REFERENCE).status


def lay_money(wire, monthly: bool = False) -> None:
    """A payment that succeeded, and all that belongs to it."""
    metadata = {} if monthly else {"gift": given.REFERENCE}
    wire.lay("payment_intents/pi_one", **given.raw_intent(metadata=metadata))
    wire.lay("charges/ch_one", **given.raw_charge())
    wire.lay("invoices/in_one", **given.raw_invoice())
    wire.lay("subscriptions/sub_one", **given.raw_subscription())
    wire.lay("invoice_payments", {"invoice": "in_one", "payment": {"payment_intent": "pi_one"}})


def paths(wire) -> list[str]:
    return [asked.path.removeprefix("/v1/") for asked in wire.asked]


def test_it_closes_a_gift_whose_page_ran_out(wire, gift, released):
    wire.lay("checkout/sessions/cs_one", **given.raw_session(status="expired"))
    assert from_stripe.session_changed("cs_one", everybody) == ""
    assert status() == "expired" and released == [gift.pk] and not Letter.objects.exists()


def test_it_does_nothing_about_a_page_that_is_open(wire, gift):
    wire.lay("checkout/sessions/cs_one", **given.raw_session(status="open", client_reference_id="another"))
    assert from_stripe.session_changed("cs_one", everybody) == "" and status() == "started"
    assert paths(wire) == ["checkout/sessions/cs_one"]


@pytest.mark.parametrize("monthly", [False, True])
def test_it_books_the_money_of_a_page_that_was_finished(wire, gift, monthly):
    Gift.objects.update(amount=9999, fee_cover=0, total=9999)
    lay_money(wire, monthly)
    session = (
        given.raw_session(mode="subscription", payment_intent=None, invoice="in_one")
        if monthly
        else given.raw_session()
    )
    wire.lay("checkout/sessions/cs_one", **session)
    assert from_stripe.session_changed("cs_one", everybody) == BOOKED_AS_CHARGED
    assert status() == "paid" and Plan.objects.count() == monthly


@pytest.mark.parametrize(("reference", "why"), [("another", "No gift has the reference “another”."), (None, "")])
def test_it_leaves_a_page_alone_that_no_gift_asked_for(wire, gift, reference, why):
    wire.lay("checkout/sessions/cs_one", **given.raw_session(client_reference_id=reference))
    with pytest.raises(payments.NotOursError) as other:
        from_stripe.session_changed("cs_one", everybody)
    assert str(other.value) == why and paths(wire) == ["checkout/sessions/cs_one"]


def test_it_waits_for_the_money_of_a_monthly_page_that_is_not_paid(wire, gift, released):
    session = given.raw_session(mode="subscription", payment_status="unpaid", payment_intent=None)
    wire.lay("checkout/sessions/cs_one", **session)
    assert from_stripe.session_changed("cs_one", everybody) == ""
    assert status() == "pending" and released == []


def test_it_waits_for_the_money_of_an_invoice_that_is_not_paid(wire, gift):
    session = given.raw_session(mode="subscription", payment_status="unpaid", payment_intent=None, invoice="in_one")
    wire.lay("checkout/sessions/cs_one", **session)
    wire.lay("invoice_payments")
    assert from_stripe.session_changed("cs_one", everybody) == "" and status() == "pending"


def test_it_takes_a_monthly_page_without_an_invoice_as_it_is(wire, gift):
    wire.lay("checkout/sessions/cs_one", **given.raw_session(mode="subscription", payment_intent=None))
    assert from_stripe.session_changed("cs_one", everybody) == "" and status() == "started"


def test_it_waits_for_a_bank_debit_that_is_under_way(wire, gift, released):
    wire.lay("checkout/sessions/cs_one", **given.raw_session(payment_status="unpaid"))
    wire.lay("payment_intents/pi_one", **given.raw_intent(status="processing", latest_charge=None))
    assert from_stripe.session_changed("cs_one", everybody) == ""
    assert status() == "pending" and released == [] and not Letter.objects.exists()


@pytest.mark.parametrize("monthly", [False, True])
@pytest.mark.parametrize(
    ("at_stripe", "ours"),
    [
        ("requires_action", "waiting"),
        ("requires_confirmation", "waiting"),
        ("succeeded", "pending"),  # between our two questions: its event follows
        ("a_new_word", "pending"),
        ("canceled", "failed"),
    ],
)
def test_it_knows_what_a_finished_page_without_money_waits_for(wire, gift, released, at_stripe, ours, monthly):
    Gift.objects.update(frequency="monthly" if monthly else "once")
    session = {"mode": "subscription", "payment_intent": None, "invoice": "in_one"} if monthly else {}
    wire.lay("checkout/sessions/cs_one", **given.raw_session(payment_status="unpaid", **session))
    wire.lay("invoice_payments", {"invoice": "in_one", "payment": {"payment_intent": "pi_one"}})
    wire.lay("invoices/in_one", **given.raw_invoice(status="open"))
    wire.lay("subscriptions/sub_one", **given.raw_subscription(status="incomplete"))
    charge = given.raw_charge(status="pending", paid=False)
    wire.lay("payment_intents/pi_one", **given.raw_intent(status=at_stripe, latest_charge=charge))
    assert from_stripe.session_changed("cs_one", everybody) == "" and status() == ours
    assert released == ([gift.pk] if ours == "failed" else [])
    assert Letter.objects.count() == (ours == "failed")


def test_it_goes_from_waiting_for_the_donor_to_on_its_way_and_back(wire, gift):
    wire.lay("checkout/sessions/cs_one", **given.raw_session(payment_status="unpaid"))
    for at_stripe, ours in (("requires_action", "waiting"), ("processing", "pending"), ("requires_action", "waiting")):
        wire.lay("payment_intents/pi_one", **given.raw_intent(status=at_stripe, latest_charge=None))
        from_stripe.session_changed("cs_one", everybody)
        assert status() == ours


def test_it_names_the_step_that_is_left_for_the_donor(wire, gift):
    wire.lay("checkout/sessions/cs_one", **given.raw_session(payment_status="unpaid"))
    action = {"type": "verify_with_microdeposits", "verify_with_microdeposits": {"hosted_verification_url": STEP}}
    wire.lay("payment_intents/pi_one", **given.raw_intent(status="requires_action", next_action=action))
    for before in ("started", "waiting", "pending"):
        gift.status = before
        assert gift_status.of(gift, own=True) == gift_status.GiftStatus("waiting", STEP)


def test_it_keeps_a_monthly_gift_that_waits_for_its_donor_out_of_dunning_and_closes_what_was_never_finished(wire, gift):
    Gift.objects.update(status="waiting")
    for at_stripe, plan, ours in (("incomplete", "waiting", "waiting"), ("incomplete_expired", "ended", "expired")):
        wire.lay("invoices/in_one", **given.raw_invoice(status="open"))
        wire.lay("subscriptions/sub_one", **given.raw_subscription(status=at_stripe))
        from_stripe.invoice_failed("in_one", everybody)
        assert (Plan.objects.get().status, Plan.objects.get().past_due_since, status()) == (plan, None, ours)
    assert not Letter.objects.exists()


def test_it_tells_the_donor_that_a_bank_debit_did_not_arrive(wire, gift, released):
    Gift.objects.update(status="pending")
    wire.lay("checkout/sessions/cs_one", **given.raw_session(payment_status="unpaid"))
    wire.lay("payment_intents/pi_one", **given.raw_intent(status="requires_payment_method", latest_charge=None))
    assert from_stripe.session_changed("cs_one", everybody) == ""
    assert status() == "failed" and released == [gift.pk]
    assert Letter.objects.get().key == f"debit-failed:{given.REFERENCE}"


def test_it_changes_no_gift_whose_page_is_another(wire, gift, released):
    Gift.objects.update(session_id="cs_newer")
    wire.lay("checkout/sessions/cs_one", **given.raw_session(status="expired"))
    assert from_stripe.session_changed("cs_one", everybody) == ""
    assert status() == "started" and released == []


@pytest.mark.parametrize("before", ["paid", "failed", "expired"])
def test_it_takes_nothing_back_that_is_settled(wire, gift, released, before):
    Gift.objects.update(status=before, paid_at=given.NOON)
    wire.lay("checkout/sessions/cs_one", **given.raw_session(payment_status="unpaid"))
    wire.lay("payment_intents/pi_one", **given.raw_intent(status="processing", latest_charge=None))
    from_stripe.session_changed("cs_one", everybody)
    assert status() == before and released == []


def test_it_closes_the_gift_of_the_page_and_no_other(wire, gift):
    other = given.gift(status="started", paid_at=None, session_id="cs_two")
    wire.lay("checkout/sessions/cs_one", **given.raw_session(status="expired"))
    from_stripe.session_changed("cs_one", everybody)
    other.refresh_from_db()
    assert (status(), other.status) == ("expired", "started")


def test_it_books_a_payment_intent_that_succeeded(wire, gift):
    Gift.objects.update(amount=9999, fee_cover=0, total=9999)
    lay_money(wire)
    assert from_stripe.intent_succeeded("pi_one", everybody) == BOOKED_AS_CHARGED and status() == "paid"


def test_it_books_nothing_of_an_attempt_without_money(wire, gift):
    wire.lay("payment_intents/pi_one", **given.raw_intent(latest_charge=None))
    assert from_stripe.intent_succeeded("pi_one", everybody) == "" and status() == "started"


@pytest.fixture
def tried(monkeypatch) -> list:
    """The cards that were counted, for which gift."""
    found: list = []
    monkeypatch.setattr(tries, "note", lambda reference, charge: found.append((reference, charge.id)))
    return found


CARD = {"payment_method_details": {"card": {"fingerprint": "one"}}}
DECLINED = {"status": "failed", "paid": False}


def test_it_books_a_charge_and_counts_its_card(wire, gift, tried):
    Gift.objects.update(amount=9999, fee_cover=0, total=9999)
    lay_money(wire)
    wire.lay("charges/ch_one", **given.raw_charge(**CARD))
    assert from_stripe.charge_changed("ch_one", everybody) == BOOKED_AS_CHARGED
    assert paths(wire) == ["charges/ch_one", "payment_intents/pi_one"]  # and nothing is asked twice
    assert status() == "paid" and tried == [(given.REFERENCE, "ch_one")]


def test_it_counts_a_card_that_was_refused_and_books_nothing(wire, gift, tried):
    lay_money(wire)
    wire.lay("charges/ch_one", **given.raw_charge(**CARD, **DECLINED))
    assert from_stripe.charge_changed("ch_one", everybody) == ""
    assert status() == "started" and tried == [(given.REFERENCE, "ch_one")]


@pytest.mark.parametrize("said", [DECLINED, {}, {**CARD, "status": "pending", "paid": False}])
def test_it_counts_no_bank_account_and_no_card_that_is_still_asked(wire, gift, tried, said):
    lay_money(wire)
    wire.lay("charges/ch_one", **given.raw_charge(**said))
    from_stripe.charge_changed("ch_one", everybody)
    assert tried == []


def raw_refund(ident: str, amount: int, **fields) -> dict:
    moved = {"id": f"txn_{ident}", "amount": -amount, "fee": 0, "currency": "usd", "created": given.EPOCH}
    known = {"amount": amount, "currency": "usd", "created": given.EPOCH, "payment_intent": "pi_one"}
    return {"id": ident, "object": "refund", "status": "succeeded", **known, "balance_transaction": moved, **fields}


def lay_refunds(wire) -> None:
    back = {"id": "txn_back", "amount": 200, "currency": "usd", "created": given.EPOCH}
    refunds = [raw_refund("re_1", 100), raw_refund("re_2", 200, failure_balance_transaction=back)]
    refunds.append(raw_refund("re_3", 300, failure_balance_transaction={**back, "id": "txn_3", "amount": 300}))
    wire.lay("refunds", *refunds)
    for refund in refunds:
        wire.lay(f"refunds/{refund['id']}", **refund)


def returned() -> list[tuple[str, int]]:
    return list(LedgerEntry.objects.exclude(kind="charge").order_by("id").values_list("stripe_object", "amount"))


def test_it_books_every_refund_of_a_charge_and_the_payment_first(wire, gift):
    lay_money(wire)
    lay_refunds(wire)
    failed = "A refund failed: the money is with us again."
    assert from_stripe.charge_refunded("ch_one", everybody) == f"{failed} {failed}"
    assert status() == "paid"
    assert returned() == [("re_1", -100), ("re_2", -200), ("re_2", 200), ("re_3", -300), ("re_3", 300)]


def test_it_books_a_refund_and_asks_for_no_payment_that_it_has(wire, gift):
    waiting(reference="OTHER", session_id=None, status="paid", paid_at=given.NOON, payment_intent_id="pi_two")
    lay_money(wire)
    lay_refunds(wire)
    assert from_stripe.refund_changed("re_1", everybody) == "" and returned() == [("re_1", -100)]
    wire.asked.clear()
    assert from_stripe.refund_changed("re_2", everybody) == "A refund failed: the money is with us again."
    assert paths(wire) == ["refunds/re_2"]


def test_it_asks_for_the_payment_when_its_gift_is_known_and_not_paid(wire, gift):
    Gift.objects.update(payment_intent_id="pi_one")
    lay_money(wire)
    lay_refunds(wire)
    from_stripe.refund_changed("re_1", everybody)
    assert status() == "paid" and returned() == [("re_1", -100)]


def test_it_asks_for_no_payment_where_none_is_named(wire, gift):
    wire.lay("refunds/re_1", **raw_refund("re_1", 100, payment_intent=None))
    with pytest.raises(payments.NotOursError):
        from_stripe.refund_changed("re_1", everybody)
    assert paths(wire) == ["refunds/re_1"]


CONTESTED = {"amount": 2606, "currency": "usd", "created": given.EPOCH, "livemode": True, "payment_intent": "pi_one"}


def test_it_keeps_a_dispute_as_it_was_when_the_asking_began(wire, gift):
    lay_money(wire)
    wire.lay("disputes/du_one", id="du_one", object="dispute", status="needs_response", **CONTESTED)
    with time_machine.travel(given.NOON, tick=False):
        assert from_stripe.dispute_changed("du_one", everybody) == ""
    kept = Dispute.objects.get()
    assert (kept.stripe_object, kept.status, kept.as_of) == ("du_one", "needs_response", given.NOON)
    assert status() == "paid"


def test_it_keeps_a_warning_as_it_was_when_the_asking_began(wire, gift):
    lay_money(wire)
    wire.lay("radar/early_fraud_warnings/issfr_one", id="issfr_one", actionable=True, **CONTESTED)
    with time_machine.travel(given.NOON, tick=False):
        assert from_stripe.fraud_suspected("issfr_one", everybody) == ""
    kept = Dispute.objects.get()
    assert (kept.stripe_object, kept.kind, kept.as_of) == ("issfr_one", "warning", given.NOON)
    assert status() == "paid"


@pytest.fixture
def notes(monkeypatch) -> list[str]:
    """What the next payments are noted with."""
    found: list[str] = []
    monkeypatch.setattr(payments, "receive", lambda payment: Booked(found.pop(0)))
    return found


def test_it_takes_in_every_payment_of_an_invoice_and_says_all_that_is_unusual(wire, gift, notes):
    lay_money(wire, monthly=True)
    wire.lay("invoice_payments", *[{"payment": {"payment_intent": "pi_one"}}] * 3)
    notes += ["One.", "", "Two."]
    assert from_stripe.invoice_changed("in_one", everybody) == "One. Two." and notes == []


def test_it_finds_the_invoice_of_a_payment_and_takes_it_in(wire, gift):
    Gift.objects.update(amount=9999, fee_cover=0, total=9999)
    lay_money(wire, monthly=True)
    wire.lay("invoice_payments/inpay_one", id="inpay_one", invoice="in_one")
    assert from_stripe.invoice_payment_paid("inpay_one", everybody) == BOOKED_AS_CHARGED and status() == "paid"


def test_it_keeps_a_monthly_gift_as_it_was_when_the_asking_began(wire, gift):
    lay_money(wire)
    with time_machine.travel(given.NOON, tick=False):
        assert from_stripe.subscription_changed("sub_one", everybody) == ""
    plan = Plan.objects.get()
    assert (plan.subscription_id, plan.amount, plan.fee_cover, plan.as_of) == ("sub_one", 2500, 106, given.NOON)


def test_it_looks_at_the_monthly_gift_of_an_invoice_that_failed(wire, gift):
    lay_money(wire)
    assert from_stripe.invoice_failed("in_one", everybody) == "" and Plan.objects.get().subscription_id == "sub_one"


def test_it_does_nothing_about_an_invoice_of_no_monthly_gift(wire, gift):
    wire.lay("invoices/in_one", **given.raw_invoice(parent=None))
    assert from_stripe.invoice_failed("in_one", everybody) == "" and paths(wire) == ["invoices/in_one"]


def test_it_goes_on_with_what_was_paused_for_the_old_card(wire):
    paused = {"status": "paused", "auto_paused_at": given.NOON}
    wire.lay("customers/cus_one", id="cus_one", invoice_settings={"default_payment_method": "pm_one"})
    for name in ("sub_1", "sub_2", "sub_4"):
        wire.lay(f"subscriptions/{name}", **given.raw_subscription(id=name, pause_collection={"behavior": "void"}))
    wanted = [given.plan(subscription_id=name, **paused) for name in ("sub_1", "sub_2")]
    given.plan(subscription_id="sub_3", customer_id="cus_other", **paused)
    given.plan(subscription_id="sub_4", status="paused", auto_paused_at=None)
    given.plan(subscription_id="sub_5", **{**paused, "status": "ended"})
    wire.lay("payment_methods/pm_one", id="pm_one", customer="cus_one")
    assert from_stripe.method_attached("pm_one", everybody) == ""
    jobs = Job.objects.filter(kind="plan-resume")
    assert sorted(job.args["plan"] for job in jobs) == sorted(plan.pk for plan in wanted)


def test_it_goes_on_with_nothing_for_a_card_that_is_nobodys(wire):
    given.plan(customer_id="", status="paused", auto_paused_at=given.NOON)
    wire.lay("payment_methods/pm_one", id="pm_one", customer=None)
    assert (
        from_stripe.method_attached("pm_one", everybody) == "" and not Job.objects.filter(kind="plan-resume").exists()
    )


def test_it_says_what_stripe_does_not_have(wire, gift):
    with pytest.raises(NotFoundError):
        from_stripe.session_changed("cs_none", everybody)
    assert from_stripe.known_here(given.REFERENCE) is None  # type: ignore[func-returns-value]  # and it raises nothing


def test_it_closes_a_gift_whose_page_stripe_does_not_know(gift, released):
    other = waiting(reference="K7QM-3ZXA-9PWU", session_id="cs_two")
    assert from_stripe.session_is_gone("cs_one", everybody) == ""
    other.refresh_from_db()
    assert (status(), other.status, released) == ("expired", "started", [gift.pk])


def lay_month(wire, **fields) -> None:
    wire.lay("invoices/in_one", **given.raw_invoice(currency="usd", **fields))
    wire.lay("invoice_payments")


def test_it_notes_a_month_that_was_paid_outside_of_stripe_and_books_nothing(wire, gift):
    lay_month(wire)
    said = "Paid outside of Stripe, and in no book of ours yet: $26.06 USD"
    assert from_stripe.invoice_changed("in_one", everybody) == said
    lay_month(wire, amount_paid=0, amount_paid_off_stripe=1200)
    assert from_stripe.invoice_changed("in_one", everybody) == said.replace("26.06", "12.00")
    assert status() == "started" and not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    "month", [{"status": "open"}, {"amount_paid": 0}, {"parent": {"subscription_details": {"subscription": None}}}]
)
def test_it_notes_nothing_of_a_month_that_nobody_paid_or_that_is_no_gift(wire, gift, month):
    lay_month(wire, **month)
    assert from_stripe.invoice_changed("in_one", everybody) == ""


@pytest.mark.parametrize(("at", "said"), [("succeeded", ""), ("processing", ""), ("canceled", from_stripe.OUTSIDE)])
def test_it_waits_for_a_month_whose_payment_is_on_its_way(wire, gift, at, said):
    lay_month(wire)
    wire.lay("invoice_payments", {"invoice": "in_one", "payment": {"payment_intent": "pi_one"}})
    wire.lay("payment_intents/pi_one", **given.raw_intent(status=at, latest_charge=None, metadata={}))
    assert from_stripe.invoice_changed("in_one", everybody).startswith(said)
    assert bool(said) == bool(from_stripe.invoice_changed("in_one", everybody))


def test_it_leaves_a_month_of_somebody_elses_alone_that_was_paid_elsewhere(wire, db):
    lay_month(wire)
    with pytest.raises(payments.NotOursError, match=f"^No gift has the reference “{given.REFERENCE}”.$"):
        from_stripe.invoice_changed("in_one", everybody)

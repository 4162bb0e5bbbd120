"""Money that comes back: refunds, disputes, warnings. The books keep every row and follow it with another."""

import math
from collections import Counter

import pytest

from donations.models import Dispute, Gift, LedgerEntry, Receipt
from donations.panel.dashboard import MoneyPanel
from donations.webhooks import events
from foundation.letters.models import Letter
from tests.donations.test_events import answered, books, in_every_order
from tests.narrowing import not_none
from tests.staff.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.finding]


def rows() -> dict[str, tuple[int, int | None]]:
    return {entry.kind: (entry.amount, entry.settled) for entry in LedgerEntry.objects.all()}


def balanced(till) -> bool:
    """Our ledger, in each currency of the account, is what Stripe's balance transactions are."""
    ours: Counter[tuple[str, str]] = Counter()
    stripes: Counter[tuple[str, str]] = Counter()
    for entry in LedgerEntry.objects.exclude(settled=None):
        ours[entry.settled_currency, entry.balance_transaction] += not_none(entry.settled)
    for txn in till.balance_transactions():
        stripes[txn["currency"].upper(), txn["id"]] += txn["net"]
    return dict(ours) == dict(stripes)


@pytest.fixture
def given(donor, till) -> Gift:
    """A gift of $25.00 with $1.06 to cover the fee, paid and told."""
    donor.gave("once", "25", cover_fee="on", name="Ada Lovelace")
    return Gift.objects.get()


def test_it_books_a_full_refund_and_the_gift_stays_paid(given, till):
    till.refund(given.payment_intent_id)
    till.tell()
    assert rows()["refund"] == (-2606, -2606) and balanced(till)
    given.refresh_from_db()
    assert given.status == "paid" and given.returned_text() == "$26.06 USD"
    assert LedgerEntry.objects.raised() == {"USD": 0}


def test_it_counts_as_raised_what_was_kept_without_fee_cover(given, till):
    assert LedgerEntry.objects.raised() == {"USD": 2500}
    till.refund(given.payment_intent_id, amount=1303)
    till.tell()
    assert LedgerEntry.objects.raised() == {"USD": 1250}
    assert LedgerEntry.objects.kept(given) == (1303, 53)


@pytest.mark.both
def test_it_books_several_refunds_of_one_charge_and_the_last_takes_the_last_cent(given, till):
    for amount in (1, 333, 2272):
        till.refund(given.payment_intent_id, amount=amount)
    till.tell()
    assert LedgerEntry.objects.filter(kind="refund").count() == 3 and balanced(till)
    assert LedgerEntry.objects.kept(given) == (0, 0)
    assert Receipt.objects.filter(replaced_by=None).get().total == 0


def test_it_corrects_the_receipt_by_a_new_one_that_names_the_first(given, till):
    first = Receipt.objects.get()
    till.refund(given.payment_intent_id, amount=606)
    till.tell()
    second = Receipt.objects.exclude(pk=first.pk).get()
    assert second.replaces == first and second.total == 2000 and second.amount + second.fee_cover == 2000
    assert (second.number, second.day) == (first.number + 1, first.day)
    first.refresh_from_db()
    assert first.total == 2606
    letter = Letter.objects.get(template="refund")
    for words in ("$6.06 USD", "$20.00 USD", first.label, second.label, "Ada Lovelace"):
        assert words in letter.text and words in letter.html, words


def test_it_writes_no_second_letter_or_row_when_told_again(given, till):
    till.refund(given.payment_intent_id, amount=606)
    till.tell()
    before = books()
    till.tell([{**event, "id": event["id"] + "Twin"} for event in till.told()])
    assert books() == before and Letter.objects.filter(template="refund").count() == 1


@pytest.mark.truths("refund_events", "refund_count")
def test_it_takes_back_a_refund_that_fails_later(given, till):
    refund = till.refund(given.payment_intent_id)
    till.tell()
    till.sandbox.turn_refund(refund["id"], "failed", till.tenant)
    till.tell()
    assert rows()["refund"] == (-2606, -2606) and rows()["refund_reversal"] == (2606, 2606)
    assert balanced(till) and LedgerEntry.objects.raised() == {"USD": 2500}
    assert Receipt.objects.get(replaced_by=None).total == 2606 and Receipt.objects.count() == 3
    assert Gift.objects.get().returned_text() == ""


@pytest.mark.truths("refund_events", "refund_count")
def test_it_waits_on_the_front_page_until_staff_say_that_a_refund_that_failed_is_settled(given, till):
    refund = till.refund(given.payment_intent_id)
    till.sandbox.turn_refund(refund["id"], "failed", till.tenant)
    till.tell()
    owed = Dispute.objects.refunds_owed().get()
    staff = signed_in("Finance")
    assert ("refunds that failed", 1) in [figure[:2] for figure in MoneyPanel().get_context_data({})["figures"]]
    staff.post(f"/admin/dispute/inspect/{owed.pk}/settled/")
    assert not Dispute.objects.refunds_owed().exists()


def test_it_books_a_lost_dispute_with_its_fee(given, till):
    dispute = till.dispute(given.payment_intent_id)
    till.tell()
    assert rows()["dispute"] == (-2606, -2606) and balanced(till)
    assert LedgerEntry.objects.get(kind="fee", stripe_object=dispute["id"]).settled == -1500
    assert Dispute.objects.waiting().get().gift == given
    till.sandbox.end_dispute(dispute["id"], "lost", till.tenant)
    till.tell()
    assert Dispute.objects.get().status == "lost" and not Dispute.objects.waiting().exists()
    assert LedgerEntry.objects.raised() == {"USD": 0} and balanced(till)
    assert Receipt.objects.get(replaced_by=None).total == 0


def test_it_books_a_won_dispute(given, till):
    dispute = till.dispute(given.payment_intent_id)
    till.tell()
    till.sandbox.end_dispute(dispute["id"], "won", till.tenant)
    till.tell()
    assert rows()["dispute_reversal"] == (2606, 2606) and balanced(till)
    assert LedgerEntry.objects.raised() == {"USD": 2500}
    assert Receipt.objects.get(replaced_by=None).total == 2606


def test_it_moves_no_money_for_an_inquiry(given, till):
    till.dispute(given.payment_intent_id, inquiry=True)
    till.tell()
    assert Dispute.objects.waiting().get().kind == "inquiry"
    assert set(rows()) == {"charge", "fee"} and Receipt.objects.count() == 1


def test_it_notes_a_warning_of_fraud_for_staff(donor, till):
    donor.gave("once", "25", card="4000000000005423")
    till.advance(86400)
    till.tell()
    assert Dispute.objects.get().kind == "warning" and balanced(till)
    page = signed_in("Administrator").get("/admin/dispute/").content.decode()
    assert Gift.objects.get().reference in page


@pytest.mark.once
def test_it_ends_the_same_in_every_order_with_a_refund(donor, till, monkeypatch):
    donor.paid("once", "25", cover_fee="on")
    (intent,) = till.objects("payment_intent")
    till.refund(intent["id"], amount=606)
    wanted = {"checkout.session.completed", "charge.succeeded", "charge.refunded", "refund.created", "charge.updated"}
    came = [event for event in till.told() if event["type"] in wanted][:6]
    assert {"refund.created", "checkout.session.completed"} <= {event["type"] for event in came}
    answered(monkeypatch)
    results = in_every_order(came)
    assert len(results) == math.factorial(len(came))
    assert all(result == results[0] for result in results)
    assert len(results[0]["receipts"]) == 2


@pytest.mark.once
def test_it_ends_the_same_in_every_order_with_a_dispute(donor, till, monkeypatch):
    donor.paid("monthly", "30")
    (intent,) = till.objects("payment_intent")
    dispute = till.dispute(intent["id"])
    till.sandbox.end_dispute(dispute["id"], "won", till.tenant)
    came = [event for event in till.told() if "dispute" in event["type"] or event["type"] == "invoice.paid"][:6]
    assert len(came) >= 4
    answered(monkeypatch)
    results = in_every_order(came)
    assert len(results) == math.factorial(len(came))
    assert all(result == results[0] for result in results)
    assert {row[1] for row in results[0]["ledger"]} >= {"charge", "fee", "dispute", "dispute_reversal"}


def test_it_leaves_a_refund_alone_that_is_not_ours(given, till):
    till.refund(given.payment_intent_id)
    came = [event for event in till.told() if event["type"].startswith("refund")]
    Gift.objects.update(payment_intent_id=None, reference="gone")
    till.tell(came)
    assert set(rows()) == {"charge", "fee"}


def test_it_asks_for_each_event_that_it_handles():
    assert {"refund.failed", "charge.dispute.funds_withdrawn", "radar.early_fraud_warning.created"} <= set(
        events.HANDLERS
    )

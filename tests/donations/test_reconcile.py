"""Our books and Stripe's agree, whatever was lost on the way, and staff can see that they do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from donations.models import Dispute, Gift, LedgerEntry, Payout, Plan, Receipt, Reconciliation
from donations.reconcile import runs
from donations.sync import balance
from foundation.letters.models import Letter
from tests.donations.kept import keep
from tests.donations.test_events import books
from tests.donations.test_refunds import balanced
from tests.narrowing import not_none
from tests.staff.users import member, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
DAY = 86400


def story(donor, till) -> None:
    """A bit of everything, of which we are told nothing."""
    keep("a bit of everything", donor, lambda: _story(donor, till))


def _story(donor, till) -> None:
    donor.pay(donor.give("once", "25", cover_fee="on"))
    donor.pay(donor.give("once", "40.50", code="EUR"))
    donor.pay(donor.give("monthly", "30"))
    once, euro, monthly = [intent["id"] for intent in till.objects("payment_intent")]
    till.refund(once, amount=606)
    failed = till.refund(once, amount=400)
    till.sandbox.turn_refund(failed["id"], "failed", till.tenant)
    dispute = till.dispute(euro)
    till.sandbox.end_dispute(dispute["id"], "won", till.tenant)
    till.dispute(monthly)
    till.sandbox.foreign_charge(5000, "usd", till.tenant)
    till.sandbox.fee(250, till.tenant)
    till.sandbox.adjustment(-75, till.tenant)
    till.advance(34 * DAY)
    till.advance_to_noon()


def everything() -> dict:
    facts = books()
    del facts["letters"]
    return {
        **facts,
        "payouts": sorted(Payout.objects.values_list("payout_id", "status", "amount", "unexplained")),
        "disputes": sorted(Dispute.objects.values_list("stripe_object", "kind", "status")),
        "raised": LedgerEntry.objects.raised(),
    }


@pytest.mark.both
def test_it_reaches_alone_the_books_that_the_events_would_have_made(donor, till):
    story(donor, till)
    runs.run(apply=True)
    alone = everything()
    assert balanced(till)
    assert {row[1] for row in alone["ledger"]} >= {
        *["charge", "fee", "refund", "refund_reversal", "dispute", "dispute_reversal"],
        *["foreign", "stripe_fee", "adjustment", "payout"],
    }
    till.tell()
    assert everything() == alone


def test_it_finds_nothing_more_after_the_events(donor, till):
    story(donor, till)
    till.tell()
    first, second = runs.run(apply=True), runs.run(apply=True)
    assert second.found_text() == "" and first.gaps == second.gaps == 0
    assert balanced(till)


def test_it_writes_to_nobody_and_the_late_event_still_brings_the_receipt(donor, till):
    donor.paid("once", "25")
    runs.run(apply=True)
    assert Receipt.objects.count() == 1 and not Letter.objects.exists()
    till.tell()
    assert Letter.objects.count() == 1


def test_it_tells_staff_of_a_dispute_and_a_warning_whose_events_were_lost_and_no_donor(donor, till):
    """There is a day to answer. A dry run tells nobody, a second run and the late events tell nothing anew."""
    member("Finance")
    donor.paid("once", "25")
    donor.pay(donor.give("once", "40", email="grace@donor.example"), card="4000000000005423")
    till.dispute(till.objects("payment_intent")[0]["id"])
    runs.run()
    assert not Letter.objects.exists()
    for _again in range(2):
        runs.run(apply=True)
        told = Letter.objects.values_list("template", "to")
        assert list(told) == [("staff_notice", "finance@example.org")] * 2
        assert Dispute.objects.waiting().count() == 2
    till.tell()
    assert Letter.objects.filter(template="staff_notice").count() == 2


def test_it_changes_nothing_by_hand_unless_told_to(donor, till):
    donor.paid("once", "25")
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "Would be written: balance transactions: 1" in out.getvalue() and "not in our books: 1" in out.getvalue()
    assert not LedgerEntry.objects.exists() and Gift.objects.get().status == "started"
    call_command("reconcile", "--apply", stdout=out)
    assert Gift.objects.get().status == "paid" and "not in our books: 0" in out.getvalue()


def test_it_takes_a_day_to_begin_from(donor, till):
    donor.paid("once", "25")
    out = StringIO()
    call_command("reconcile", "--since", (timezone.now() + timedelta(days=2)).date().isoformat(), stdout=out)
    assert "balance transactions" not in out.getvalue()  # the gift that waits is looked at whenever it was begun
    with pytest.raises(CommandError):
        call_command("reconcile", "--since", "yesterday", stdout=out)


@pytest.mark.django_db(transaction=True)
def test_it_runs_twice_at_once_without_harm(donor, till):
    donor.paid("once", "25")
    donor.pay(donor.give("monthly", "30"))

    def work(number: int) -> None:
        try:
            runs.run(apply=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert balanced(till) and Receipt.objects.count() == LedgerEntry.objects.filter(kind="charge").count() == 2


def test_it_sees_what_changed_in_a_monthly_gift(donor, till):
    donor.gave("monthly", "30")
    Plan.objects.update(status="ended", total=1, amount=1, fee_cover=0)
    assert runs.run(apply=True).found["monthly and yearly gifts"] == 1
    plan = Plan.objects.get()
    assert (plan.status, plan.total) == ("active", 3000)


def test_it_closes_gifts_whose_page_ran_out_or_never_came(donor, till, monkeypatch):
    donor.give("once", "25")
    till.advance(2 * 3600)
    runs.run(apply=True)
    assert Gift.objects.get().status == "expired"
    Gift.objects.update(status="started", session_id=None, created_at=timezone.now() - timedelta(days=3))
    assert runs.run(apply=True).found["abandoned"] == 1
    assert Gift.objects.get().status == "expired"


@pytest.mark.parametrize(("account", "ends"), [("000123456789", "paid"), ("000222222227", "failed")])
def test_it_follows_a_bank_debit_for_days(donor, till, account, ends):
    answer = donor.give("once", "25")
    till.sandbox.debit(answer["Location"], account)
    runs.run(apply=True)
    assert Gift.objects.get().status == "pending" and not Receipt.objects.exists()
    assert runs.run(apply=True).found_text() == ""
    till.advance(6 * DAY)
    runs.run(apply=True)
    assert Gift.objects.get().status == ends and Receipt.objects.count() == (ends == "paid")
    assert balanced(till)


@pytest.mark.parametrize(("account", "ends"), [("000123456789", "paid"), ("000333333335", "failed")])
def test_it_is_told_of_a_bank_debit_for_days(donor, till, account, ends):
    answer = donor.give("once", "25")
    till.sandbox.debit(answer["Location"], account)
    till.tell()
    assert Gift.objects.get().status == "pending" and not Letter.objects.exists()
    till.advance(6 * DAY)
    till.tell()
    assert Gift.objects.get().status == ends
    assert Letter.objects.filter(template="receipt").count() == (ends == "paid") and balanced(till)


def test_it_looks_again_at_what_came_since_the_last_run(donor, till):
    runs.hourly()
    donor.paid("once", "25")
    runs.hourly()
    row = Reconciliation.objects.first()
    assert row.since and row.applied and Gift.objects.get().status == "paid"


@pytest.mark.both
def test_it_explains_every_payout_to_the_cent(donor, till):
    story(donor, till)
    till.tell()
    assert Payout.objects.count() >= 1 and not Payout.objects.unexplained().exists()
    assert all(payout.unexplained == 0 for payout in Payout.objects.filter(automatic=True))
    assert sum(not_none(entry.settled) for entry in LedgerEntry.objects.filter(kind="payout")) == -sum(
        Payout.objects.values_list("amount", flat=True)
    )


def test_it_books_a_payout_that_came_back(donor, till):
    donor.paid("once", "25")
    till.advance(3 * DAY)
    till.tell()
    till.sandbox.fail_payout(Payout.objects.get().payout_id, till.tenant)
    till.tell()
    assert Payout.objects.get().status == "failed" and balanced(till)
    assert LedgerEntry.objects.filter(kind="payout").count() == 2


def test_it_explains_a_payout_that_takes_along_the_money_of_one_that_failed(donor, till):
    donor.paid("once", "25")
    till.advance(3 * DAY)
    (first,) = till.objects("payout")
    till.sandbox.fail_payout(first["id"], till.tenant)
    till.advance(2 * DAY)
    till.tell()
    payouts = Payout.objects.order_by("created_at").values_list("status", "amount", "unexplained")
    assert list(payouts) == [("failed", first["amount"], 0), ("paid", first["amount"], 0)]
    assert runs.run().found_text() == "" and balanced(till)


def test_it_shows_staff_a_number_for_money_that_we_do_not_have(donor, till, monkeypatch):
    till.sandbox.foreign_charge(5000, "usd", till.tenant)
    monkeypatch.setattr(balance, "book", lambda txn, tell: None)
    row = runs.run(apply=True)
    assert row.gaps == 1 and "not in our books: txn_" in row.notes
    page = signed_in("Administrator").get("/admin/").content.decode()
    assert "money at Stripe that is not in our books" in page


def test_it_counts_no_fee_no_payout_and_no_foreign_money_as_raised(donor, till):
    donor.paid("once", "25")
    till.sandbox.foreign_charge(5000, "usd", till.tenant)
    till.sandbox.fee(250, till.tenant)
    till.advance(3 * DAY)
    runs.run(apply=True)
    assert LedgerEntry.objects.raised() == {"USD": 2500}


def test_it_keeps_the_month_in_which_the_hour_was_missed(donor, till):
    """The worker was away for a week: the next run begins before that."""
    runs.hourly()
    donor.paid("once", "25")
    with time_machine.travel(timezone.now() + timedelta(days=7)):
        runs.hourly()
    assert Gift.objects.get().status == "paid"


@pytest.mark.parametrize(
    ("iban", "ends"),
    [("AT611904300234573201", "paid"), ("AT321904300235473204", "paid"), ("AT861904300235473202", "failed")],
)
def test_it_is_told_of_a_sepa_debit_for_days(donor, till, iban, ends):
    answer = donor.give("once", "25", code="EUR")
    till.sandbox.debit(answer["Location"], iban)
    till.tell()
    assert Gift.objects.get().status == "pending" and not LedgerEntry.objects.exists() and not Letter.objects.exists()
    till.advance(15 * DAY)
    till.tell()
    assert Gift.objects.get().status == ends and balanced(till)
    assert Receipt.objects.count() == Letter.objects.filter(template="receipt").count() == (ends == "paid")
    assert Letter.objects.filter(template="debit_failed").count() == (ends == "failed")

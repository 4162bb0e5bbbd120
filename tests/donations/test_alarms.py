"""Letters to staff about money: each says what to do and where, and comes once for each thing that happened."""

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.letters import alarms, gift_letters
from donations.models import Dispute, Payout
from donations.reconcile import runs
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from tests.donations.test_letters import given, twice  # noqa: F401 - a fixture
from tests.narrowing import not_none
from tests.staff.users import member

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ALERTS = Letter.objects.filter(template="staff_notice").order_by("id")
DAY = 86400


def deadline() -> str:
    day = gift_letters.day(Organisation.load().day_of(not_none(Dispute.objects.get().answer_by)))
    return f"Stripe takes an answer until {day}, in its dashboard."


def test_it_tells_staff_the_new_deadline_when_a_question_becomes_a_dispute(given, till):  # noqa: F811
    member("Finance")
    question = till.dispute(given.payment_intent_id, inquiry=True)
    till.tell()
    (first,) = ALERTS.all()
    assert deadline() in first.text and "Question from a bank about the gift" in first.text
    till.advance(3 * DAY)
    till.sandbox.end_dispute(question["id"], "escalated", till.tenant)
    till.tell()
    twice(till)
    _first, second = ALERTS.all()
    assert deadline() in second.text and deadline() not in first.text
    assert f"Dispute about the gift {given.reference}" in second.text and "Answer it with what shows" in second.text


def test_it_tells_staff_once_that_a_dispute_was_lost(given, till):  # noqa: F811
    finance = member("Finance")
    dispute = till.dispute(given.payment_intent_id)
    till.tell()
    till.sandbox.end_dispute(dispute["id"], "lost", till.tenant)
    till.tell()
    twice(till)
    _contested, lost = ALERTS.all()
    assert lost.to == finance.email and lost.subject.endswith("A dispute was lost")
    assert f"the gift {given.reference} of {given.total_text()} was lost" in lost.text
    assert f"https://dashboard.stripe.com/test/disputes/{dispute['id']}" in lost.text
    assert f"/admin/dispute/inspect/{Dispute.objects.get().pk}/" in lost.text
    assert "Ada" not in lost.text and given.email not in lost.text
    assert not Letter.objects.exclude(template__in=["receipt", "receipt_corrected", "staff_notice"]).exists()


def test_it_tells_staff_of_no_loss_when_a_dispute_was_won(given, till):  # noqa: F811
    member("Finance")
    dispute = till.dispute(given.payment_intent_id)
    till.sandbox.end_dispute(dispute["id"], "won", till.tenant)
    till.tell()
    assert "was lost" not in "".join(ALERTS.values_list("text", flat=True))


@pytest.mark.parametrize("event_lost", [False, True])
def test_it_tells_staff_once_that_a_payout_failed_and_where_to_look(given, till, event_lost):  # noqa: F811
    finance, _carer = member("Finance"), member("Donor care")
    till.advance(3 * DAY)
    till.tell()
    payout = Payout.objects.get()
    till.sandbox.fail_payout(payout.payout_id, till.tenant)
    if event_lost:
        runs.run(apply=True)
    till.tell()
    twice(till)
    (alert,) = ALERTS.all()
    assert alert.to == finance.email and alert.subject.endswith("A payout failed")
    assert f"A payout of {payout.amount_text()} did not arrive" in alert.text
    assert f"https://dashboard.stripe.com/test/payouts/{payout.payout_id}" in alert.text
    assert f"/admin/payout/inspect/{payout.pk}/" in alert.text


def test_it_does_not_tell_of_a_payout_that_failed_long_ago(given, till):  # noqa: F811
    member("Finance")
    till.advance(3 * DAY)
    till.tell()
    Payout.objects.update(status="failed", created_at=timezone.now() - timedelta(days=90))
    alarms.payout_failed(Payout.objects.get())
    assert not ALERTS.exists()

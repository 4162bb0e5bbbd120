"""The letters of money after the first payment: each once, to the right person, in their language."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from donations.letters import anniversaries, gift_letters, plan_letters
from donations.models import Dispute, Gift, Plan, Receipt
from donations.reconcile import runs
from donations.stripe import client as stripe_client
from foundation.jobs.models import Job
from foundation.jobs.queue import enqueue_periodic, run_due
from foundation.letters.models import Letter, LetterWording
from foundation.organisation.models import Organisation
from supporters.models import ConsentEvent, Supporter
from tests.donations.test_monthly_life import at_stripe, clock, failing, plan  # noqa: F401 - fixtures
from tests.staff.users import member

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DEBIT_FAILS_LATER = "000333333335"


def kinds(*names: str) -> list[str]:
    found = Letter.objects.filter(template__in=names) if names else Letter.objects.all()
    return list(found.order_by("id").values_list("template", flat=True))


def twice(till) -> None:
    """Everything is told again, under other names."""
    till.tell([{**event, "id": event["id"] + "Twin"} for event in till.events()])


@pytest.fixture
def given(donor, till) -> Gift:
    donor.gave("once", "25", name="Ada Lovelace")
    return Gift.objects.get()


@pytest.mark.both
@pytest.mark.truths("refund_events", "refund_count")
def test_it_tells_donor_and_staff_when_a_refund_comes_back(given, till):
    finance, nobody = member("Finance"), member("Editor")
    refund = till.refund(given.payment_intent_id)
    till.tell()
    till.sandbox.turn_refund(refund["id"], "failed", till.tenant)
    till.tell()
    twice(till)
    letter = Letter.objects.get(template="refund_failed")
    newest = Receipt.objects.get(replaced_by=None)
    assert letter.to == given.email and newest.label in letter.text and "with us again" in letter.text
    assert newest.replaces.label in letter.text and newest.total == given.total
    alert = Letter.objects.get(template="staff_notice")
    assert alert.to == finance.email and given.reference in alert.text and nobody.email != alert.to
    assert "Ada" not in alert.text + alert.html and given.email not in alert.text
    assert f"/admin/gift/inspect/{given.pk}/" in alert.text


def test_it_tells_staff_once_that_a_payment_is_contested_and_by_when_to_answer(given, till):
    finance, carer = member("Finance"), member("Donor care")
    member("Editor")
    dispute = till.dispute(given.payment_intent_id)
    till.tell()
    twice(till)
    alerts = Letter.objects.filter(template="staff_notice")
    assert sorted(alerts.values_list("to", flat=True)) == sorted([finance.email, carer.email])
    row = Dispute.objects.get()
    assert all(given.reference in each.text and "takes an answer until" in each.text for each in alerts)
    assert all(f"/admin/dispute/inspect/{row.pk}/" in each.text for each in alerts)
    _demonstration, what, deadline, todo, *where = alerts[0].text.split("\n\n")
    assert what == f"Dispute about the gift {given.reference} of {given.total_text()}."
    day = gift_letters.day(Organisation.load().day_of(row.answer_by))
    assert deadline == f"Stripe takes an answer until {day}, in its dashboard."
    assert todo.startswith("Answer it with what shows that the gift was meant: the receipt, letters, earlier gifts.")
    assert where[0] == f"At Stripe: https://dashboard.stripe.com/test/disputes/{dispute['id']}"
    till.sandbox.end_dispute(dispute["id"], "won", till.tenant)
    till.tell()
    assert alerts.count() == 2


def test_it_writes_to_no_donor_while_books_are_repaired_and_tells_staff_once_of_a_day_to_answer(given, donor, till):
    finance = member("Finance")
    donor.paid("monthly", "30", email="grace@donor.example")
    till.refund(till.objects("charge")[-1]["payment_intent"], amount=500)
    till.dispute(given.payment_intent_id)
    before = set(Letter.objects.values_list("pk", flat=True))
    for _ in range(2):
        runs.run(apply=True)
    assert Dispute.objects.exists() and Gift.objects.paid().count() == 2
    written = Letter.objects.exclude(pk__in=before)
    assert list(written.values_list("to", "template")) == [(finance.email, "staff_notice")]


def test_it_tells_who_gave_that_a_bank_debit_failed_days_later(donor, till):
    answer = donor.give("once", "25", name="Ada Lovelace")
    till.sandbox.debit(answer["Location"], DEBIT_FAILS_LATER)
    till.tell()
    assert Gift.objects.get().status == "pending" and not Letter.objects.exists()
    till.advance(6 * 86400)
    till.tell()
    twice(till)
    gift = Gift.objects.get()
    letter = Letter.objects.get()
    assert gift.status == "failed" and (letter.template, letter.to) == ("debit_failed", gift.email)
    assert gift.reference in letter.text and "$25.00 USD" in letter.text and "/give/?frequency=once" in letter.text
    assert "Receipt" not in letter.text


def test_it_writes_when_it_pauses_because_the_card_kept_failing(failing, clock):  # noqa: F811
    for days in (4.1, 6, 11.1):
        clock(days)
    names = ["card_failed", "card_failed_again", "card_failed_last", "plan_held"]
    assert kinds(*names, "plan_paused") == names
    assert Plan.objects.get().auto_paused_at
    held = Letter.objects.get(template="plan_held")
    assert "/give/card/" in held.text and "$30.00 USD" in held.text


@pytest.mark.both
def test_it_welcomes_a_day_after_the_first_payment_and_nobody_who_stopped(plan, till):  # noqa: F811
    assert kinds() == ["receipt_monthly"]
    job = Job.objects.get(kind="welcome")
    assert timedelta(hours=23) < job.run_at - timezone.now() < timedelta(hours=25)
    Plan.objects.update(status="paused")
    anniversaries.welcome(job.args)
    assert kinds() == ["receipt_monthly"]
    Plan.objects.update(status="active")
    for _ in range(2):
        anniversaries.welcome(job.args)
    assert kinds() == ["receipt_monthly", "welcome_monthly"]
    assert Receipt.objects.count() == 1


def test_it_reminds_once_a_year_of_what_really_came(plan, till, clock):  # noqa: F811
    reminders = Letter.objects.filter(template="yearly_reminder")
    for _four_months in range(3):
        clock(4 * 30, only="invoice.paid")
        assert not reminders.exists()
    for _day in range(8):  # as in life: what "the last twelve months" are changes at midnight
        clock(1, only="invoice.paid")
    letter = reminders.get()
    assert letter.stop_url and letter.stop_url in letter.text and "$30.00 USD every month" in letter.text
    assert "in 12 payments" in letter.text
    assert "/my/) or answer this letter" in letter.text and ">My page</a>" in letter.html
    clock(20, only="invoice.paid")
    assert reminders.get() == letter


@pytest.mark.both
def test_it_reminds_nobody_who_said_no(plan, till, clock):  # noqa: F811
    ConsentEvent.objects.create(
        supporter=Supporter.objects.get(),
        purpose="reminders",
        given=False,
        wording="",
        where="/",
        asked_at=timezone.now(),
    )
    Plan.objects.update(started_at=timezone.now() - timedelta(days=366))
    anniversaries.remind()
    assert not Letter.objects.filter(template="yearly_reminder").exists()


@pytest.mark.parametrize(
    ("start", "today", "years"),
    [
        (date(2024, 5, 10), date(2025, 5, 9), 0),
        (date(2024, 5, 10), date(2025, 5, 10), 1),
        (date(2024, 5, 10), date(2025, 5, 24), 1),
        (date(2024, 5, 10), date(2026, 2, 4), 1),
        (date(2024, 5, 10), date(2026, 2, 5), 0),
        (date(2024, 2, 29), date(2025, 2, 28), 0),
        (date(2024, 2, 29), date(2025, 3, 1), 1),
        (date(2024, 2, 29), date(2028, 2, 28), 0),
        (date(2024, 2, 29), date(2028, 2, 29), 4),
        (date(2024, 12, 30), date(2027, 1, 3), 2),
        (date(2024, 5, 10), date(2024, 5, 10), 0),
    ],
)
def test_it_knows_when_a_year_is_over(start, today, years):
    assert anniversaries._completed(start, today) == years


def test_it_speaks_the_language_of_the_page_where_somebody_gave(given):
    LetterWording.objects.create(key="receipt", language="es", subject="Recibo {number}", body="Gracias\n\n{facts}")
    document = Receipt.objects.get()
    Supporter.objects.update(language="es")
    Letter.objects.all().delete()
    given.refresh_from_db()
    letter = gift_letters.receipt(Receipt.objects.get(pk=document.pk))
    assert "Recibo" in letter.subject and "Gracias" in letter.text and '<html lang="es"' in letter.html


def test_it_tells_of_an_end_that_stripe_made_after_its_retries(plan, till):  # noqa: F811
    stripe_client.request(stripe_client.v1().subscriptions.cancel, plan.subscription_id)
    till.tell()
    twice(till)
    assert kinds("plan_ended", "plan_stopped", "plan_ending") == ["plan_ended"]


def test_it_makes_a_link_for_the_card_that_lives_thirty_days(plan, client):  # noqa: F811
    letter = plan_letters.card_link(plan)
    path = letter.text.split("localhost")[1].split("/", 1)[1].split()[0]
    start = timezone.now()
    with time_machine.travel(start + timedelta(days=29, hours=23)):
        assert client.get(f"/{path}").status_code == 200
    with time_machine.travel(start + timedelta(days=30, hours=1)):
        assert client.get(f"/{path}").status_code == 404
    assert datetime.now(UTC) and at_stripe(plan)["status"] == "active"
    enqueue_periodic()
    run_due()

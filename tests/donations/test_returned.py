"""Back from paying: what Stripe says is booked by a job, once, whether or not a webhook ever comes."""

from urllib.parse import urlsplit

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations.giving import returned
from donations.models import Gift, LedgerEntry, Plan, Receipt
from donations.webhooks import restored
from foundation.jobs import queue
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from tests.foundation.crowd import together
from tests.waiting import wait_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("patient_page")]


def jobs() -> list[Job]:
    return list(Job.objects.filter(kind=returned.KIND))


def thanks() -> str:
    return f"/give/thanks/?session={Gift.objects.get().session_id}"


def booked() -> tuple[int, int, int]:
    """Charges, receipts, letters with one."""
    charges = LedgerEntry.objects.filter(kind="charge").count()
    return charges, Receipt.objects.count(), Letter.objects.filter(template__startswith="receipt").count()


def all_done() -> bool:
    """Whether nothing is left: what met another's lock is tried again later, and here at once."""
    Job.objects.filter(state="ready").update(run_at=timezone.now())
    run_due()
    return not Job.objects.exclude(state="done").exists()


@pytest.mark.parametrize("frequency", ["once", "monthly"])
def test_it_books_what_stripe_said_though_no_webhook_ever_comes(donor, till, frequency):
    page = donor.pay(donor.give(frequency, "30"))
    text = page.content.decode()
    assert page["Refresh"] == "3" and "this page updates by itself" in text and "Check again" in text
    assert booked() == (0, 0, 0) and [job.key for job in jobs()] == [f"returned:{Gift.objects.get().session_id}"]
    run_due()
    assert booked() == (1, 1, 1) and Gift.objects.get().is_paid
    assert Plan.objects.count() == (frequency == "monthly")
    page = donor.client.get(thanks())
    text = page.content.decode()
    assert "Refresh" not in page and "updates by itself" not in text and "Check again" not in text
    assert Receipt.objects.get().label in text and f"/give/receipt/{Gift.objects.get().reference}.pdf" in text


@pytest.mark.parametrize("first", ["page", "webhook"])
def test_it_books_once_what_both_tell(donor, till, first):
    address = urlsplit(till.pay(donor.give("monthly", "30")["Location"]))
    if first == "webhook":
        till.tell()
    donor.client.get(f"{address.path}?{address.query}")
    assert len(jobs()) == (first == "page")
    run_due()
    till.tell()
    assert booked() == (1, 1, 1)


@pytest.mark.both
@pytest.mark.finding
@pytest.mark.django_db(transaction=True)
def test_it_books_once_what_both_tell_at_the_same_moment(donor, till):
    donor.pay(donor.give("once", "25"))
    for event in till.told():
        till.post(event)
    together(4, lambda _number: run_due())
    wait_for(all_done)
    assert booked() == (1, 1, 1)


def test_it_says_by_a_job_that_a_bank_sends_it(donor, till):
    back = urlsplit(till.sandbox.debit(donor.give("once", "25")["Location"], "000123456789"))
    page = donor.client.get(f"{back.path}?{back.query}")
    assert "on its way" in page.content.decode() and "Refresh" not in page
    run_due()
    assert Gift.objects.get().status == "pending" and booked() == (0, 0, 0)


def test_it_writes_nothing_but_one_job(donor, till):
    back = urlsplit(till.pay(donor.give("once", "25")["Location"]))
    donor.client.get("/give/")  # the first page of a new site makes the row of its menu
    written = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            donor.client.get(f"{back.path}?{back.query}")
        words = [query["sql"].split() for query in queries]
        written.append([each for each in words if each[0] in ("INSERT", "UPDATE", "DELETE")])
    ((insert,), again) = written
    assert '"jobs_job"' in insert and again == []


def test_it_asks_for_no_work_where_there_is_none(donor, till):
    page = donor.give("once", "25")
    donor.client.get(thanks())  # not finished
    till.pay(page["Location"])
    Client().get(thanks())  # somebody else
    till.fault("unavailable")
    donor.client.get(thanks())  # nobody can say
    till.calm()
    till.tell()
    donor.client.get(thanks())  # booked already
    assert jobs() == []


def test_it_thanks_though_the_queue_takes_nothing(donor, till, monkeypatch):
    def full(*_args, **_more):
        raise OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "enqueue", full)
        assert "Your gift has arrived." in donor.pay(donor.give("once", "25")).content.decode()
    till.tell()
    assert booked() == (1, 1, 1)


def test_it_comes_back_to_it_when_stripe_answers_again(donor, till):
    donor.pay(donor.give("once", "25"))
    till.fault("unavailable")
    run_due()
    assert [(job.state, job.failures) for job in jobs()] == [("ready", 0)]
    till.calm()
    Job.objects.update(run_at=timezone.now())
    run_due()
    assert booked() == (1, 1, 1)


def test_it_books_in_silence_what_waited_when_a_copy_was_made(donor, till):
    donor.pay(donor.give("once", "25"))
    restored.quieten_what_waits()
    run_due()
    assert booked() == (1, 1, 0)

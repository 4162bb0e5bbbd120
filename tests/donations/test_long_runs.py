"""A run that takes longer than a job's lease: nobody else begins it meanwhile, and none is lost. Nothing sleeps."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from donations.letters.outcomes import Tell
from donations.models import Payout, Reconciliation, StripeSetup
from donations.reconcile import runs
from donations.stripe import client
from donations.stripe.errors import StripeIsDownError
from donations.sync import balance
from foundation.jobs import queue
from foundation.jobs.models import Job
from tests.donations.test_refunds import balanced
from tests.narrowing import not_none

pytestmark = pytest.mark.django_db
NAME = "donations.reconcile.runs.hourly"
HOURLY = f"periodic:{NAME}:"


class Killed(BaseException):
    """kill -9: nothing is written any more."""


@pytest.fixture
def clock():
    """Two minutes before a full hour, so that the next hour's slot comes while the first run is under way."""
    with time_machine.travel(timezone.now().replace(minute=58, second=0), tick=False) as ours:
        yield ours


@pytest.fixture
def years(donor, till, clock) -> int:
    """Several payouts of which nothing was told: the first run explains each."""
    for number in range(4):
        donor.paid("once", str(25 + number), email=f"a{number}@donor.example")
        till.advance(3 * 86400)
        clock.shift(timedelta(days=3))
    clock.shift(timedelta(seconds=till.advance_to_noon()))
    queue.enqueue("periodic", f"{HOURLY}first", {"name": NAME})
    return 4


def slowly(monkeypatch, clock, minutes: int, meanwhile) -> list[str]:
    """Each payout takes so long; `meanwhile` is what happens then. Returns the payouts that were begun."""
    real, begun = balance.payout_changed, []

    def slow(ident: str, tell: Tell) -> str:
        begun.append(ident)
        clock.shift(timedelta(minutes=minutes))
        meanwhile()
        return real(ident, tell)

    monkeypatch.setattr(balance, "payout_changed", slow)
    return begun


def hourly_jobs():
    return Job.objects.filter(key__startswith=HOURLY)


def test_it_is_begun_by_nobody_else_while_it_runs_longer_than_its_lease(years, till, clock, monkeypatch):
    def another_worker() -> None:
        queue.enqueue_periodic()
        while job := queue.claim():
            assert not job.key.startswith(HOURLY), "a second run began"

    begun = slowly(monkeypatch, clock, 4, another_worker)
    started = timezone.now()
    queue.run(not_none(queue.claim()))
    assert timezone.now() - started > 2 * queue.LEASE and len(begun) == len(set(begun)) == years
    job = hourly_jobs().get()
    assert (job.state, job.attempts, job.failures) == (Job.State.DONE, 1, 0)
    assert Reconciliation.objects.get().finished_at and balanced(till)
    assert Payout.objects.filter(unexplained=0).count() == years
    queue.enqueue_periodic()
    assert hourly_jobs().count() == 2, "the next hour's run comes once this one is done"


def test_it_is_taken_up_by_another_worker_when_its_own_dies(years, till, clock, monkeypatch):
    def dies_at_the_third() -> None:
        if len(begun) == 3:
            raise Killed

    begun = slowly(monkeypatch, clock, 4, dies_at_the_third)
    with pytest.raises(Killed):
        queue.run(not_none(queue.claim()))
    assert queue.claim() is None, "its lease was renewed a moment ago"
    queue.enqueue_periodic()
    Job.objects.exclude(key__startswith=HOURLY).delete()
    assert hourly_jobs().count() == 1, "what nobody finished is under way"
    clock.shift(queue.LEASE)
    queue.run_due()
    assert hourly_jobs().get().state == Job.State.DONE and balanced(till)
    assert Payout.objects.filter(unexplained=0).count() == years
    assert StripeSetup.objects.get().reconciled_at and not Reconciliation.objects.filter(finished_at=None).exists()


def test_it_stops_when_its_machine_slept_and_another_worker_has_it(years, till, clock, monkeypatch):
    def slept() -> None:
        if len(begun) == 1:
            other = queue.claim()
            assert other and other.key.startswith(HOURLY)
            queue.run(other)

    begun = slowly(monkeypatch, clock, 6, slept)
    first = queue.claim()
    queue.run(not_none(first))
    job = hourly_jobs().get()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)
    assert len(begun) == 1 + years, "the first worker went on with nothing after it had lost the job"
    assert Reconciliation.objects.exclude(finished_at=None).exists() and balanced(till)


def test_it_takes_turns_with_the_same_job_and_no_other_joins(years, till, clock, monkeypatch):
    """The worker's turns of two minutes: between two of them the job waits for a second, and is the only one."""
    monkeypatch.setattr(runs, "TURN", timedelta(0))
    for turns in range(1, 5):
        queue.run(not_none(queue.claim()))
        queue.enqueue_periodic()
        Job.objects.exclude(key__startswith=HOURLY).delete()
        job = hourly_jobs().get()
        assert (job.state, job.attempts, job.failures) == (Job.State.READY, turns, 0)
        clock.shift(timedelta(seconds=2))
    monkeypatch.undo()
    queue.run(not_none(queue.claim()))
    assert hourly_jobs().get().state == Job.State.DONE
    assert balanced(till) and Payout.objects.filter(unexplained=0).count() == years


def test_it_runs_once_when_stripe_was_away_for_half_a_day(charity, clock, monkeypatch):
    def away() -> str:
        raise StripeIsDownError("away")

    with monkeypatch.context() as patch:
        patch.setattr(client, "account", away)
        for _hour in range(12):
            queue.enqueue_periodic()
            Job.objects.exclude(key__startswith=HOURLY).delete()
            queue.run_due()
            clock.shift(timedelta(hours=1))
    assert hourly_jobs().filter(state=Job.State.READY).count() == hourly_jobs().count() == 1

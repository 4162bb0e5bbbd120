"""Many events about one payment need one sync; none is done by what was read before it came."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations.models import CardTry, Gift, LedgerEntry, Plan, Receipt, StripeEvent
from donations.stripe import client
from donations.sync import from_stripe
from donations.webhooks import coalescing, events, inbox, restored
from foundation.jobs import lanes, queue
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from tests.narrowing import not_none
from tests.stripe_sandbox.driver import Declined

pytestmark = pytest.mark.django_db
BOOKED = {"payment_intent.succeeded", "charge.succeeded", "charge.updated", "checkout.session.completed"}


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """What is asked of Stripe."""
    found: list[str] = []
    real = client.request

    def request(call, *args):
        found.append(call.__qualname__)
        return real(call, *args)

    monkeypatch.setattr(client, "request", request)
    client.account()  # asked once in the life of a worker
    found.clear()
    return found


def post(till, told) -> None:
    for event in told:
        assert till.post(event).status_code == 200


def work() -> int:
    return queue.run_due(lane=lanes.MAIN)


def states() -> set[str]:
    return set(StripeEvent.objects.values_list("state", flat=True))


def told_in(order: str, till) -> list[dict]:
    told = till.told()
    return told[::-1] if order == "backwards" else told


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_it_books_a_gift_of_which_four_events_tell_by_one_question_to_stripe(donor, till, calls, order):
    donor.paid("once", "25")
    post(till, told_in(order, till))
    calls.clear()
    with CaptureQueriesContext(connection) as asked:
        assert work() == 1
    assert calls == ["SessionService.retrieve"] and {event["type"] for event in till.told()} == BOOKED
    assert len(asked) <= 84, "queries for all four events; they were 151"
    assert states() == {"done"} and not Job.objects.filter(lane=lanes.MAIN).exclude(state="done").exists()
    assert Receipt.objects.count() == Letter.objects.count() == CardTry.objects.count() == 1
    assert StripeEvent.objects.filter(note__startswith="Done with evt_").count() == 3
    begun = StripeEvent.objects.exclude(note__startswith="Done with").get()
    came = StripeEvent.objects.filter(type__in=inbox.MONEY_CAME)  # the first of those that bring a receipt
    assert {begun.pk} == {min(came.values_list("pk", flat=True))}


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_it_books_the_first_month_of_which_many_events_tell_by_few_questions(donor, till, calls, order):
    donor.paid("monthly", "30")
    post(till, told_in(order, till))
    calls.clear()
    work()
    assert states() == {"done"} and len(till.told()) >= 8
    # The session, the payments of its invoice, the payment; the others ask what a card that was given may change.
    money = [name for name in calls if name.startswith(("Session", "Invoice", "PaymentIntent", "Charge"))]
    assert len(money) == 3 and len(calls) <= 8, calls
    assert Receipt.objects.count() == Plan.objects.count() == Letter.objects.count() == 1


def test_it_asks_once_for_each_event_that_comes_alone(donor, till, calls):
    """As most do: Stripe tells them seconds apart."""
    donor.paid("once", "25")
    calls.clear()
    for number, event in enumerate(till.told(), start=1):
        post(till, [event])
        assert work() == 1 and len(calls) == number
    assert states() == {"done"} and Receipt.objects.count() == Letter.objects.count() == 1


def test_it_leaves_an_event_to_itself_that_came_while_another_was_read(donor, till, calls, monkeypatch):
    """What it tells of may have happened after the answer: no clock decides, though the second one's is behind."""
    donor.paid("once", "25")
    first, *rest = till.told()
    post(till, [first])
    step = events.HANDLERS[first["type"]]

    def slowly(ident, tell):
        note = step(ident, tell)
        with time_machine.travel(timezone.now() - timedelta(minutes=4)):
            post(till, rest)
        return note

    monkeypatch.setitem(events.HANDLERS, first["type"], slowly)
    queue.run(not_none(queue.claim(lanes.MAIN)))
    assert Gift.objects.get().is_paid
    assert set(StripeEvent.objects.filter(state="waiting").values_list("event_id", flat=True)) == {
        event["id"] for event in rest
    }
    work()
    assert states() == {"done"}


def test_it_leaves_alone_what_another_worker_is_at(donor, till):
    donor.paid("once", "25")
    post(till, till.told())
    key = f"stripe-event:{till.told()[-1]['id']}"
    Job.objects.filter(key=key).update(group="", run_at=timezone.now() - timedelta(days=9))  # of an older version
    other = not_none(queue.claim(lanes.MAIN))
    assert other.key == key and work() == 1
    assert StripeEvent.objects.filter(state="waiting").count() == 1
    queue.run(other)
    assert states() == {"done"} and Receipt.objects.count() == 1


def test_it_books_by_the_other_events_where_the_widest_one_is_poison(donor, till, monkeypatch):
    donor.paid("once", "25")
    post(till, till.told())

    def poison(ident, tell):
        raise ValueError("a session that nobody can read")

    monkeypatch.setitem(events.HANDLERS, "checkout.session.completed", poison)
    work()
    assert Gift.objects.get().is_paid and Receipt.objects.count() == 1
    failed = StripeEvent.objects.exclude(state="done").get()
    assert (failed.type, failed.state) == ("checkout.session.completed", "failed")
    assert "nobody can read" in failed.note and Job.objects.get(key=failed.job_key).failures == 1


class DiedError(BaseException):
    """The worker is gone: nothing of ours catches it."""


def test_it_books_once_where_its_worker_dies_between_the_books_and_the_events(donor, till, monkeypatch):
    donor.paid("once", "25")
    post(till, till.told())

    def die(*_args):
        raise DiedError

    with monkeypatch.context() as patch:
        patch.setattr(coalescing, "finish", die)
        job = not_none(queue.claim(lanes.MAIN))
        with pytest.raises(DiedError):
            queue.run(job)
    assert Receipt.objects.count() == 1 and states() == {"waiting"}
    Job.objects.filter(pk=job.pk).update(lease_until=job.run_at)
    work()
    assert states() == {"done"} and Receipt.objects.count() == Letter.objects.count() == 1
    assert LedgerEntry.objects.filter(kind="charge").count() == 1


def test_it_does_nothing_in_passing_in_a_restored_copy(donor, till):
    """What is booked in silence must not keep a letter from being written by what is told later."""
    donor.paid("once", "25")
    first, *rest = till.told()
    post(till, [first])
    restored.quieten_what_waits()
    post(till, rest)
    queue.run(not_none(queue.claim(lanes.MAIN)))
    assert Gift.objects.get().is_paid and not Letter.objects.exists()
    assert StripeEvent.objects.filter(state="waiting").count() == len(rest)
    work()
    assert Letter.objects.count() == 1


def test_it_counts_the_card_that_was_refused_before_the_one_that_paid(donor, till):
    """The event of the refused charge is not done by that of the payment, which has read another charge."""
    answer = donor.give("once", "25")
    with pytest.raises(Declined):
        till.pay(answer["Location"], "4000000000000002")
    till.pay(answer["Location"])
    post(till, till.told())
    work()
    assert sorted(CardTry.objects.values_list("declined", flat=True)) == [False, True]
    assert states() == {"done"} and Receipt.objects.count() == 1


def test_it_knows_a_step_for_each_type_that_it_coalesces():
    assert set(events.WIDE) <= set(events.HANDLERS)
    assert events.TYPES[from_stripe.charge_changed] == ["charge.succeeded", "charge.updated", "charge.failed"]

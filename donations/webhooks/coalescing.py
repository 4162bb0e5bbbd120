"""Many events about one payment need one sync: which to begin with, and which others are done by it (D-218).

An event is done by what a job read only if it was enqueued before that job began to read: numbers of rows say so,
and no clock. What the events' own bodies say is a hint for the order of work, and never for what is booked.
"""

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from donations.models import StripeEvent
from donations.sync.covered import Covered, Step
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.prepared import queries

State = StripeEvent.State
MANY = 50  # waiting events of one customer that are looked at: a wider one behind them is found later


def horizon() -> int:
    """Return the number of the newest job: what was enqueued until now is told by whatever is read from here on."""
    newest = queries.first(_newest)
    return newest.pk if newest else 0


def _newest() -> QuerySet[Job]:
    return Job.objects.order_by("-pk").only("pk")[:1]


def wider(event: StripeEvent, types: list[str]) -> StripeEvent | None:
    """Return another waiting event of the same group of one of these types, the first in their order; None without
    one.
    """
    if not (group := jobs.group()):
        return None
    waiting = queries.rows(_waiting, group=group)
    idents = [job.args["event"] for job in waiting if job.key != event.job_key]
    found = StripeEvent.objects.filter(event_id__in=idents, type__in=types, livemode=event.livemode) if idents else ()
    return min(found, key=lambda other: types.index(other.type), default=None)


def _waiting(group: str) -> QuerySet[Job]:
    return Job.objects.filter(group=group, state=Job.State.READY, kind="stripe-event").only("key", "args")[:MANY]


def finish(
    event: StripeEvent, covered: Covered, types: dict[Step, list[str]], before: int, note: Callable[[StripeEvent], str]
) -> None:
    """Finish the other events that `covered` says all of, as far as they were enqueued before that horizon and nobody
    is at them: their jobs with them, in one transaction.
    """
    told = Q()
    for step, ident in covered:
        told |= Q(type__in=types.get(step, []), object_id=ident)
    # Of one object there are few. Its state is looked at here: asked for beside it, SQLite would look at all that wait.
    found = StripeEvent.objects.filter(told, livemode=event.livemode).exclude(pk=event.pk).defer("payload")
    others = {other.job_key: other for other in found if other.state in (State.WAITING, State.FAILED)}
    if not others:
        return
    now = timezone.now()
    with transaction.atomic():
        # By their keys alone, for the same reason; nobody else changes them from here on.
        theirs = Job.objects.filter(key__in=others).order_by().select_for_update(skip_locked=True)
        free = [job for job in theirs if job.state == Job.State.READY and job.pk <= before]
        keys = {job.key for job in free}
        Job.objects.filter(pk__in=[job.pk for job in free]).update(state=Job.State.DONE, finished_at=now, last_error="")
        notes = {others[key].pk: note(others[key]) for key in keys}
        for words in set(notes.values()):  # one, but for those of another API version
            its = StripeEvent.objects.filter(pk__in=[pk for pk, its in notes.items() if its == words])
            its.update(state=State.DONE, finished_at=now, note=words)

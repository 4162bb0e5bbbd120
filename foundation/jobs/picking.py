"""Which job is next: the one that is due first, found by an index, however many wait. Claiming it is the queue's."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from foundation.jobs import lanes
from foundation.jobs.models import Job
from foundation.prepared import queries

State = Job.State
LEASE = timedelta(
    minutes=5
)  # a job is not silent for so long: Stripe's deadline is seconds; `queue.extend_lease` comes first
# How long a group waits for one of its jobs at most, since that was claimed: a worker that died must not keep a payment
# from being booked by what else was told of it, and two at once do no harm.
GROUP_WAITS = timedelta(seconds=30)


def first_due(lane: str, now: datetime, clock: datetime) -> Job | None:
    """Return the job that is due first in a lane ("": in any), or None. `clock`: now, as leases are told.

    Two questions, each of which reads the first entries of an index: asked as one, both databases look at all that
    waits, and sort it.
    """
    if lane and lanes.closed(lane):
        return None
    if lane in ("", lanes.PERIODIC):  # what is left out there differs from one moment to the next
        free = _but_busy(_free(clock + LEASE - GROUP_WAITS), lane, clock)
        found = [free.filter(_ready(now)).first(), free.filter(_left(clock)).first()]
    else:
        lately = clock + LEASE - GROUP_WAITS
        found = [
            queries.first(_ready_in, lane=lane, now=now, lately=lately),
            queries.first(_left_in, lane=lane, clock=clock, lately=lately),
        ]
    return min(filter(None, found), key=lambda job: (job.run_at, job.pk), default=None)


def refile() -> int:
    """Put what waits into the lanes of this version, also what an older one enqueued. Returns how many moved."""
    waiting = Job.objects.exclude(state=State.DONE)
    moved = 0
    for lane in lanes.lanes()[1:]:
        moved += waiting.filter(kind__in=lanes.kinds(lane)).exclude(lane=lane).update(lane=lane)
    main = waiting.exclude(kind__in=list(lanes.LANES)).exclude(lane=lanes.MAIN)
    return moved + main.update(lane=lanes.MAIN)


def _ready(now: datetime) -> Q:
    return Q(state=State.READY, run_at__lte=now)


def _left(clock: datetime) -> Q:
    """What a dead worker left."""
    return Q(state=State.RUNNING, lease_until__lte=clock)


def _ready_in(lane: str, now: datetime, lately: datetime) -> QuerySet[Job]:
    return _free(lately).filter(_ready(now), lane=lane)[:1]


def _left_in(lane: str, clock: datetime, lately: datetime) -> QuerySet[Job]:
    return _free(lately).filter(_left(clock), lane=lane)[:1]


def _free(lately: datetime) -> QuerySet[Job]:
    """Jobs in order that nothing of their own group keeps from being run: none of it was claimed `lately`, as its lease
    says, and is at work.
    """
    of_its_group = Job.objects.filter(group=OuterRef("group"), state=State.RUNNING, lease_until__gt=lately)
    free = Job.objects.filter(Q(group="") | ~Exists(of_its_group)).order_by("run_at", "id")
    return free.select_for_update(skip_locked=True)  # SQLite knows no such thing, and Django leaves it out


def _but_busy(free: QuerySet[Job], lane: str, clock: datetime) -> QuerySet[Job]:
    """Without closed lanes, and without the periodic work that is under way."""
    if lane:
        free = free.filter(lane=lane)
    if closed := lanes.closed(lane):
        free = free.exclude(lane__in=closed)
    if names := _at_work(clock):
        free = free.exclude(kind="periodic", args__name__in=names)
    return free


def _at_work(clock: datetime) -> list[str]:
    """The periodic jobs that run now: one at a time, whatever waits behind it."""
    jobs = Job.objects.filter(kind="periodic", state=State.RUNNING, lease_until__gt=clock)
    return [job.args["name"] for job in jobs]

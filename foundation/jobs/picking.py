"""Which job is next: the one that is due first, found by an index, however many wait. Most are claimed by the statement
that finds them.
"""

import json
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from foundation.jobs import lanes
from foundation.jobs.models import Job
from foundation.prepared import commands, cursors

State = Job.State
LEASE = timedelta(
    minutes=5
)  # a job is not silent for so long: Stripe's deadline is seconds; `queue.extend_lease` comes first
# How long a group waits for one of its jobs at most, since that was claimed: a worker that died must not keep a payment
# from being booked by what else was told of it, and two at once do no harm.
GROUP_WAITS = timedelta(seconds=30)


# One of these is what is due, the other what a dead worker left; each reads the first entries of an index.
DUE = "j.state = 'ready' AND j.lane = %s AND j.run_at <= %s"
LEFT = "j.state = 'running' AND j.lane = %s AND j.lease_until <= %s"
FIRST = """SELECT j.id, j.run_at FROM jobs_job j WHERE {what} AND (j."group" = '' OR NOT EXISTS (
 SELECT 1 FROM jobs_job u WHERE u."group" = j."group" AND u.state = 'running' AND u.lease_until > %s
)) ORDER BY j.run_at, j.id LIMIT 1{unseen}"""
READ = ("id", "kind", "key", "lane", "group", "args", "attempts", "failures")  # in the order of the model
CLAIM = """UPDATE jobs_job SET state = 'running', attempts = attempts + 1, lease_until = %s,
 failures = CASE WHEN state = 'running' THEN failures + 1 ELSE failures END,
 run_at = CASE WHEN state = 'running' THEN %s ELSE run_at END
 WHERE id = (SELECT CASE WHEN due.id IS NULL THEN gone.id WHEN gone.id IS NULL THEN due.id
 WHEN (due.run_at, due.id) < (gone.run_at, gone.id) THEN due.id ELSE gone.id END
 FROM (SELECT 1 AS one) o LEFT JOIN ({due}) due ON 1 = 1 LEFT JOIN ({gone}) gone ON 1 = 1)
 RETURNING id, kind, "key", lane, "group", args, attempts, failures"""


def claim(lane: str, now: datetime, clock: datetime) -> tuple[Job | None, bool]:
    """Claim the job that is due first in a lane ("": in any), or None; False beside it when another worker was first.
    `clock`: now, as leases are told. One whose worker died goes behind all that waits: where workers are killed for
    another reason, no innocent is first each time. Raises what the database raises.
    """
    if lane and lanes.closed(lane):
        return None, False
    # What is left out of these lanes differs from one moment to the next.
    if lane in ("", lanes.PERIODIC) or not connection.features.can_return_columns_from_insert:
        with transaction.atomic() if connection.features.has_select_for_update_skip_locked else nullcontext():
            job = _first_due(lane, now, clock)
            return job, job is not None and _take(job, now, clock)
    tell = connection.ops.adapt_datetimefield_value
    lately, at, until = tell(clock + LEASE - GROUP_WAITS), tell(clock), tell(clock + LEASE)
    with cursors.cursor() as cursor:
        cursor.execute(_claiming(), [until, tell(now), lane, tell(now), lately, lane, at, lately])
        row = cursor.fetchone()
    if row is None:
        return None, False
    job = Job.from_db(DEFAULT_DB_ALIAS, READ, row)  # what else is asked of it is read then
    job.state, job.lease_until = State.RUNNING, clock + LEASE
    job.args = json.loads(job.args) if isinstance(job.args, str) else job.args  # as the database gives it
    return job, True


def _take(job: Job, now: datetime, clock: datetime) -> bool:
    """Compare and set: the row is ours only if nobody raised `attempts` since we read it."""
    abandoned = job.state == State.RUNNING
    before = {"pk": job.pk, "attempts": job.attempts, "state": job.state}
    job.attempts += 1
    job.failures += int(abandoned)
    job.run_at = now if abandoned else job.run_at
    job.lease_until = clock + LEASE
    ours = {"state": State.RUNNING, "lease_until": job.lease_until, "run_at": job.run_at}
    return bool(commands.change(Job, before, {**ours, "attempts": job.attempts, "failures": job.failures}))


def _claiming() -> str:
    # Where there is SKIP LOCKED, nobody waits for what another worker is about to claim.
    unseen = " FOR UPDATE OF j SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    due, gone = (FIRST.format(what=what, unseen=unseen) for what in (DUE, LEFT))
    return CLAIM.format(due=due, gone=gone)


def _first_due(lane: str, now: datetime, clock: datetime) -> Job | None:
    """Return the job that is due first in a lane ("": in any), or None. `clock`: now, as leases are told.

    Two questions, each of which reads the first entries of an index: asked as one, both databases look at all that
    waits, and sort it.
    """
    free = _but_busy(_free(clock + LEASE - GROUP_WAITS), lane, clock)
    found = [free.filter(_ready(now)).first(), free.filter(_left(clock)).first()]
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

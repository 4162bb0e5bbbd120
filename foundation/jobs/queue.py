"""Job queue: enqueue jobs and run what is due, claimed by lease, retried with back-off; a poison job ends as dead.

Why a table and not a broker: D-013; whose clock: D-077; how several share it: D-217.
"""

import logging
import random
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, connection
from django.db.models import Q
from django.utils import timezone

from foundation.jobs import errors, lanes, owed, picking
from foundation.jobs.models import Heartbeat, Job
from foundation.organisation import retention_periods
from foundation.prepared import commands

Handler = Callable[[dict[str, Any]], None]
Periodic = Callable[[], None]
Own = Callable[[threading.Event], None]
log = logging.getLogger(__name__)

LEASE = picking.LEASE
RENEWED = timedelta(minutes=1)  # so often a job that takes long renews its lease
SOON = timedelta(minutes=5)
MAX_FAILURES = 8  # with the back-off below: dead after about a day
GIVEN_BACK = {"state": Job.State.READY, "lease_until": None}
PERIODS = {"minute": "%Y-%m-%dT%H:%M", "hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d"}
HANDLERS: dict[str, Handler] = {}
PERIODICS: dict[str, tuple[str, Periodic]] = {}
OWN: list[Own] = []


class RetryLaterError(Exception):
    """Raised by a handler that must be retried later (Stripe asks to wait, a guard is up). Not counted as a failure."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds


class LeaseLostError(Exception):
    """The lease of the running job ended, and another worker has the job: the handler must stop."""


_running: ContextVar[Job | None] = ContextVar("foundation_jobs_running", default=None)
_worker: ContextVar[str] = ContextVar("foundation_jobs_worker", default="")
_behind: ContextVar[timedelta] = ContextVar("foundation_jobs_behind", default=timedelta(0))


def beat(worker: str) -> None:
    """Write the heartbeat of this process, the worker of that name: staff see it, and `extend_lease` renews it."""
    _worker.set(worker)
    now = timezone.now()
    Heartbeat.objects.filter(beat_at__lt=now - timedelta(days=1)).delete()
    Heartbeat.objects.update_or_create(worker=worker, defaults={"beat_at": now})


def agree() -> None:
    """Measure the clock skew to the database: from now on this process tells leases by the database's clock.

    Workers on several machines share that clock; of two whose own clocks differ, one would take over what the other is
    at. A database in a file has no clock but that of the one machine.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            _behind.set(cursor.fetchone()[0] - timezone.now())


def _clock() -> datetime:
    """Now, by the clock that leases are told by."""
    return timezone.now() + _behind.get()


def extend_lease() -> None:
    """Extend the lease of the running job, so that no other worker claims it, and write the heartbeat. Raises
    LeaseLostError.

    Cheap to call often. Outside of a job it does nothing.
    """
    job, now = _running.get(), _clock()
    if job is None or (job.lease_until and now < job.lease_until - LEASE + RENEWED):
        return
    mine = Job.objects.filter(pk=job.pk, attempts=job.attempts, state=Job.State.RUNNING)
    if not mine.update(lease_until=now + LEASE):
        raise LeaseLostError(f"Job {job.pk} is another worker's by now.")
    job.lease_until = now + LEASE
    if _worker.get():
        beat(_worker.get())


def group() -> str:
    """Return the group of the running job; empty without one."""
    job = _running.get()
    return job.group if job else ""


def at_work() -> bool:
    """Whether a job runs here: nobody waits for a page."""
    return _running.get() is not None


def handler(kind: str, lane: str = lanes.MAIN) -> Callable[[Handler], Handler]:
    """Decorator: register the handler of all jobs of that kind. It must be idempotent. Jobs which may take long delay
    those of their own `lane` alone.
    """

    def register(function: Handler) -> Handler:
        HANDLERS[kind] = function
        if lane != lanes.MAIN:
            lanes.LANES[kind] = lane
        return function

    return register


def every(period: str) -> Callable[[Periodic], Periodic]:
    """Decorator: periodic job, run once in each minute, hour or day (UTC), by whichever worker comes first."""

    def register(function: Periodic) -> Periodic:
        name = f"{function.__module__}.{function.__name__}"
        PERIODICS[name] = (PERIODS[period], function)
        return function

    return register


def each_worker(function: Own) -> Own:
    """Decorator: every worker runs this when it starts and each second, in a thread beside its jobs, for files of the
    machine it stands on. It sees to it itself what is due, and ends soon once the event is set.
    """
    OWN.append(function)
    return function


def run_own(stop: threading.Event) -> bool:
    """Run what each worker does for its own machine. Whether all went well; a failure is logged, to be tried again."""
    well = True
    for function in OWN:
        try:
            function(stop)
        except Exception as error:  # the jobs must go on whatever happens here
            log.warning("%s failed: %s", function.__name__, type(error).__name__)
            well = False
    return well


def enqueue(
    kind: str, key: str, args: dict[str, Any] | None = None, run_at: datetime | None = None, group: str = ""
) -> Job:
    """Enqueue a job, once for each key (idempotent). Call it inside the transaction of the fact that asks for it. Of
    one `group`, if it names one, no two jobs run at once.
    """
    enqueue_unread(kind, key, args, run_at, group)
    return Job.objects.get(key=key)


def enqueue_unread(
    kind: str, key: str, args: dict[str, Any] | None = None, run_at: datetime | None = None, group: str = ""
) -> None:
    """The same for who needs no row of it: one statement instead of two."""
    lane = lanes.of(kind)
    job = Job(key=key, kind=kind, args=args or {}, run_at=run_at or timezone.now(), lane=lane, group=group)
    commands.insert_new(job, "key")  # the constraint decides, without a savepoint


def enqueue_periodic() -> None:
    """Enqueue this minute's, hour's and day's periodic jobs, unless another worker did.

    One that still runs, or is retried in a moment, is not joined by the next: that comes when it is done. One that
    waits longer after a failure keeps nobody waiting.
    """
    now = timezone.now()
    under_way = Q(state=Job.State.RUNNING) | Q(state=Job.State.READY, run_at__lte=now + SOON)
    jobs = Job.objects.filter(under_way, kind="periodic", lane=lanes.PERIODIC)
    busy = {job.args.get("name") for job in jobs}
    for name, (pattern, _) in PERIODICS.items():
        slot = now.strftime(pattern)
        key = f"periodic:{name}:{slot}"
        if name not in busy and not Job.objects.filter(key=key).exists():
            enqueue("periodic", key, {"name": name})


@handler("periodic", lane=lanes.PERIODIC)
def run_periodic(args: dict[str, Any]) -> None:
    """Job: run one periodic function. One that waited after a failure is done if a younger one came through."""
    job = _running.get()
    done = Job.objects.filter(kind="periodic", args__name=args["name"], state=Job.State.DONE)
    if job is None or not done.filter(pk__gt=job.pk).exists():
        PERIODICS[args["name"]][1]()


def claim(lane: str = "") -> Job | None:
    """Claim one due job by lease, of that lane if one is named, or one whose worker died (`picking.claim`)."""
    while True:
        now, clock = timezone.now(), _clock()
        ours = {"state": Job.State.RUNNING, "lease_until": clock + LEASE}
        try:
            job, won = picking.claim(lane, now, clock)
        except Error:
            # Perhaps one is ours, and nobody knows: the lease, to the microsecond, tells ours from another's.
            owed.note(owed.Change(({"lane": lane} if lane else {}) | ours, GIVEN_BACK))
            raise
        if job is None:
            return None
        if not won:
            continue  # another worker was first, or its own went on with it
        if job.failures < MAX_FAILURES:
            return job
        _finish(job, state=Job.State.DEAD, finished_at=now, last_error="Its worker died each time it ran.")


def run(job: Job) -> None:
    """Run a claimed job and write down how it went."""
    token = _running.set(job)
    try:
        HANDLERS[job.kind](job.args)
    except RetryLaterError as later:
        _finish(
            job,
            state=Job.State.READY,
            run_at=timezone.now() + timedelta(seconds=later.seconds),
            last_error=errors.said(str(later)),
        )
    except LeaseLostError as lost:
        log.warning("%s", lost)  # how it went is for the other worker to write down
    except Exception as error:  # whatever a handler throws must not end the worker
        log.warning("job %s failed: %s", job.pk, type(error).__name__)
        _failed(job, error)
    else:
        _finish(job, state=Job.State.DONE, finished_at=timezone.now(), last_error="")
    finally:
        _running.reset(token)


def run_due(limit: int = 1000, lane: str = "") -> int:
    """Run everything that is due now (in that lane), in this process. Returns how many jobs ran."""
    for count in range(limit):
        job = claim(lane)
        if job is None:
            return count
        run(job)
    return limit


def delete_finished(dry: bool = False) -> int:
    """Retention: delete finished jobs. Dead ones stay until somebody looked at them. Returns how many."""
    return retention_periods.drop(
        Job.objects.filter(state=Job.State.DONE, finished_at__lt=retention_periods.end("jobs")), dry
    )


def retry_dead(job: Job) -> None:
    """Retry a dead job, at the wish of staff."""
    Job.objects.filter(pk=job.pk, state=Job.State.DEAD).update(
        state=Job.State.READY, failures=0, run_at=timezone.now(), lease_until=None
    )


def _failed(job: Job, error: Exception) -> None:
    failures = job.failures + 1
    text = errors.said(error)
    if failures >= MAX_FAILURES:
        _finish(job, state=Job.State.DEAD, failures=failures, finished_at=timezone.now(), last_error=text)
        return
    # 10 s, 40 s, 2.7 min, 11 min, 43 min … with jitter, so that a thousand failures do not come back together.
    wait = timedelta(seconds=10 * 4 ** (failures - 1) * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
    _finish(job, state=Job.State.READY, failures=failures, run_at=timezone.now() + wait, last_error=text)


def _finish(job: Job, **fields: Any) -> None:
    """Save the outcome, unless the lease ran out and another worker has the job by now."""
    mine = {"pk": job.pk, "attempts": job.attempts, "state": Job.State.RUNNING}
    owed.write(owed.Change(mine, {"lease_until": None, **fields}))

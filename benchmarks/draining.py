"""Benchmark of bookings behind a backlog of events, against a question to Stripe and a bare transaction for each event.

Each gift is told of by four events or five. Whether the site looks at all that waits for each job shows between the
sizes: a hundredth, a tenth and all of --rows.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from benchmarks.applying import Batch, bare, batches, post
from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from donations.models import Gift, StripeEvent
from donations.stripe import client
from foundation.jobs import lanes, queue
from foundation.jobs.models import Job
from tests.stripe_sandbox.driver import Sandbox

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # first in the queue
BACKLOG = "evt_backlog"


def bookings(ground: Ground) -> Iterator[Pair]:
    stripe = Sandbox.start(Path(ground.folder), port=settings.SANDBOX_PORT)
    try:
        sizes = (ground.rows // 100, ground.rows // 10, ground.rows)
        made = batches(stripe, len(sizes) * (ground.rounds + 1), ground.paid)
        queue.run_due()
        for size in sizes:
            wait(size)
            yield Pair(
                f"The same behind {size:,} waiting events",
                "a question to Stripe and a bare transaction",
                "events",
                partial(_book, made, stripe, ground.paid),
                partial(bare, len(made[0]), asks=True),
            )
    finally:
        stripe.stop()


def wait(count: int) -> None:
    """Let so many events wait, of a type that asks for nothing, as after an outage."""
    have = StripeEvent.objects.filter(event_id__startswith=BACKLOG).count()
    now, live = timezone.now(), client.is_live()
    for first in range(have, count, 5000):
        events = [
            StripeEvent(event_id=f"{BACKLOG}{number}", type="x.y", created=now, livemode=live, payload="{}")
            for number in range(first, min(count, first + 5000))
        ]
        jobs = [
            Job(kind="stripe-event", key=each.job_key, args={"event": each.event_id}, run_at=now) for each in events
        ]
        StripeEvent.objects.bulk_create(events, batch_size=1000)
        Job.objects.bulk_create(jobs, batch_size=1000)


def _book(made: list[Batch], stripe: Sandbox, wanted: int) -> Sample:
    """Book what the next batch tells of, before all that waits: its jobs are due first."""
    batch, paid = made.pop(), Gift.objects.paid().count()
    post(batch, stripe)
    keys = [f"stripe-event:{event['id']}" for event in batch]
    mine = Job.objects.filter(key__in=keys)
    insist(mine.update(run_at=LONG_AGO) == len(batch), "An event has no job.")
    sample = here(len(batch), _until_the_backlog)
    insist(not mine.exclude(state=Job.State.DONE).exists(), "An event was not applied.")
    now = Gift.objects.paid().count() - paid
    insist(now == wanted, f"{now} gifts of {wanted} were booked as paid.")
    return sample


def _until_the_backlog() -> None:
    """Run jobs, up to the first of the backlog, which is run too."""
    while job := queue.claim(lanes.MAIN):
        queue.run(job)
        if job.args.get("event", "").startswith(BACKLOG):
            return

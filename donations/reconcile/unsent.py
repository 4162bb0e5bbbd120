"""Unsent receipts of paid gifts: weeks without webhook events fill the books in silence. One action sends them."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, F, Max, OuterRef, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from donations.books import receipts
from donations.letters import gift_letters
from donations.models import Gift, KeptCount, LedgerEntry, StripeEvent
from donations.models.books import LedgerQuerySet
from donations.models.gifts import Method
from donations.stripe import client
from foundation.jobs import lanes
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters.models import Letter

STEP = 100  # batch of receipts that one job writes: a batch that dies is done again within seconds
KIND = "unsent-receipts"
AGE = timedelta(hours=1)  # a webhook event usually comes within seconds
YEAR = timedelta(days=366)  # who gave earlier is not surprised by a button: staff send such a receipt by itself


def gifts() -> QuerySet[Gift]:
    """Paid gifts of a year whose receipt nobody mailed: by Stripe, not all refunded, with an address. Oldest first."""
    key = Concat(Value("receipt:"), "reference", output_field=CharField())
    came = Gift.objects.with_returns().filter(status=Gift.Status.PAID, method=Method.STRIPE, livemode=client.is_live())
    now = timezone.now()
    kept = came.filter(paid_at__range=(now - YEAR, now - AGE), **{"returned__gt": -F("total")}).exclude(email="")
    told = Letter.objects.filter(key=OuterRef("receipt_key"))
    return kept.annotate(receipt_key=key).exclude(Exists(told)).order_by("id")


@jobs.every("hour")
def count() -> None:
    """Count and keep the number for the panel's first page: each gift of a year is asked for its letter."""
    found = {"number": gifts().order_by().count(), "counted_at": timezone.now()}
    KeptCount.objects.update_or_create(name=KIND, defaults=found)


def last_count() -> int:
    """How many there were when they were last counted."""
    kept = KeptCount.objects.filter(name=KIND).first()
    return kept.number if kept else 0


def newest_event() -> datetime | None:
    """When the last webhook event came in, of the mode (live or test) in which money moves now, UTC."""
    newest: datetime | None = StripeEvent.objects.counted().aggregate(newest=Max("received_at"))["newest"]
    return newest


def payments_since(event: datetime | None) -> LedgerQuerySet:
    """Charges that Stripe made after the newest event: it sends one for each, so there should be none."""
    now = timezone.now()
    charges = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE, livemode=client.is_live())
    told_of: LedgerQuerySet = charges.filter(occurred_at__range=(now - YEAR, now - AGE))
    return told_of.filter(occurred_at__gt=event) if event else told_of


def is_running() -> bool:
    return Job.objects.filter(kind=KIND, state__in=[Job.State.READY, Job.State.RUNNING]).exists()


def start() -> bool:
    """Enqueue the writing of every letter that is missing. False when a run is on its way.

    Two people who press at the same moment enqueue the same job key, because they see the same last job.
    """
    last = Job.objects.filter(kind=KIND).aggregate(last=Max("pk"))["last"] or 0
    if is_running():
        return False
    _enqueue(0, last)
    return True


@jobs.handler(KIND, lane=lanes.SLOW)
def step(args: dict[str, Any]) -> None:
    """Job: write the next batch of a run, and enqueue the job for those behind it."""
    last = write(args["after"])
    if last is not None:
        _enqueue(last, args["run"])
    else:
        count()


def write(after: int = 0) -> int | None:
    """Write one batch of up to a hundred letters, about gifts with an id above `after`; each holds the receipt in
    force.

    Returns the id of the last gift, or None when none is left. The letter's key is that of the event, so that whoever
    comes second, this run, another or the late event, finds it written (idempotent).
    """
    found = list(gifts().filter(pk__gt=after).values_list("pk", flat=True)[:STEP])
    for pk in found:
        with transaction.atomic():
            gift = Gift.objects.select_for_update(no_key=True).get(pk=pk)
            gift_letters.receipt(receipts.issue(gift).newest())
    return found[-1] if found else None


def _enqueue(after: int, run: int) -> None:
    jobs.enqueue(KIND, f"{KIND}:{run}:{after}", {"after": after, "run": run})

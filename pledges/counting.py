"""Signature counter: the newest event holds the total, and the sum of events and the rows prove it (reconciliation)."""

from dataclasses import dataclass

from django.db.models import Max, QuerySet, Sum

from foundation.jobs import queue as jobs
from foundation.prepared import queries
from pledges.models import Pledge, Signature, SignatureEvent


class CountIsWrongError(Exception):
    """The running total, the sum of the events and the rows tell different numbers."""


@dataclass(frozen=True)
class Proof:
    """Reconciliation of the counter: one number, counted three ways."""

    total: int  # the running total, as shown
    steps: int  # sum of the steps of all events
    rows: int  # signatures in state confirmed

    @property
    def holds(self) -> bool:
        return self.total == self.steps == self.rows


def confirmed(pledge: Pledge) -> int:
    """Return the number of confirmed, not withdrawn signatures. One index lookup, however many there are."""
    newest = SignatureEvent.objects.filter(pledge=pledge).order_by("-id").values_list("total", flat=True)
    return newest.first() or 0


def shown(pledge: Pledge) -> int | None:
    """Return the number for pages: None while it is smaller than the threshold that staff set."""
    total = confirmed(pledge)
    return total if total >= pledge.count_from else None


def newest_step() -> int:
    """Return the key of the newest event of all counters: while it is the same, so is each number."""
    newest = queries.first(_newest_first)
    return newest.pk if newest else 0


def lock(pledge_id: int) -> None:
    """Lock the counter of this pledge until the transaction ends, so that its events stand in a row.

    SQLite has one writer at a time anyway. New signatures do not wait for this lock.
    """
    Pledge.objects.select_for_update(no_key=True).get(pk=pledge_id)


def next_number(pledge_id: int) -> int:
    """The number of the next signature. Call under lock(). A number is never reused, not even after withdrawal."""
    newest = Signature.objects.filter(pledge_id=pledge_id).aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


def count(signature: Signature, step: int, why: str, who: str, note: str = "") -> SignatureEvent:
    """Append an event to the counter: `step` is +1 or -1. Call under lock()."""
    return SignatureEvent.objects.create(
        pledge_id=signature.pledge_id,
        signature=signature,
        step=step,
        total=confirmed(signature.pledge) + step,
        why=SignatureEvent.Why(why),
        who=who,
        note=note,
    )


def proof(pledge: Pledge) -> Proof:
    """Count all three ways. Reads every event, so it is not for pages."""
    return Proof(
        total=confirmed(pledge),
        steps=SignatureEvent.objects.filter(pledge=pledge).aggregate(sum=Sum("step"))["sum"] or 0,
        rows=Signature.objects.filter(pledge=pledge).confirmed().count(),
    )


@jobs.every("day")
def check() -> None:
    """Reconcile every counter, daily. A wrong one fails this job, which staff see in the panel."""
    wrong = [f"{pledge.slug}: {found}" for pledge in Pledge.objects.all() if not (found := proof(pledge)).holds]
    if wrong:
        raise CountIsWrongError("; ".join(wrong))


def _newest_first() -> QuerySet[SignatureEvent]:
    return SignatureEvent.objects.order_by("-id")[:1]

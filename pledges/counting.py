"""The count of confirmed signatures: the newest step holds it, and the steps and the rows prove it."""

from dataclasses import dataclass

from django.db.models import Max, Sum

from foundation.jobs import queue as jobs
from pledges.models import Pledge, Signature, SignatureEvent


class CountIsWrongError(Exception):
    """The steps, their totals and the rows tell different numbers."""


@dataclass(frozen=True)
class Proof:
    """Three ways to one number."""

    total: int  # as shown
    steps: int  # sum of all steps
    rows: int  # signatures in state confirmed

    @property
    def holds(self) -> bool:
        return self.total == self.steps == self.rows


def confirmed(pledge: Pledge) -> int:
    """How many have confirmed and not withdrawn. One look into an index, however many there are."""
    newest = SignatureEvent.objects.filter(pledge=pledge).order_by("-id").values_list("total", flat=True)
    return newest.first() or 0


def shown(pledge: Pledge) -> int | None:
    """The number for pages: None while it is smaller than what staff want to show."""
    total = confirmed(pledge)
    return total if total >= pledge.count_from else None


def lock(pledge_id: int) -> None:
    """From here to the end of the transaction nobody else counts for this pledge, so that steps stand in a row.

    SQLite has one writer at a time anyway. New signatures do not wait for this lock.
    """
    Pledge.objects.select_for_update(no_key=True).get(pk=pledge_id)


def next_number(pledge_id: int) -> int:
    """The number of the next signature, under the lock. A number is never given twice, not even after withdrawal."""
    newest = Signature.objects.filter(pledge_id=pledge_id).aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


def count(signature: Signature, step: int, why: str, who: str, note: str = "") -> SignatureEvent:
    """Write a step of the count, under the lock."""
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
    """Count all three ways. Reads every step, so it is not for pages."""
    return Proof(
        total=confirmed(pledge),
        steps=SignatureEvent.objects.filter(pledge=pledge).aggregate(sum=Sum("step"))["sum"] or 0,
        rows=Signature.objects.filter(pledge=pledge).confirmed().count(),
    )


@jobs.every("day")
def check() -> None:
    """Prove every counter. A wrong one fails this job, which staff see in the panel."""
    wrong = [f"{pledge.slug}: {found}" for pledge in Pledge.objects.all() if not (found := proof(pledge)).holds]
    if wrong:
        raise CountIsWrongError("; ".join(wrong))

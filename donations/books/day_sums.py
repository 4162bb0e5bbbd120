"""Sums of giving by day, so that the panel compares months from a few dozen rows and not from a million.

Kept are the ledger entries up to a mark. What is younger is added up when it is asked for, so a sum is never late; the
mark follows the ledger every hour. Ids are given before transactions end: one that ends after the mark went past it
would be missing, so the mark stays ten minutes behind, and each night all is counted anew from the ledger.
"""

import logging
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from donations.models import DaySum, DaySumMark, LedgerEntry
from donations.models.books import LedgerQuerySet
from foundation.jobs import queue as jobs

LAG = timedelta(minutes=10)  # longer than any transaction that books
INCOME = Q(kind__in=[LedgerEntry.Kind.CHARGE, LedgerEntry.Kind.OFFLINE])
log = logging.getLogger(__name__)


class Given(NamedTuple):
    """Giving of a day, or of several: how many gifts, what came in and what went back (zero or less), minor units."""

    gifts: int = 0
    received: int = 0
    returned: int = 0

    def plus(self, other: "Given") -> "Given":
        return Given(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


Key = tuple[bool, date, str]  # livemode, day, currency
NOTHING = Given()


def by_day(first: date, last: date, *more: tuple[date, date]) -> dict[tuple[date, str], Given]:
    """Return what was given by day and currency, from one day of the organisation's calendar to another, both included,
    and in other such spans: of the money that moves now. One statement, so that nobody moves the mark between its
    halves.
    """
    within = Q(*(("day__range", span) for span in [(first, last), *more]), _connector=Q.OR)
    mark = Coalesce(Subquery(DaySumMark.objects.values("through")[:1]), Value(0))
    young = LedgerEntry.objects.counted().filter(within, pk__gt=mark)
    kept = DaySum.objects.counted().filter(within)
    columns = ("livemode", "day", "currency", "gifts", "received", "returned")
    found: dict[tuple[date, str], Given] = {}
    for _live, day, code, *sums in kept.values_list(*columns).union(_summed(young), all=True):
        # PostgreSQL says sums of large integers as decimals
        found[day, code] = found.get((day, code), NOTHING).plus(Given(*map(int, sums)))
    return found


@jobs.every("hour")
def refresh() -> None:
    """Count on to the newest entry that is ten minutes old, and in front of which none is younger."""
    with transaction.atomic():
        mark = _locked()
        behind = LedgerEntry.objects.filter(pk__gt=mark.through)
        young = behind.filter(recorded_at__gte=timezone.now() - LAG).order_by("pk").values_list("pk", flat=True).first()
        through = young - 1 if young else behind.aggregate(newest=Max("pk"))["newest"] or mark.through
        for key, given in _sums(behind.filter(pk__lte=through)).items():
            _write(key, F("gifts") + given.gifts, F("received") + given.received, F("returned") + given.returned)
        mark.through = through
        mark.save(update_fields=["through"])


@jobs.every("day")
def check() -> None:
    """Count all anew from the ledger, and put right what differs. The panel and the log say so."""
    with transaction.atomic():
        mark = _locked()
        true = _sums(LedgerEntry.objects.filter(pk__lte=mark.through))
        kept = {(row.livemode, row.day, row.currency): _given(row) for row in DaySum.objects.all()}
        wrong = sorted(key for key in true.keys() | kept.keys() if true.get(key, NOTHING) != kept.get(key, NOTHING))
        for key in wrong:
            if key in true:
                _write(key, *true[key])
            else:
                DaySum.objects.filter(**_columns(key)).delete()
        mark.checked_at = timezone.now()
        if wrong:
            mark.wrong, mark.wrong_at = len(wrong), mark.checked_at
        mark.save()
    if wrong:
        log.error("Day sums that were not the ledger's, put right: %s", wrong)


def checked() -> DaySumMark | None:
    """The mark with the last check, for the panel; None before the first."""
    return DaySumMark.objects.exclude(checked_at=None).first()


def _locked() -> DaySumMark:
    DaySumMark.objects.get_or_create(pk=1)
    return DaySumMark.objects.select_for_update().get(pk=1)


def _summed(entries: LedgerQuerySet) -> QuerySet[LedgerEntry, Any]:
    """Grouped rows: livemode, day, currency, gifts, received, returned."""
    groups = entries.giving().order_by().values_list("livemode", "day", "currency")
    return groups.annotate(
        count=Count("pk", filter=INCOME),
        came=Coalesce(Sum("amount", filter=INCOME), Value(0)),
        went=Coalesce(Sum("amount", filter=~INCOME), Value(0)),
    )


def _sums(entries: LedgerQuerySet) -> dict[Key, Given]:
    return {(live, day, code): Given(*sums) for live, day, code, *sums in _summed(entries)}


def _given(row: DaySum) -> Given:
    return Given(row.gifts, row.received, row.returned)


def _write(key: Key, gifts: Any, received: Any, returned: Any) -> None:
    """Write one sum: numbers, or expressions that add to those that stand there."""
    row, _made = DaySum.objects.get_or_create(**_columns(key))
    DaySum.objects.filter(pk=row.pk).update(gifts=gifts, received=received, returned=returned)


def _columns(key: Key) -> dict[str, Any]:
    return dict(zip(("livemode", "day", "currency"), key, strict=True))

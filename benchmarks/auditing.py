"""Benchmark of audit_ledger at growing sizes, each ten times the one before, against a bare scan of the ledger."""

from collections.abc import Callable, Iterator

from django.db import connection, transaction

from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from donations.books import audit
from donations.models import Gift, LedgerEntry
from tests.bench import bulk

LEAST = 50  # gifts among which each kind of row stands
SUM = "a bare sum over the ledger"
SCAN = "SELECT count(*), sum(amount), sum(settled) FROM donations_ledgerentry"


def growing(ground: Ground) -> Iterator[Pair]:
    """Books of a hundredth, a tenth and all of the rows that were asked for. Each goes again with its transaction."""
    for count in (ground.rows // 100, ground.rows // 10, ground.rows):
        with transaction.atomic():
            bulk.gifts(max(count, LEAST))
            gifts = Gift.objects.count()
            yield Pair(f"The audit of {gifts:,} gifts", SUM, "gifts", check(gifts), scan(gifts))
            transaction.set_rollback(True)


def check(gifts: int) -> Callable[[], Sample]:
    def check() -> Sample:
        found: list[str] = []
        sample = here(gifts, lambda: found.extend(words for each in audit.CHECKS for words in each()))
        insist(not found, f"The audit found something: {found[:3]}")
        return sample

    return check


def scan(gifts: int) -> Callable[[], Sample]:
    def scan() -> Sample:
        counted: list[int] = []

        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute(SCAN)
                counted.append(cursor.fetchone()[0])

        sample = here(gifts, ask)
        insist(counted == [LedgerEntry.objects.count()], f"The bare sum saw {counted} rows.")
        return sample

    return scan

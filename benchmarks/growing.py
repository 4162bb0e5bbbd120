"""Benchmark of how cost grows with the books: the same work at 10³, 10⁴ … as many gifts, letters and signatures.

All of it runs in this process, in a transaction that takes the books back before larger ones are made. What it is held
against costs the same whatever stands in the books, so that what the ratio loses from one size to the next is growth:
a bare INSERT, and for the audit, whose work is all rows, a bare sum over the ledger.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from benchmarks import auditing
from benchmarks.applying import Batch, apply, bare, batches
from benchmarks.ground import Ground, insist
from benchmarks.measure import Measurement, Pair, Sample, here
from donations.books import day_sums
from donations.models import Gift
from donations.reconcile import unsent
from foundation.jobs import lanes, queue
from foundation.letters import outbox
from pledges import pledging
from pledges.models import PledgeText, Signature
from staff import counting
from supporters.models import Supporter
from tests.bench import crowd
from tests.staff.users import signed_in
from tests.stripe_sandbox.driver import Sandbox

LEAST = 50  # gifts among which each kind of row stands
EACH = 20  # signatures and letters of one measurement
PAGES = 3
INSERTS = 200  # of one measurement of the limit
LISTS = {"gift": "gifts", "ledgerentry": "the ledger", "letter": "letters", "signature": "signatures"}
INSERT = "a bare INSERT"


@dataclass(frozen=True)
class Sized(Pair):
    """A pair at one size of the books: benchmarks/plot.py draws a line for each `work`."""

    work: str
    size: int


def growing(ground: Ground) -> Iterator[Pair]:
    """Books of a thousandth, a hundredth, a tenth and all of the rows that were asked for."""
    stripe = Sandbox.start(Path(ground.folder), port=settings.SANDBOX_PORT)
    try:
        for size in sorted({max(ground.rows // part, LEAST) for part in (1000, 100, 10, 1)}):
            with transaction.atomic():
                for work, unit, limit, ours, other in _at(ground, size, stripe):
                    yield Sized(f"{work}: {size:,}", limit, unit, ours, other, work, size)
                transaction.set_rollback(True)
    finally:
        stripe.stop()


def _at(ground: Ground, size: int, stripe: Sandbox) -> Iterator[tuple[str, str, str, Measurement, Measurement]]:
    _books(size)
    insert = partial(bare, INSERTS, asks=False)
    made = batches(stripe, ground.rounds + 1, ground.paid)
    yield "An event of a gift booked", "events", INSERT, lambda: _book(made, stripe, ground.paid), insert
    staff = signed_in("Administrator", "growth@example.org")
    for name, words in LISTS.items():
        yield f"The list of {words}", "pages", INSERT, _page(staff, f"/admin/{name}/", "/inspect/"), insert
    name = Supporter.objects.filter(email=f"person{LEAST // crowd.GIFTS_EACH}@donor.example").get().name
    yield "A name sought in gifts", "pages", INSERT, _page(staff, f"/admin/gift/?q={name}", "/inspect/"), insert
    yield "The first page of the panel", "pages", INSERT, _as_outside(_page(staff, "/admin/", "staff-days")), insert
    numbers = count()
    yield "A signature of the pledge", "signatures", INSERT, partial(_sign, numbers), insert
    yield "A letter claimed by the worker", "letters", INSERT, partial(_claim, numbers), insert
    gifts = Gift.objects.count()
    yield "The audit, for each gift", "gifts", auditing.SUM, auditing.check(gifts), auditing.scan(gifts)


def _books(size: int) -> None:
    """Write books of that size, and count what the site keeps counted, as hours that passed would have."""
    crowd.books(size, signatures=size)
    day_sums.check()
    unsent.count()
    if connection.vendor == "postgresql":  # as autovacuum does before long
        with connection.cursor() as cursor:
            gin = "FROM pg_class JOIN pg_am ON pg_am.oid = relam WHERE relkind = 'i' AND amname = 'gin'"
            cursor.execute(f"SELECT gin_clean_pending_list(pg_class.oid) {gin}")
            cursor.execute("ANALYZE")


def _book(made: list[Batch], stripe: Sandbox, paid: int) -> Sample:
    return apply(made.pop(), stripe, paid)


def _page(staff: Client, address: str, mark: str) -> Callable[[], Sample]:
    def look() -> Sample:
        answers: list[Any] = []
        ask = partial(staff.get, address, headers={"host": "localhost"})
        sample = here(PAGES, lambda: answers.extend(ask() for _ in range(PAGES)))
        for each in answers:
            shown = each.status_code == 200 and mark in each.content.decode()
            insist(shown, f"{address} answered {each.status_code}, or shows nothing.")
        return sample

    return look


def _as_outside(look: Callable[[], Sample]) -> Callable[[], Sample]:
    """The page keeps nothing inside a transaction, which may have changed what it shows. Ours changes nothing there."""

    def measured() -> Sample:
        with mock.patch.object(counting, "connection", SimpleNamespace(in_atomic_block=False)):
            return look()

    return measured


def _sign(numbers: Iterator[int]) -> Sample:
    text, before = PledgeText.objects.get(pledge__slug="crowd"), Signature.objects.count()
    addresses = [f"grown{next(numbers)}@signer.example" for _ in range(EACH)]

    def sign() -> None:
        for each in addresses:
            pledging.sign(text, name="Grown", email=each, country="US", age=16, letters_wording="", page="/pledge/")

    sample = here(EACH, sign)
    insist(Signature.objects.count() == before + EACH, "Not everybody who signed is there.")
    return sample


def _claim(numbers: Iterator[int]) -> Sample:
    for _ in range(EACH):
        facts = {"before": "before@donor.example", "after": "first@donor.example"}
        outbox.queue(f"grown{next(numbers)}", "address_changed", "first@donor.example", facts)
    found: list[Any] = []
    sample = here(EACH, lambda: found.extend(queue.claim(lanes.of(outbox.PLAIN)) for _ in range(EACH)))
    insist(None not in found and len({job.pk for job in found}) == EACH, "Not every letter was claimed once.")
    return sample

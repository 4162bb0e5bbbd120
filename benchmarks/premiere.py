"""Simulation of a documentary's première: people come by chance, at a rate that does not wait for our answers."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.db import connection

from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample
from benchmarks.people import Person
from donations.models import Gift
from foundation.access.models import TokenBucket
from pledges.models import Signature
from tests.stripe_sandbox.driver import Sandbox

HOUR = {"visit": 100_000, "signature": 20_000, "gift": 5_000}  # how many of each come in an hour
SLICE = 10  # times the seconds of other measurements
PAGES = ("/", "/the-problem/what-is-human-trafficking/")  # what a visitor reads; who signs or gives reads the form
HANDS = 64  # people who are waited for at once, by this client


def premiere(ground: Ground) -> Iterator[Pair]:
    """A ratio of 1: each was answered as they came. Below it the answers fell behind."""
    seconds = ground.seconds * SLICE
    plan = arrivals(seconds, random.Random("première"))
    stripe = Sandbox.start(Path(ground.folder), port=settings.SANDBOX_PORT)

    def come() -> Sample:
        _paid()
        before, cpu = _rows(), ground.site.cpu()
        began = time.perf_counter()
        with ThreadPoolExecutor(HANDS) as hands:
            done = Counter(hands.map(lambda each: _one(ground.site.port, began, *each), plan))
        took = time.perf_counter() - began
        wanted = Counter(kind for _at, kind in plan)
        insist(done == wanted, f"{dict(done)} were answered of {dict(wanted)}.")
        more = [now - then for now, then in zip(_rows(), before, strict=True)]
        insist(more == [wanted["signature"], wanted["gift"]], f"{more} signatures and gifts are kept.")
        return Sample(len(plan), max(took, seconds), ground.site.cpu() - cpu)

    try:
        first = Person(ground.site.port).open("/give/")
        insist(first.insist(first.give) == 303, "No gift can be begun.")
        name = "A première: 100,000 read, 20,000 sign and 5,000 give in an hour"
        yield Pair(name, "as many as come", "people", come, lambda: Sample(len(plan), seconds, 0))
    finally:
        stripe.stop()


def arrivals(seconds: float, chance: random.Random) -> list[tuple[float, str]]:
    """Return who comes when, in seconds from the beginning: a Poisson process, at least one of each kind."""
    plan = [(0.0, kind) for kind in HOUR]
    for kind, count in HOUR.items():
        at = chance.expovariate(count / 3600)
        while at < seconds:
            plan.append((at, kind))
            at += chance.expovariate(count / 3600)
    return sorted(plan)


def _one(port: int, began: float, at: float, kind: str) -> str:
    """Somebody comes when it is their time. Returns what they have done."""
    time.sleep(max(0.0, began + at - time.perf_counter()))
    person = Person(port)
    if kind == "visit":
        for page in PAGES:
            person.open(page)
        return kind
    person.open("/pledge/" if kind == "signature" else "/give/")
    status = person.insist(person.sign if kind == "signature" else person.give)
    insist(status == (302 if kind == "signature" else 303), f"A {kind} was answered {status}.")
    if kind == "gift":
        _paid()
    return kind


def _paid() -> None:
    """Nobody pays here: who does gives their place back, and of pages that nobody paid only forty are begun at once
    before browsers are asked for a calculation (docs/card-testing.md), which this client could not do for all of them.
    """
    TokenBucket.objects.all().delete()
    connection.close()  # of this person's thread


def _rows() -> tuple[int, int]:
    return Signature.objects.count(), Gift.objects.exclude(session_id=None).count()

"""Benchmarks of a slow and of a hanging Stripe: what it costs those who do not need it, and what a gift adds to it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings

from benchmarks import applying, asking
from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample
from benchmarks.people import Person
from donations.models import Gift
from foundation.access.models import TokenBucket
from tests.stripe_sandbox.driver import Sandbox

DONORS, READERS = 16, 48
TAKES = 2.0  # seconds of a slow Stripe
PAGE, THANKS, SESSIONS = "/", "/give/thanks/", "/v1/checkout/sessions"
FORM = "application/x-www-form-urlencoded"
ALONE = "the same while nobody waits"


def on_stripe(ground: Ground) -> Iterator[Pair]:
    stripe = Sandbox.start(Path(ground.folder), port=settings.SANDBOX_PORT)
    port = ground.site.port

    def read() -> Sample:
        return ground.site.samples(lambda: asking.request(port, PAGE), ground.seconds, busy=True)

    def begin() -> Sample:
        donor, cpu, began = _donors(port, 1)[0], ground.site.cpu(), time.perf_counter()
        status = donor.insist(donor.give)
        took = time.perf_counter() - began
        insist(status == 303 and took >= TAKES, f"A gift was begun with {status} in {took:.1f} s.")
        return Sample(1, took, ground.site.cpu() - cpu)

    def while_donors_wait() -> Sample:
        told: Counter[int] = Counter()
        with _crowd(lambda donor, stop: told.update([donor.give()]), _donors(port, DONORS)):
            sample = read()
        insist(set(told) <= {303, 503}, f"Donors were answered {dict(told)}.")
        return sample

    def while_thanks_hang() -> Sample:
        session = Gift.objects.exclude(session_id=None).latest("pk").session_id
        with _crowd(lambda reader, stop: _look(reader, session, stop), [Person(port) for _ in range(READERS)]):
            return read()

    try:
        first = _donors(port, 1)[0]  # what is asked once for an account is known after it
        insist(first.insist(first.give) == 303, "No gift can be begun.")
        stripe.fault("slow", seconds=TAKES, path=SESSIONS, method="POST")
        yield Pair(f"A gift begun while Stripe takes {TAKES:.0f} s", "Stripe's answer alone", "gifts", begin, _bare)
        name = f"The front page while {DONORS} donors wait for Stripe"
        yield Pair(name, ALONE, "pages", while_donors_wait, read)
        stripe.calm()
        stripe.fault("slow", seconds=60, path=f"{SESSIONS}/*", method="GET")
        name = f"The front page while {READERS} look at their thanks and Stripe hangs"
        yield Pair(name, ALONE, "pages", while_thanks_hang, read)
    finally:
        stripe.stop()


def _donors(port: int, count: int) -> list[Person]:
    """New donors with the giving page open. Nobody of them pays: what limits that is emptied for each crowd."""
    TokenBucket.objects.all().delete()
    return [Person(port).open("/give/") for _ in range(count)]


def _look(reader: Person, session: str | None, stop: threading.Event) -> None:
    """A page of thanks that is not sure yet asks to be looked at again in three seconds."""
    while not stop.is_set():
        reader.open(f"{THANKS}?session={session}")
        stop.wait(3)


@contextmanager
def _crowd(does: Callable[[Person, threading.Event], None], people: list[Person]) -> Iterator[None]:
    """People who are all under way before this begins, and done when it ends."""
    stop, ready = threading.Event(), threading.Barrier(len(people) + 1)

    def one(person: Person) -> None:
        ready.wait()
        does(person, stop)

    with ThreadPoolExecutor(len(people)) as threads:
        done = [threads.submit(one, person) for person in people]
        ready.wait()
        try:
            yield
        finally:
            stop.set()
        for each in done:
            each.result()


def _bare() -> Sample:
    """Ask the offline Stripe for a page as slowly, and for nothing in particular: it refuses after it has waited."""
    line = HTTPConnection("127.0.0.1", settings.SANDBOX_PORT, timeout=60)
    began = time.perf_counter()
    line.request("POST", SESSIONS, "mode=payment", headers={**applying.headers(), "Content-Type": FORM})
    line.getresponse().read()
    took = time.perf_counter() - began
    line.close()
    insist(took >= TAKES, f"Stripe took {took:.1f} s.")
    return Sample(1, took, 0)

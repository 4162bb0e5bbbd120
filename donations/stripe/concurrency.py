"""Concurrency limit (semaphore) for all that web requests ask of Stripe: so many at once; the others are told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.cache import cache

from donations.stripe import throttle
from donations.stripe.errors import FullError, StripeIsDownError, StripeRefusedError, TooOftenError
from foundation.access import ratelimit
from foundation.jobs import queue as jobs

# Of the web server's threads (config/processes.py): with those that wait for slow bodies (config/slow_bodies.py) a
# third at most, however slow Stripe is. A request that finds no free slot is told so at once; a slot that is waited for
# would hold a thread as well.
SLOTS = 8
VISIT = 20.0  # seconds for all calls of one request together
BRIEF = 2.0  # seconds for those of a page that only reads
BRIEF_VISITS = 30  # about one gift, in a minute: a page that refreshes itself does so every third second at most
ASKS = (20, 600)  # rate limit (count, seconds) of a gift: a double click, a person who comes back; not 300 times
VAIN, PAUSE = 3, 5.0  # reads in a row that waited BRIEF for nothing, and seconds between two after that

_slots = threading.BoundedSemaphore(SLOTS)
_inside: ContextVar[bool] = ContextVar("donations_gate_inside", default=False)


class Breaker:
    """Circuit breaker for pages that only read: while Stripe hangs, one of them asks now and then whether it answers
    again; the others say at once what they would say after two seconds.
    """

    def __init__(self) -> None:
        self.vain, self.next = 0, 0.0
        self.changing = threading.Lock()

    def may_ask(self) -> bool:
        now = time.monotonic()
        with self.changing:
            if self.vain < VAIN:
                return True
            if now < self.next:
                return False
            self.next = now + PAUSE
            return True

    @contextmanager
    def watching(self, seconds: float) -> Iterator[None]:
        """Context manager: see whether Stripe answers within so many seconds. That it refuses is an answer."""
        began = time.monotonic()
        try:
            yield
        except FullError:
            raise
        except StripeIsDownError:
            with self.changing:
                if time.monotonic() - began >= seconds:
                    self.vain, self.next = self.vain + 1, time.monotonic() + PAUSE
            raise
        except StripeRefusedError:
            self.vain = 0
            raise
        self.vain = 0


_breaker = Breaker()


@contextmanager
def slot() -> Iterator[None]:
    """Context manager: one slot of the semaphore, around each call to Stripe (client.InTime). Raises FullError. A job
    needs none: it holds no thread of the web server.
    """
    if _inside.get() or jobs.at_work():
        yield
        return
    if not _slots.acquire(blocking=False):
        raise FullError("Too many people wait for Stripe at once.")
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
        _slots.release()


@contextmanager
def visit(about: str, seconds: float = VISIT) -> Iterator[None]:
    """Context manager: a web request calls Stripe about one gift, by its name here. One slot for all its calls, and a
    deadline of so many seconds. Raises FullError, and TooOftenError where it asks again and again (rate limit).
    """
    with slot():
        if not ratelimit.allow("ask Stripe about", about, *ASKS):
            raise TooOftenError("The same was asked many times in a row.")
        with throttle.until(time.monotonic() + seconds):
            yield


@contextmanager
def brief_visit(about: str) -> Iterator[None]:
    """The same for a page that only reads, and so writes nothing: each process counts the rate limit for itself, and
    few wait while Stripe hangs (FullError).
    """
    with slot():
        if _brief_visits(about) > BRIEF_VISITS:
            raise TooOftenError("The same was looked at many times in a row.")
        if not _breaker.may_ask():
            raise FullError("Stripe did not answer those who asked before.")
        with _breaker.watching(BRIEF), throttle.until(time.monotonic() + BRIEF):
            yield


def _brief_visits(about: str) -> int:
    key = f"donations-gate-{about}"
    cache.add(key, 0, 60)
    try:
        return cache.incr(key)
    except ValueError:  # the minute ended between the two
        return 1

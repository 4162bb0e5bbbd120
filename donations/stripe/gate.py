"""One gate in front of Stripe for all that people's requests ask of it: so many at once; the others are told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.cache import cache

from donations.stripe import pace
from donations.stripe.errors import FullError, TooOftenError
from foundation.doors import limits
from foundation.jobs import queue as jobs

# The web server has twice as many threads (config/serve): however slow Stripe is, a page about help has one to answer
# it. Whoever finds no place is told so at once; a place that is waited for would hold a thread as well.
PLACES = 12
VISIT = 20.0  # seconds for all calls of one request together
LOOK = 2.0  # seconds for those of a page that only looks
LOOKS = 30  # about one gift, in a minute: a page that looks again by itself does so every third second at most
ASKS = (20, 600)  # about one gift: a double click asks, and a person who comes back; not who sends a form 300 times

_places = threading.BoundedSemaphore(PLACES)
_inside: ContextVar[bool] = ContextVar("donations_gate_inside", default=False)


@contextmanager
def place() -> Iterator[None]:
    """Each call to Stripe is made in here (gateway.InTime). Raises FullError. A job needs none: it holds no thread."""
    if _inside.get() or jobs.at_work():
        yield
        return
    if not _places.acquire(blocking=False):
        raise FullError("Too many people wait for Stripe at once.")
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
        _places.release()


@contextmanager
def visit(about: str, seconds: float = VISIT) -> Iterator[None]:
    """In here a person's request asks Stripe about one gift of theirs, by its name here: one place for all its calls,
    which are over in time. Raises FullError, and TooOftenError where it asks again and again.
    """
    with place():
        if not limits.allow("ask Stripe about", about, *ASKS):
            raise TooOftenError("The same was asked many times in a row.")
        with pace.until(time.monotonic() + seconds):
            yield


@contextmanager
def look(about: str) -> Iterator[None]:
    """The same for a page that only looks, and so writes nothing: each process counts for itself."""
    with place():
        if _looks(about) > LOOKS:
            raise TooOftenError("The same was looked at many times in a row.")
        with pace.until(time.monotonic() + LOOK):
            yield


def _looks(about: str) -> int:
    key = f"donations-gate-{about}"
    cache.add(key, 0, 60)
    try:
        return cache.incr(key)
    except ValueError:  # the minute ended between the two
        return 1

"""Throttle of calls in a long run, evenly and far below Stripe's rate limit; and the deadline of calls for a page."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from foundation.jobs import queue as jobs

CALLS = 10  # in any second. Stripe allows 25 on a test account; two runs at once stay below that
SECOND = 1.0

_made: ContextVar[deque[float] | None] = ContextVar("donations_pace", default=None)
_ends: ContextVar[float | None] = ContextVar("donations_ends", default=None)


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Context manager: a deadline (`time.monotonic`) for calls with all retries, while somebody waits for a page."""
    token = _ends.set(moment)
    try:
        yield
    finally:
        _ends.reset(token)


def budget(usual: float) -> float:
    """Seconds left for the call that begins now; below zero when there are none left."""
    ends = _ends.get()
    return usual if ends is None else min(usual, ends - time.monotonic())


@contextmanager
def limited() -> Iterator[None]:
    """Context manager: throttle this thread to CALLS calls in any second. Outside, calls go out at once."""
    token = _made.set(deque(maxlen=CALLS))
    try:
        yield
    finally:
        _made.reset(token)


def wait() -> None:
    """Call it before each API call: extend the job's lease, and wait until the tenth call before it is a second old."""
    jobs.extend_lease()
    made = _made.get()
    if made is None:
        return
    if len(made) == CALLS and (left := made[0] + SECOND - time.monotonic()) > 0:
        time.sleep(left)
    made.append(time.monotonic())

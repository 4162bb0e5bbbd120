"""Prefetched objects: what a list of Stripe's brought already, so that a long run does not fetch each by itself.

Kept for one run in one thread, never longer: outside of `reading` every object is fetched anew.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone


class Prefetched:
    """Prefetched objects by id, the invoice of each payment intent, and when the first was asked for (UTC)."""

    def __init__(self) -> None:
        self.began = timezone.now()
        self.things: dict[str, dict[str, Any]] = {}
        self.invoices: dict[str, str] = {}


SKEW = timedelta(minutes=1)  # clock skew: by it the clocks of our processes may differ unnoticed

_read: ContextVar[Prefetched | None] = ContextVar("donations_ahead", default=None)


@contextmanager
def reading() -> Iterator[Prefetched]:
    """Context manager: inside, what is put in here is not fetched again."""
    ahead = Prefetched()
    token = _read.set(ahead)
    try:
        yield ahead
    finally:
        _read.reset(token)


def keep(thing: Any) -> None:
    """Keep an object that came whole inside of another one; a bare id is left alone, and so is all outside of
    `reading`.
    """
    ahead = _read.get()
    if ahead and isinstance(thing, Mapping):
        ahead.things[thing["id"]] = dict(thing)


def known(ident: str) -> Mapping[str, Any] | None:
    ahead = _read.get()
    return ahead.things.get(ident) if ahead else None


def invoice_of(intent: str) -> str:
    ahead = _read.get()
    return ahead.invoices.get(intent, "") if ahead else ""


def as_of() -> datetime:
    """When the fetch began (UTC): now, or when a list was read whose objects are used. A row shows nothing newer."""
    ahead = _read.get()
    return ahead.began if ahead else timezone.now()


def overtaken(row: datetime, as_of: datetime) -> bool:
    """Whether a fetch is stale: the row, as it was at its own `as_of`, is newer than the fetch that began at the other
    one.

    A row from the future was written by a process whose clock is ahead, or is read by one whose clock is behind (clock
    skew): it is not believed, or what happens until then would stay hidden.
    """
    return as_of <= row <= timezone.now() + SKEW

"""What a job has synced besides what it was asked for: events that point there say nothing that it has not read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from donations.letters.outcomes import Tell

Step = Callable[[str, Tell], str]
Covered = set[tuple[Step, str]]

_noted: ContextVar[Covered | None] = ContextVar("donations_covered", default=None)


@contextmanager
def noting() -> Iterator[Covered]:
    """Context manager: inside, `note` adds to the set that it gives."""
    found: Covered = set()
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note(step: Step, ident: str) -> None:
    """Note that all that this step would do for that object is done: it was read at Stripe by this job, and booked."""
    found = _noted.get()
    if found is not None and ident:
        found.add((step, ident))

"""What a worker still has to say of a job: changes of its row that a broken connection kept from being written, or may
have. Until they are, the job is nobody's for the rest of its lease, and everything behind it in its group waits.
"""

from contextvars import ContextVar
from typing import Any, NamedTuple

from django.db import Error

from foundation.jobs.models import Job
from foundation.prepared import commands, once_more


class Change(NamedTuple):
    """A change of the row that still stands as we left it. Written twice it does nothing the second time."""

    where: dict[str, Any]
    to: dict[str, Any]


_owed: ContextVar[list[Change] | None] = ContextVar("foundation_jobs_owed", default=None)


def keep() -> None:
    """Keep from now on what this thread owes. Whoever says so calls `pay` before its next claim."""
    _owed.set([])


def note(change: Change) -> None:
    """Keep a change for later, in a thread that says it pays; in another one nobody would."""
    if (owed := _owed.get()) is not None:
        owed.append(change)


def write(change: Change) -> None:
    """Write a change, or owe it. Raises what the database raises."""
    try:
        once_more.on_a_new_connection(lambda: commands.change(Job, change.where, change.to))
    except Error:
        note(change)
        raise


def pay() -> None:
    """Write what is owed. Raises what the database raises; what is not written then is still owed."""
    owed = _owed.get()
    while owed:
        commands.change(Job, owed[0].where, owed[0].to)
        owed.pop(0)

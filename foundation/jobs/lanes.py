"""Lanes of the queue: jobs of one never wait behind those of another. Each worker has a thread for each lane at least.

Which kind of job runs in which lane is said where its handler is registered; the lane stands on the job as well, so
that whoever claims one asks an index and looks at no job of another lane (D-217).
"""

from collections.abc import Callable

MAIN = "main"  # money first of all, and all else that takes moments
PEOPLE = "people"  # what somebody waits for in front of a page, or of their mailbox
PERIODIC = "periodic"  # what is due by the clock, comparisons with Stripe among it, which may take hours
SLOW = "slow"  # runs over very many rows, and drawings: nobody waits for them
LANES: dict[str, str] = {}  # lane by kind of job, of those that are not in the main one
CLOSED: dict[str, Callable[[], bool]] = {}


def of(kind: str) -> str:
    """Return the lane of jobs of that kind."""
    return LANES.get(kind, MAIN)


def lanes() -> list[str]:
    """Return all lanes, the main one first."""
    return [MAIN, *sorted(set(LANES.values()))]


def kinds(lane: str) -> list[str]:
    """Return the kinds of job that were put into a lane beside the main one."""
    return [kind for kind, its in LANES.items() if its == lane]


def close_lane(lane: str, closed: Callable[[], bool]) -> None:
    """Close a lane while `closed` says so: its jobs stay in the queue, however many they are."""
    CLOSED[lane] = closed


def closed(lane: str) -> list[str]:
    """Return the lanes that are closed now, of the one named ("" means all). Lanes that one function closes ask it
    once.
    """
    asked = {each: is_closed for each, is_closed in CLOSED.items() if lane in ("", each)}
    answers = {is_closed: is_closed() for is_closed in set(asked.values())}
    return [each for each, is_closed in asked.items() if answers[is_closed]]

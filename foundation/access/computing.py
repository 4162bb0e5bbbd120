"""Turns to compute, and a pace for it: whoever reads a kept page does not stand in line behind whoever renders one.

Python runs one thread at a time. Twenty that render let a reader, who needs a fraction of a millisecond, wait for
twenty others, and finish no earlier for it. So few compute at once, and where many read, those few leave them most of
the time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from foundation.access.slots import Slots

SHARE = 5.0  # for each second computed while many read, so many that readers have for themselves: they keep four fifths
HOT = 3  # pages read since the last question to the database, a few milliseconds ago: many read
NAP, NAPS = 0.1, 2.0  # seconds that one waits for readers at a time, and in all: then they have been waited for enough


class Pace:
    """What all threads of a process compute together. `reads`: how many kept pages were answered so far."""

    def __init__(self, reads: Callable[[], int]) -> None:
        self.reads = reads
        self.free_at = 0.0  # time.monotonic()
        self.changing = threading.Lock()

    def spent(self, cpu: float) -> None:
        """Somebody has computed for so many seconds."""
        with self.changing:
            self.free_at = max(self.free_at, time.monotonic()) + cpu * SHARE

    def left(self) -> float:
        """Seconds that belong to readers."""
        return self.free_at - time.monotonic()


class Turn:
    """The turn of one request. Courtesy and no lock: where those who hold the turns do not move on, because they wait
    for the database or write a long file, the others go on without one.
    """

    def __init__(self, turns: Slots, pace: Pace) -> None:
        self.turns, self.pace, self.held, self.napped = turns, pace, False, 0.0
        self.told, self.cpu = pace.reads(), time.thread_time()

    def take(self) -> None:
        self.held = self.turns.enter()
        self._nap()

    def give_back(self) -> None:
        self._count()
        if self.held:
            self.held = False
            self.turns.leave()

    def ask(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Ask the database, after readers had their time: Django's `execute_wrapper`. Nobody naps in a transaction,
        which others wait for.
        """
        if not context["connection"].in_atomic_block:
            self._count()
            self._nap()
        return execute(sql, params, many, context)

    def _count(self) -> None:
        told, cpu = self.pace.reads(), time.thread_time()
        if told - self.told >= HOT:
            self.pace.spent(cpu - self.cpu)
        self.told, self.cpu = told, cpu

    def _nap(self) -> None:
        left = min(self.pace.left(), NAP)
        if left > 0 and self.napped < NAPS:
            self.napped += left
            time.sleep(left)
            self.told = self.pace.reads()


_turn: ContextVar[Turn | None] = ContextVar("computing_turn", default=None)


@contextmanager
def in_turn(turns: Slots, pace: Pace) -> Iterator[Turn]:
    """Context manager: compute when it is this thread's turn."""
    turn = Turn(turns, pace)
    token = _turn.set(turn)
    turn.take()
    try:
        yield turn
    finally:
        turn.give_back()
        _turn.reset(token)


@contextmanager
def others_turn() -> Iterator[None]:
    """Context manager: this thread waits for somebody outside of this site; others compute meanwhile."""
    turn = _turn.get()
    if turn is None:
        yield
        return
    turn.give_back()
    try:
        yield
    finally:
        turn.take()

"""Turns to compute: few threads of a process want Python at once, so that readers of kept pages are not far behind.

Python runs one thread at a time. Twenty that render a page each let a reader, who needs a fraction of a millisecond,
wait for twenty others; they finish no earlier for it. Whoever waits for Stripe computes nothing and gives the turn back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from foundation.access.slots import Slots


class Turn:
    """The turn of one request. Courtesy and no lock: where those who hold the turns do not move on, because they wait
    for the database or write a long file, the others go on without one.
    """

    def __init__(self, turns: Slots) -> None:
        self.turns, self.held = turns, False

    def take(self) -> None:
        self.held = self.turns.enter()

    def give_back(self) -> None:
        if self.held:
            self.held = False
            self.turns.leave()


_turn: ContextVar[Turn | None] = ContextVar("computing_turn", default=None)


@contextmanager
def in_turn(turns: Slots) -> Iterator[None]:
    """Context manager: compute when it is this thread's turn."""
    turn = Turn(turns)
    token = _turn.set(turn)
    turn.take()
    try:
        yield
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

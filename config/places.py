"""So many at once: whoever finds no place waits while others move, and is told so once nobody does."""

import time
from threading import Condition


class Places:
    """`stuck`: all places are taken and none was taken or left for so many seconds; who comes now is refused at once.
    Before that one waits, `longest` at most: a crowd passes in moments.
    """

    def __init__(self, count: int, stuck: float, longest: float) -> None:
        self.free, self.stuck, self.longest = count, stuck, longest
        self.moved = time.monotonic()
        self.changed = Condition()

    def enter(self) -> bool:
        until = time.monotonic() + self.longest
        with self.changed:
            while not self.free:
                rest = min(until, self.moved + self.stuck) - time.monotonic()
                if rest <= 0:
                    return False
                self.changed.wait(rest)
            self._move(-1)
            return True

    def leave(self) -> None:
        with self.changed:
            self._move(+1)
            self.changed.notify()

    def _move(self, step: int) -> None:
        self.free += step
        self.moved = time.monotonic()

"""So many at once: whoever finds no place waits in line while others move, and is told so once nobody does."""

import time
from collections import deque
from threading import Condition


class Places:
    """`stuck`: all places are taken and none was taken or left for so many seconds; who comes now is refused at once.
    Before that one waits, `longest` at most: a crowd passes in moments.
    """

    def __init__(self, count: int, stuck: float, longest: float) -> None:
        self.free, self.stuck, self.longest = count, stuck, longest
        self.moved = time.monotonic()
        self.changed = Condition()
        self.line: deque[object] = deque()  # a thread that is done comes back at once, and would always be first

    def enter(self) -> bool:
        until, mine = time.monotonic() + self.longest, object()
        with self.changed:
            self.line.append(mine)
            try:
                while not self.free or self.line[0] is not mine:
                    rest = min(until, self.moved + self.stuck) - time.monotonic()
                    if rest <= 0:
                        return False
                    self.changed.wait(rest)
                self._move(-1)
                return True
            finally:
                self.line.remove(mine)
                self.changed.notify_all()

    def leave(self) -> None:
        with self.changed:
            self._move(+1)
            self.changed.notify_all()

    def _move(self, step: int) -> None:
        self.free += step
        self.moved = time.monotonic()

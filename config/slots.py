"""A semaphore with a fair queue: a concurrency limit that refuses at once when no slot was freed for a while."""

import time
from collections import deque
from threading import Condition


class Slots:
    """A concurrency limit of `count` slots. `stuck`: when all slots are taken and none was taken or freed for so many
    seconds, a new request is refused at once. Before that one waits, `longest` seconds at most: a crowd passes in
    moments.
    """

    def __init__(self, count: int, stuck: float, longest: float) -> None:
        self.free, self.stuck, self.longest = count, stuck, longest
        self.moved = time.monotonic()
        self.changed = Condition()
        self.line: deque[object] = deque()  # FIFO: a thread that comes back at once would always be first

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

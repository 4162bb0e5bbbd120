"""A semaphore with a fair queue: a concurrency limit that refuses at once when no slot was freed for a while."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock


class Slots:
    """A concurrency limit of `count` slots. `stuck`: when all slots are taken and none was taken or freed for so many
    seconds, a new request is refused at once. Before that one waits, `longest` seconds at most: a crowd passes in
    moments.
    """

    def __init__(self, count: int, stuck: float, longest: float) -> None:
        self.free, self.stuck, self.longest = count, stuck, longest
        self.moved = time.monotonic()
        self.changing = Lock()
        self.line: deque[Event] = deque()  # FIFO: a thread that comes back at once would always be first

    def enter(self, first: bool = False) -> bool:
        """Take a slot, or hear that there is none. `first`: before all who wait."""
        until, called = time.monotonic() + self.longest, Event()
        with self.changing:
            if self.free:  # then nobody waits
                self.free -= 1
                self.moved = time.monotonic()
                return True
            self.line.insert(0 if first else len(self.line), called)
        while (rest := min(until, self.moved + self.stuck) - time.monotonic()) > 0:
            if called.wait(rest):
                return True
        with self.changing:
            if called.is_set():  # in this moment
                return True
            self.line.remove(called)
            return False

    def leave(self) -> None:
        """Hand the slot to the first who waits. It alone is woken: forty who look whether it is their turn all want
        Python at once, and take it from readers.
        """
        with self.changing:
            self.moved = time.monotonic()
            if self.line:
                self.line.popleft().set()
            else:
                self.free += 1

    @contextmanager
    def courtesy(self) -> Iterator[None]:
        """Context manager: with a slot, or without one where those who hold them do not move on."""
        held = self.enter()
        try:
            yield
        finally:
            if held:
                self.leave()

"""The publish generation: raised when readers must see something new, and watched by every process that keeps pages."""

import logging
import math
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F

from foundation.page_store.models import Generation

log = logging.getLogger(__name__)
PERIOD = 0.4  # seconds between two looks: what is published is read within a second, on every process and host
LATE = 3.0  # seconds without an answer, after which the database counts as down
ROW = 1


def raise_it() -> None:
    """Make every kept page old, once the running transaction is committed; at once where there is none."""
    connection = transaction.get_connection()
    if connection.in_atomic_block and any(_raise is each[1] for each in connection.run_on_commit):
        return  # a transaction that saves a hundred rows raises it once
    transaction.on_commit(_raise, robust=True)


def current() -> int:
    """Ask the database. Raises DatabaseError."""
    return Generation.objects.filter(pk=ROW).values_list("number", flat=True).first() or 0


def _raise() -> None:
    row = Generation.objects.filter(pk=ROW)
    if not row.update(number=F("number") + 1):
        Generation.objects.get_or_create(pk=ROW)
        row.update(number=F("number") + 1)


class Watch:
    """The generation as this process knows it, by a thread that asks for it twice a second and more.

    `number` is None until the database has answered once. A thread, because asking at each request would make the
    database the limit of what is kept to do without it; and because it may hang.
    """

    def __init__(self, ask: Callable[[], int] = current, period: float = PERIOD) -> None:
        self.ask, self.period = ask, period
        self.number: int | None = None
        self.changed = self.answered = -math.inf  # time.monotonic()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def start(self) -> None:
        """Start the thread, once. Not before the first request: a server may fork after it has read this module."""
        with self._starting:
            if self._thread is None:
                self.look()
                self._thread = threading.Thread(target=self._run, daemon=True, name="publish generation")
                self._thread.start()

    @property
    def started(self) -> bool:
        return self._thread is not None

    def is_down(self) -> bool:
        """Whether the database has not answered for a while: nothing can be made anew."""
        return time.monotonic() - self.answered > LATE

    def look(self) -> None:
        try:
            number = self.ask()
        except DatabaseError as error:
            log.debug("the generation is not known: %s", error)
            return
        self.answered = time.monotonic()
        if number != self.number:
            self.number, self.changed = number, self.answered

    def _run(self) -> None:
        while True:
            time.sleep(self.period)
            close_old_connections()  # a connection that broke is opened anew
            self.look()

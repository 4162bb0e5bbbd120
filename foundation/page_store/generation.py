"""The publish generation: raised when readers must see something new, and watched by every process that keeps pages."""

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from django.db import close_old_connections, transaction
from django.db.models import F

from foundation.page_store.models import Generation

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)
PERIOD = 0.4  # seconds between two looks: what is published is read within a second, on every process and host
LATE = 3.0  # seconds without an answer, after which the database counts as down
ROW = 1
MOST = 8  # requests of a process that may ask at once, and hang with a database that hangs


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

    `generation` is empty until the database has answered once; `edition` is a part of it: what pages are made of beside
    the database. A thread, because asking at each request would make the database the limit of what is kept to do
    without it; and because it may hang. `apart` runs what is asked for one request (`asks`), in a thread that has a
    connection anyway: those of the server are many.
    """

    def __init__(
        self,
        ask: Callable[[], int] = current,
        period: float = PERIOD,
        edition: str = "",
        apart: Callable[[Callable[[], Any]], Any] = lambda what: what(),
    ) -> None:
        self.ask, self.period, self.edition, self.apart = ask, period, edition, apart
        self.generation = ""
        self.changed = self.answered = -math.inf  # time.monotonic()
        self._began = 0.0
        self._looked = threading.Event()
        self._starting = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST)

    def start(self) -> None:
        """Start the thread, once, and wait a moment for its first look. Not before the first request: a server may fork
        after it has read this module.
        """
        if self._looked.is_set():
            return
        with self._starting:
            if not self._began:
                self._began = time.monotonic()
                threading.Thread(target=self._run, daemon=True, name="publish generation").start()
        self._looked.wait(max(0.0, self._began + LATE - time.monotonic()))

    def is_down(self) -> bool:
        """Whether the database has not answered for a while: nothing can be made anew. Not before the first request."""
        return bool(self._began or self.generation) and time.monotonic() - self.answered > LATE

    def now(self) -> str:
        """The generation by asking now, for one request. Empty: not known, or too many ask already."""
        return self.asks(lambda: f"{self.edition}:{self.ask()}") or ""

    def asks(self, what: Callable[[], Answer]) -> Answer | None:
        """Ask the database something in front of the application, where nothing else sees to its connections, nor to it
        that what hangs never holds every thread. None: it does not answer, or too many ask already.
        """
        if not self._places.acquire(blocking=False):
            return None
        try:
            return cast(Answer, self.apart(lambda: _asked(what)))
        except Exception as error:  # whatever it is: the application finds out, and says so
            log.debug("nothing was answered: %s", error)
            return None
        finally:
            self._places.release()

    def look(self) -> bool:
        """Ask now. Whether there was an answer."""
        try:
            generation = f"{self.edition}:{self.ask()}"
        except Exception as error:  # whatever it is: the thread asks again, and until then the database counts as down
            log.debug("the generation is not known: %s", error)
            return False
        self.answered = time.monotonic()
        if generation != self.generation:
            self.changed = self.answered if self.generation else -math.inf  # what was before a start is long over
            self.generation = generation
        return True

    def _run(self) -> None:
        while True:
            self.look()
            self._looked.set()
            time.sleep(self.period)
            with suppress(Exception):  # a connection that broke is opened anew; the thread never ends
                close_old_connections()


def _asked(what: Callable[[], Answer]) -> Answer:
    close_old_connections()
    return what()

"""A connection pool: threads of the web server borrow a database connection for a request.

Those threads are many, so that a reader of a kept page finds one, whoever waits. By itself each that came into Django
would keep a connection of its own, with its caches. psycopg's pool, which Django knows, is for PostgreSQL alone.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import Context
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone, translation

from foundation.access import computing
from foundation.access.slots import Slots
from foundation.page_store.front import FOR_ALL, Application, Environ, Start

TURNS = 2
STUCK, LONGEST = 0.5, 10.0  # seconds, see Turn: rendering takes some hundredths
IDLE = 60.0  # seconds after which a connection that nobody wants is closed


Told = tuple[tuple[Any, ...], Iterable[bytes]]


class Pool:
    """Connections that nobody uses just now. As many are open as were used at once: whoever calls limits those."""

    def __init__(self, idle: float = IDLE) -> None:
        self.idle_for = idle
        self.idle: list[tuple[float, BaseDatabaseWrapper]] = []  # the last that came back goes first: the others end
        self.changing = threading.Lock()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Context manager: this thread has one of them, whatever it had before."""
        before = {each.alias: each for each in connections.all(initialized_only=True)}.get(DEFAULT_DB_ALIAS)
        with self.changing:
            ours = self.idle.pop()[1] if self.idle else None
        if ours is None:
            ours = connections.create_connection(DEFAULT_DB_ALIAS)
            ours.inc_thread_sharing()  # from one thread to the next, never two at once
        connections[DEFAULT_DB_ALIAS] = ours
        try:
            yield
        finally:
            if before is None:
                del connections[DEFAULT_DB_ALIAS]
            else:
                connections[DEFAULT_DB_ALIAS] = before
            self._take_back(ours)

    def _take_back(self, ours: BaseDatabaseWrapper) -> None:
        now, old = time.monotonic(), []
        with self.changing:
            self.idle.append((now, ours))
            while self.idle[0][0] < now - self.idle_for:
                old.append(self.idle.pop(0)[1])
        for each in old:
            each.close()


class Pooled:
    """Call the application with a connection of the pool, each request in a context of its own. `reads`: how many kept
    pages this process has answered. `short`: addresses that render nothing and wait for a commit; they take no turn to
    compute. On SQLite, where commits come one after another, so do these: with one connection, whose cache holds; each
    that another connection commits makes it read anew.
    """

    def __init__(
        self,
        application: Application,
        reads: Callable[[], int] = lambda: 0,
        short: Collection[str] = (),
        pool: Pool | None = None,
    ) -> None:
        self.application, self.short, self.pool = application, short, pool or Pool()
        self.turns, self.pace = Slots(TURNS, STUCK, LONGEST), computing.Pace(reads)
        self.commits = Slots(1, STUCK, LONGEST) if connection.vendor == "sqlite" else None

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        said, answer = Context().run(self._in_turn, environ)
        start(*said)
        return answer

    def run(self, call: Callable[[], Any]) -> Any:
        """What the call returns or raises. What it leaves in its context goes with it."""
        with self.pool.lent():
            return Context().run(call)

    def _in_turn(self, environ: Environ) -> Told:
        """First the turn, then the connection: so the same few are used all the time, and their caches hold."""
        with ExitStack() as stack:
            turn = None
            if environ["PATH_INFO"] in self.short:
                if self.commits:
                    stack.enter_context(self.commits.courtesy())
            elif FOR_ALL not in environ:
                turn = stack.enter_context(computing.in_turn(self.turns, self.pace))
            stack.enter_context(self.pool.lent())
            if turn:
                stack.enter_context(connection.execute_wrapper(turn.ask))
            return self._ask(environ)

    def _ask(self, environ: Environ) -> Told:
        """What the application says, and its body: read to its end here, unless it is a stream for a slow reader."""
        said: list[tuple[Any, ...]] = []
        answer: Any = self.application(environ, lambda *words: said.append(words))
        if getattr(answer, "streaming", None) is None:
            return said[0], answer  # a file as the server wants it
        if answer.streaming:
            return said[0], Stream(answer, self.pool)
        try:
            return said[0], [b"".join(answer)]
        finally:
            answer.close()


class Stream:
    """A body that is made while it is sent, in the language and zone of its request, with a connection meanwhile."""

    def __init__(self, answer: Any, pool: Pool) -> None:
        self.answer, self.pool, self.context = answer, pool, Context()
        self.language, self.zone = translation.get_language(), timezone.get_current_timezone()

    def __iter__(self) -> Iterator[bytes]:
        with self.pool.lent():
            parts = self.context.run(self._begin)
            while (part := self.context.run(next, parts, None)) is not None:
                yield part

    def close(self) -> None:
        with self.pool.lent():
            self.context.run(self.answer.close)

    def _begin(self) -> Iterator[bytes]:
        translation.activate(self.language or settings.LANGUAGE_CODE)
        timezone.activate(self.zone)
        return iter(self.answer)

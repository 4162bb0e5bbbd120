"""Threads of Django's own behind those of the web server, which are more: a reader of a kept page finds one, whoever
waits. Each that came into Django would keep a connection to the database, and memory for what it made.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from contextvars import Context
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from foundation.access import computing
from foundation.access.slots import Slots
from foundation.page_store.front import FOR_ALL, Application, Environ, Start

TURNS = 2  # that compute at once: Python runs one of them, while the other waits for the database
STUCK, LONGEST = 0.5, 10.0  # seconds, see Turn: rendering takes some hundredths
IDLE = 60.0  # seconds after which a thread without work ends, and its connection with it
Work = tuple[Callable[[], Any], "Future[Any]"]


class DjangoThreads:
    """Call the application in a thread of ours. As many as there are calls at once: whoever calls limits those.
    `reads`: how many kept pages this process has answered. `short`: addresses that render nothing and wait for a
    commit; they take no turn.
    """

    def __init__(
        self,
        application: Application,
        reads: Callable[[], int] = lambda: 0,
        idle: float = IDLE,
        short: Collection[str] = (),
    ) -> None:
        self.application, self.idle_for, self.short = application, idle, short
        self.turns, self.pace = Slots(TURNS, STUCK, LONGEST), computing.Pace(reads)
        self.idle: list[SimpleQueue[Work]] = []  # the last that became idle is the next: the others may end
        self.changing = threading.Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        said, answer = self.run(lambda: self._ask(environ))
        start(*said)
        return answer

    def run(self, call: Callable[[], Any]) -> Any:
        """What the call returns or raises, in a thread of ours."""
        future: Future[Any] = Future()
        with self.changing:
            work = self.idle.pop() if self.idle else None
        if work is None:
            work = SimpleQueue()
            threading.Thread(target=self._work, args=[work], daemon=True, name="django").start()
        work.put((call, future))
        return future.result()

    def _work(self, work: SimpleQueue[Work]) -> None:
        while True:
            try:
                call, future = work.get(timeout=self.idle_for)
            except Empty:
                with self.changing:
                    if work in self.idle:
                        self.idle.remove(work)
                        return
                continue  # somebody has just chosen this thread
            try:
                result, error = Context().run(call), None  # what it left there goes with it
            except BaseException as raised:  # whoever asked raises it
                result, error = None, raised
            with self.changing:
                self.idle.append(work)  # before it is heard: the next call finds it
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
            del call, future, result, error  # they hold a whole page with its context

    def _ask(self, environ: Environ) -> tuple[tuple[Any, ...], Iterable[bytes]]:
        """What the application says, and its body: read to its end here, unless it is a stream for a slow reader."""
        said: list[tuple[Any, ...]] = []
        with ExitStack() as stack:
            if FOR_ALL not in environ and environ["PATH_INFO"] not in self.short:
                turn = stack.enter_context(computing.in_turn(self.turns, self.pace))
                stack.enter_context(connection.execute_wrapper(turn.ask))
            answer: Any = self.application(environ, lambda *words: said.append(words))
        if getattr(answer, "streaming", None) is None:
            return said[0], answer  # a file as the server wants it
        if answer.streaming:
            return said[0], Stream(answer)
        try:
            return said[0], [b"".join(answer)]
        finally:
            answer.close()


class Stream:
    """A body that is made while it is sent, in the server's thread, in the language and zone of its request."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.context = answer, Context()
        self.language, self.zone = translation.get_language(), timezone.get_current_timezone()

    def __iter__(self) -> Iterator[bytes]:
        parts = self.context.run(self._begin)
        while (part := self.context.run(next, parts, None)) is not None:
            yield part

    def close(self) -> None:
        self.context.run(self.answer.close)

    def _begin(self) -> Iterator[bytes]:
        translation.activate(self.language or settings.LANGUAGE_CODE)
        timezone.activate(self.zone)
        return iter(self.answer)

"""Every fault of a story from one telling: at each moment the process forks, once for each way in which the moment may
fail, and each child goes on to an end of its own. What was before the fault happens once, and not for each anew.

A child is a copy of this process, its memory and all: so both databases must be memory too (`in_memory`), and the mail
server and Stripe must be inside. On PostgreSQL the rows are another process's: there each story is told from the start.
"""

import gc
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from typing import Any, NoReturn

from django.db import connections

from tests.simulator.moments import Trap

Told = dict[str, Any]


class Forks:
    """`wanted`: the faults to try. `tell` hears of each, in the order of the story, how the child ended that met it."""

    def __init__(self, wanted: Collection[Trap], tell: Callable[[Trap, Told], None]) -> None:
        self._wanted, self._tell = wanted, tell
        self._pipe: int | None = None

    @property
    def is_child(self) -> bool:
        return self._pipe is not None

    def at(self, kind: str, nth: int) -> Trap | None:
        """The trap of this moment, in a child; None in the parent, once all its children of this moment have ended."""
        if self.is_child:
            return None
        return next((trap for trap in self._wanted if (trap.kind, trap.nth) == (kind, nth) and self._fork(trap)), None)

    def _fork(self, trap: Trap) -> bool:
        sys.stdout.flush()
        sys.stderr.flush()
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reader)
            self._pipe = writer
            gc.disable()  # it would touch, and so copy, all that the parent has
            return True
        os.close(writer)
        with os.fdopen(reader) as pipe:
            told = pipe.read()
        _, status = os.waitpid(pid, 0)
        self._tell(trap, json.loads(told) if told else {"failed": f"the process ended with {status}, and said nothing"})
        return False

    def leave(self, told: Told) -> NoReturn:
        """The child says what it came to, and is gone: nothing of the test after it is the child's."""
        try:
            sys.stdout.flush()
            with os.fdopen(self._pipe or 0, "w") as pipe:
                json.dump(told, pipe)
        finally:
            os._exit(0)


@contextmanager
def in_memory() -> Iterator[None]:
    """The tests' database is a copy in memory meanwhile, of which nobody may have a transaction open. For SQLite."""
    connection: Any = connections["default"]
    if connection.is_in_memory_db():
        yield
        return
    connection.close()
    file, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], ":memory:"
    connection.connect()
    with closing(sqlite3.connect(file)) as there:
        there.backup(connection.connection)
    try:
        yield
    finally:
        connection.settings_dict["NAME"] = file
        connection.close()

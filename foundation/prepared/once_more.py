"""What says the same when it is said twice, and so outlives one cut of the connection: reads, and some writes."""

from collections.abc import Callable
from typing import TypeVar

from django.db import Error, connection

Answer = TypeVar("Answer")


def on_a_new_connection(write: Callable[[], Answer]) -> Answer:
    """Write, and where the connection broke since the last word, once more on a new one. Inside of a transaction it is
    not tried again: the rest of that is lost. Raises what the database raises.
    """
    try:
        return write()
    except Error:
        if connection.connection is None or connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return write()


def without_asking_first(ask: Callable[[], Answer]) -> Answer:
    """The same, and it finds out by itself whether the database is still there, which Django otherwise asks at each
    request, by a statement as long as this one.
    """
    connection.health_check_done = True  # type: ignore[attr-defined]  # of this request: nothing stands on it yet
    return on_a_new_connection(ask)

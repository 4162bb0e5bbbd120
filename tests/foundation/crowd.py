"""Many at once: the same work in as many threads, each with a connection of its own, all starting together."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, connections

from tests.waiting import PATIENCE

AT_ONCE = 40  # connections; PostgreSQL takes a hundred by default, and other tests run beside this one
Result = TypeVar("Result")


def together(count: int, work: Callable[[int], Result]) -> list[Result]:
    """What `work(0)` to `work(count - 1)` return, run at the same moment. An error in one is an error here.

    The test needs `@pytest.mark.django_db(transaction=True)`: other threads do not see an open transaction.
    """
    gate = threading.Barrier(count)
    seats = threading.BoundedSemaphore(AT_ONCE)

    def one(number: int) -> Result:
        try:
            gate.wait(timeout=PATIENCE)
            with seats:
                try:
                    return work(number)
                finally:
                    connections.close_all()
        except threading.BrokenBarrierError as error:
            raise AssertionError("the crowd did not come together") from error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def is_held_up() -> bool:
    """Whether some transaction of this database waits for a row of another. PostgreSQL alone can say so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw at first
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone() is not None

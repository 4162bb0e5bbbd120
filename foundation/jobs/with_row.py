"""A row and the job that it asks for, by as few statements as the database allows: for senders who wait, as Stripe.

The same as `bulk_create(ignore_conflicts=True)` and `queue.enqueue` in one transaction, which is five statements and
builds each of them anew: two thirds of the time that a webhook took.
"""

from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from foundation.jobs import lanes
from foundation.jobs.models import Job
from foundation.prepared import commands, cursors, once_more


def insert(
    row: Model, kind: str, key: str, args: dict[str, Any], group: str = "", ahead: timedelta = timedelta(0)
) -> None:
    """Insert a new row and its job, both or neither. Where one of them is known by a unique column it stays as it is.
    Neither gets a primary key here. The job goes before all that came no longer than `ahead` before it. Raises what the
    database raises.
    """
    job = Job(kind=kind, key=key, args=args, run_at=timezone.now() - ahead, lane=lanes.of(kind), group=group)
    both, values = [_statement(type(each)) for each in (row, job)], [commands.values(each) for each in (row, job)]
    if connection.vendor == "postgresql":
        _alone(both, values)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        _write(cursor, both, values)


def _alone(both: list[str], values: list[list[Any]]) -> None:
    """One statement is a transaction by itself, and does no harm twice. So it finds out by itself whether the database
    is still there, which Django otherwise asks at each request, by a statement as long as this one; where the
    connection broke since the last, it is sent once more on a new one.
    """
    connection.health_check_done = True  # type: ignore[attr-defined]  # of this request: nothing stands on it yet

    def write() -> None:
        with cursors.cursor() as cursor:
            _write(cursor, both, values)

    once_more.on_a_new_connection(write)


def _write(cursor: Any, both: list[str], values: list[list[Any]]) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(f"WITH kept AS ({both[0]}) {both[1]}", cursors.values(values[0] + values[1]))
        return
    for statement, its in zip(both, values, strict=True):
        cursor.execute(statement, its)


@cache
def _statement(model: type[Model]) -> str:
    return f"{commands.insert(model)} ON CONFLICT DO NOTHING"

"""A row and the job that it asks for, by as few statements as the database allows: for senders who wait, as Stripe, and
people who sign in a crowd.

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
from foundation.prepared import commands, cursors, once_more, steps

TOLD = {
    "postgresql": "%%({n}args)s::jsonb || jsonb_build_object('%(name)s', {before})",
    "sqlite": "json_patch(%%({n}args)s, json_object('%(name)s', {before}))",
}


def insert(
    row: Model, kind: str, key: str, args: dict[str, Any], group: str = "", ahead: timedelta = timedelta(0)
) -> None:
    """Insert a new row and its job, both or neither. Where one of them is known by a unique column it stays as it is.
    Neither gets a primary key here. The job goes before all that came no longer than `ahead` before it. Raises what the
    database raises.
    """
    job = Job(kind=kind, key=key, args=args, run_at=timezone.now() - ahead, lane=lanes.of(kind), group=group)
    both, values = [_statement(type(each)) for each in (row, job)], [commands.values(each) for each in (row, job)]
    if connection.vendor == "postgresql":  # one statement is a transaction by itself, and does no harm twice

        def write() -> None:
            with cursors.cursor() as cursor:
                _write(cursor, both, values)

        once_more.without_asking_first(write)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        _write(cursor, both, values)


def _write(cursor: Any, both: list[str], values: list[list[Any]]) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(f"WITH kept AS ({both[0]}) {both[1]}", cursors.values(values[0] + values[1]))
        return
    for statement, its in zip(both, values, strict=True):
        cursor.execute(statement, its)


@cache
def _statement(model: type[Model]) -> str:
    return f"{commands.insert(model)} ON CONFLICT DO NOTHING"


def step(kind: str, key: str, args: dict[str, Any], name: str) -> steps.Step:
    """Enqueue a job as a step (foundation/prepared/steps.py). `args[name]` will be what the step before returned."""
    job = Job(kind=kind, key=key, args=args, run_at=timezone.now(), lane=lanes.of(kind))
    sql, values = steps.insert(job, args=TOLD[connection.vendor] % {"name": name})
    return steps.Step(f"{sql} RETURNING id", values)

"""A row and the job that it asks for, by as few statements as the database allows: for senders who wait, as Stripe.

The same as `bulk_create(ignore_conflicts=True)` and `queue.enqueue` in one transaction, which is five statements and
builds each of them anew: two thirds of the time that a webhook took.
"""

from functools import cache
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Field, Model
from django.utils import timezone

from foundation.jobs import lanes
from foundation.jobs.models import Job

PLAIN = {str, int, bool, type(None)}


def insert(row: Model, kind: str, key: str, args: dict[str, Any], group: str = "") -> None:
    """Insert a new row and its job, both or neither. Where one of them is known by a unique column it stays as it is.
    Neither gets a primary key here. Raises what the database raises.
    """
    job = Job(kind=kind, key=key, args=args, run_at=timezone.now(), lane=lanes.of(kind), group=group)
    both, values = [_statement(type(each)) for each in (row, job)], [_values(each) for each in (row, job)]
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
    try:
        with connection.cursor() as cursor:
            _write(cursor, both, values)
    except (OperationalError, InterfaceError):
        if connection.connection is None or connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        with connection.cursor() as cursor:
            _write(cursor, both, values)


def _write(cursor: Any, both: list[str], values: list[list[Any]]) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(f"WITH kept AS ({both[0]}) {both[1]}", values[0] + values[1])
        return
    for statement, its in zip(both, values, strict=True):
        cursor.execute(statement, its)


@cache
def _fields(model: type[Model]) -> list["Field[Any, Any]"]:
    return [field for field in model._meta.local_concrete_fields if not field.primary_key]


@cache
def _statement(model: type[Model]) -> str:
    """Names come from our own models, never from what was sent."""
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(field.column or "") for field in _fields(model))
    marks = ", ".join("%s" for _field in _fields(model))
    return f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608


def _values(row: Model) -> list[Any]:
    return [_value(field, field.pre_save(row, True)) for field in _fields(type(row))]


def _value(field: "Field[Any, Any]", value: Any) -> Any:
    """As the field writes it. Text, a number, a truth and nothing every database takes as they are: asking the field,
    which would return the same, was a fifth of the work of a webhook.
    """
    return value if type(value) in PLAIN else field.get_db_prep_save(value, connection)

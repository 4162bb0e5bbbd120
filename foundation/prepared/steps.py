"""Statements of which each writes its row only where the one before wrote one: PostgreSQL is asked once for all of
them, and SQLite, whom it costs little to ask, for one after another.

For a crowd that signs at once: to wait for an answer of the database takes as long as the work itself.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Model

from foundation.prepared import commands, cursors


class Step(NamedTuple):
    """An INSERT from a SELECT that returns one value of its row. In `sql`, which is kept for good, stand `{given}`, the
    condition behind WHERE, `{before}`, what the step before returned, and `%({n}name)s` for each of `values`.
    """

    sql: str
    values: dict[str, Any]


def insert(row: Model, **marks: str) -> tuple[str, dict[str, Any]]:
    """An INSERT of this row as a step begins, and its values; `marks`: SQL for some fields, in place of the mark."""
    named = {field.name: value for field, value in zip(commands.fields(type(row)), commands.values(row), strict=True)}
    return _insert(type(row), tuple(marks.items())), named


def run(*steps: Step) -> int:
    """Run the steps in their order, up to the first that writes no row. Returns how many have; these stay. One
    transaction. Raises what the database raises.
    """
    if connection.vendor == "postgresql":
        return _at_once(steps)
    with nullcontext() if len(steps) == 1 else transaction.atomic(savepoint=False):
        return _in_turn(steps)


def _at_once(steps: Sequence[Step]) -> int:
    named = {f"{n}{name}": value for n, step in enumerate(steps) for name, value in step.values.items()}
    wide = dict(zip(named, cursors.values(list(named.values())), strict=True))
    with cursors.cursor() as cursor:
        cursor.execute(_whole(tuple(step.sql for step in steps)), wide)
        return int(cursor.fetchone()[0])


def _in_turn(steps: Sequence[Step]) -> int:
    before: dict[str, Any] = {}
    with cursors.cursor() as cursor:
        for number, step in enumerate(steps):
            cursor.execute(_alone(step.sql), step.values | before)
            returned = cursor.fetchall()
            if not returned:
                return number
            before = {"before": returned[0][0]}
    return len(steps)


@cache
def _whole(statements: tuple[str, ...]) -> str:
    parts = [f"step{n} (value) AS ({_format(sql, n, f'step{n - 1}' if n else '')})" for n, sql in enumerate(statements)]
    counts = " + ".join(f"(SELECT count(*) FROM step{n})" for n in range(len(statements)))  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {counts}"


def _format(sql: str, number: int, before: str) -> str:
    given = f"EXISTS (SELECT FROM {before})" if before else "TRUE"
    return sql.format(n=number, given=given, before=f"(SELECT value FROM {before})" if before else "NULL")  # noqa: S608


@cache
def _alone(sql: str) -> str:
    return sql.format(n="", given="TRUE", before="%(before)s")


@cache
def _insert(model: type[Model], marks: tuple[tuple[str, str], ...]) -> str:
    every = {field.name: f"%({{n}}{field.name})s" for field in commands.fields(model)} | dict(marks)
    return commands.insert(model, f"SELECT {', '.join(every.values())} WHERE {{given}}")

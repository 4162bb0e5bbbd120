"""Prepared queries: what Django builds of a queryset is kept, and asked again with other values.

Building a query takes Django longer than the database takes to answer it: two thirds of the processor time of a
booking went into statements that are the same for each gift (D-236). A query is still written as a queryset, in one
place; only its SQL is remembered, for each connection. For the few that a booking asks, never for what a person types.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet

from foundation.prepared import cursors, once_more

Row = TypeVar("Row", bound=Model)
Value = str | int | datetime
Build = Callable[..., QuerySet[Row]]


class _Related(NamedTuple):
    """A row that a row points at: by which field, of which model, its columns and where they stand."""

    name: str
    model: type[Model]
    columns: list[str]
    places: list[int]


class _Kept(NamedTuple):
    """`params`: what stands in the statement, or the name of the value that does, marked by being in a tuple."""

    sql: str
    params: list[Any]
    columns: list[str]
    converters: dict[int, Any]
    compiler: Any
    related: list[_Related]


def rows(build: "Build[Row]", **values: Value) -> list[Row]:
    """Return the rows of the queryset that `build` makes of these values, each of which must stand in it as it is given
    (`=`, `<=`, …): what it makes of a value may depend on that value's type alone. `build` is a function of a module,
    and rows are read, perhaps without some columns (`defer`), or with rows that they point at (`select_related`).
    Raises what the database raises.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    kept = _prepared(connection, build, values)
    adapted = {name: _adapted(connection, value) for name, value in values.items()}
    params = [adapted[part[0]] if isinstance(part, tuple) else part for part in kept.params]

    def ask() -> Any:
        with cursors.cursor() as cursor:
            cursor.execute(kept.sql, cursors.values(params))
            return cursor.fetchall()

    found = once_more.without_asking_first(ask)
    if kept.converters:
        found = kept.compiler.apply_converters(found, kept.converters)
    return [_made(kept, row) for row in found]


def first(build: "Build[Row]", **values: Value) -> Row | None:
    """Return the first row of such a queryset, in its own order; None without one."""
    return next(iter(rows(build, **values)), None)


def _made(kept: _Kept, row: Sequence[Any]) -> Any:
    """Its own columns come first."""
    made = kept.compiler.query.model.from_db(DEFAULT_DB_ALIAS, kept.columns, row[: len(kept.columns)])
    for its in kept.related:
        setattr(made, its.name, its.model.from_db(DEFAULT_DB_ALIAS, its.columns, [row[place] for place in its.places]))
    return made


def _prepared(connection: Any, build: "Build[Row]", values: dict[str, Value]) -> _Kept:
    known: dict[Any, _Kept] = vars(connection).setdefault("road_out_prepared", {})
    key = (build.__module__, build.__qualname__, *((name, type(value)) for name, value in values.items()))
    if key not in known:
        known[key] = _build(connection, build, values)
    return known[key]


def _build(connection: Any, build: "Build[Row]", values: dict[str, Value]) -> _Kept:
    """Build the statement with a mark for each value, and find where the marks came to stand."""
    marks = {name: _mark(number, value) for number, (name, value) in enumerate(values.items())}
    queryset = build(**marks)
    if queryset.query.annotation_select:
        raise ValueError("A prepared query reads rows, and nothing that is computed.")
    compiler = queryset.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    places = {_adapted(connection, mark): name for name, mark in marks.items()}
    found = [(places[param],) if param in places else param for param in params]
    if {part[0] for part in found if isinstance(part, tuple)} != set(values):
        raise ValueError("Each value stands in a prepared query as it was given.")
    chosen = [column for column, _sql, _alias in compiler.select]
    related = [_related(chosen, info) for info in compiler.klass_info.get("related_klass_infos", [])]
    columns = [chosen[place].target.attname for place in compiler.klass_info["select_fields"]]
    return _Kept(sql, found, columns, compiler.get_converters(chosen), compiler, related)


def _related(chosen: list[Any], info: dict[str, Any]) -> _Related:
    field, places = info["field"], info["select_fields"]
    if info["reverse"] or field.null or info.get("related_klass_infos"):
        raise ValueError("Of other tables, a prepared query reads only rows that are pointed at, each by every row.")
    return _Related(field.name, info["model"], [chosen[place].target.attname for place in places], places)


def _mark(number: int, value: Value) -> Value:
    if isinstance(value, datetime):
        return datetime(9000 + number, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    if isinstance(value, int):
        return 32100 + number  # in the range of the smallest column, or Django builds a query that finds nothing
    return f"mark-{number}-of-a-prepared-query"


def _adapted(connection: Any, value: Value) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value

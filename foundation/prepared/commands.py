"""Rows written by statements that are built once for each model: an INSERT that leaves known rows alone, and an UPDATE
of rows that still are as we believe (compare and set).
"""

from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, JSONField, Model

from foundation.prepared import cursors

PLAIN = {str, int, bool, type(None)}


def insert_new(row: Model, *unique: str) -> bool:
    """Insert a row unless another has the same in these fields, by one statement and without a savepoint. True when it
    is new: it has its primary key then. Sends no signals. Raises what the database raises.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    model = type(row)
    sql = _insert_new(connection.vendor, model, unique)
    with cursors.cursor() as cursor:
        cursor.execute(sql, cursors.values(values(row)))
        if connection.vendor == "postgresql":
            found = cursor.fetchone()
            key = found[0] if found else None
        else:
            key = cursor.lastrowid if cursor.rowcount == 1 else None
    if key is None:
        return False
    row.pk, row._state.adding, row._state.db = key, False, DEFAULT_DB_ALIAS
    return True


def change(model: type[Model], where: dict[str, Any], to: dict[str, Any]) -> int:
    """Update the rows whose fields are exactly so. Returns how many. Sends no signals, as `QuerySet.update`. Never of
    append-only rows: the database refuses those.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    sql = _update(connection.vendor, model, tuple(to), tuple(where))
    new = [_prepared(model, name, value) for name, value in [*to.items(), *where.items()]]
    with cursors.cursor() as cursor:
        cursor.execute(sql, cursors.values(new))
        return int(cursor.rowcount)


@cache
def fields(model: type[Model]) -> list["Field[Any, Any]"]:
    """The fields that an INSERT names: all but the primary key, which the database gives."""
    return [field for field in model._meta.local_concrete_fields if not field.primary_key]


def values(row: Model) -> list[Any]:
    """What an INSERT of the row puts into these fields."""
    return [
        _value(field, getattr(row, field.attname) if plain else field.pre_save(row, True))
        for field, plain in _read(type(row))
    ]


def insert(model: type[Model], source: str = "") -> str:
    """The INSERT of a model: of values, with a mark for each, or of what the `source` selects. Names come from our own
    models, never from what was sent.
    """
    columns = ", ".join(map(_quoted, fields(model)))
    source = source or f"VALUES ({', '.join('%s' for _field in fields(model))})"
    return f"INSERT INTO {_table(model)} ({columns}) {source}"


@cache
def _read(model: type[Model]) -> list[tuple["Field[Any, Any]", bool]]:
    """The same fields, and whether the value is what stands in the row: two in three of those that a webhook writes."""
    return [(field, type(field).pre_save is Field.pre_save) for field in fields(model)]


@cache
def _insert_new(vendor: str, model: type[Model], unique: tuple[str, ...]) -> str:
    target = ", ".join(_quoted(_field(model, name)) for name in unique)
    back = f" RETURNING {_quoted(_field(model, 'pk'))}" if vendor == "postgresql" else ""
    return f"{insert(model)} ON CONFLICT ({target}) DO NOTHING{back}"


@cache
def _update(vendor: str, model: type[Model], to: tuple[str, ...], where: tuple[str, ...]) -> str:
    new = ", ".join(f"{_quoted(_field(model, name))} = %s" for name in to)
    same = " AND ".join(f"{_quoted(_field(model, name))} = %s" for name in where)
    return f"UPDATE {_table(model)} SET {new} WHERE {same}"  # noqa: S608


def _prepared(model: type[Model], name: str, value: Any) -> Any:
    return _value(_field(model, name), value)


def _value(field: "Field[Any, Any]", value: Any) -> Any:
    """As the field writes it. Text, a number, a truth and nothing every database takes as they are: asking the field,
    which would return the same, was a fifth of the work of a webhook. JSON is not: a text in it has quotation marks.
    """
    return (
        value
        if type(value) in PLAIN and not isinstance(field, JSONField)
        else field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])
    )


@cache
def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    if name == "pk":
        return model._meta.pk
    found: Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]  # a column, or the statement fails
    return found


def _quoted(field: "Field[Any, Any]") -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(field.column or "")


def _table(model: type[Model]) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)

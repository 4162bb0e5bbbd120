"""Append-only triggers: the database itself refuses UPDATE and DELETE on every such table, on SQLite and PostgreSQL.

They are set after each `migrate`, not by a migration: SQLite drops a table's triggers whenever a later migration
rebuilds it. `manage.py audit_ledger` names a table that has lost them.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from foundation.append_only.models import AppendOnlyModel

ACTS = ("update", "delete", "truncate")  # SQLite has no TRUNCATE: it is a DELETE there
FUNCTION = """
CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$
"""


def tables() -> list[type[AppendOnlyModel]]:
    """Return every append-only model."""
    return [model for model in apps.get_models() if issubclass(model, AppendOnlyModel) and not model._meta.proxy]


def install(using: str = "default", **signal: Any) -> None:
    """Create the triggers on all such tables that exist, after each migrate. Idempotent: each is made anew."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    postgresql = connection.vendor == "postgresql"
    with transaction.atomic(using=using), connection.cursor() as cursor:  # never a moment without
        if postgresql:
            cursor.execute(FUNCTION)
        for model in tables():
            if model._meta.db_table in there:
                _drop_triggers(connection, cursor, model)
                for words in _postgresql(model) if postgresql else _sqlite(model):
                    cursor.execute(words)


def remove(using: str = "default") -> None:
    """Drop the triggers. Nothing in the site calls this: it is for test databases, which are emptied."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for model in tables():
            _drop_triggers(connection, cursor, model)


def unguarded(using: str = "default") -> list[str]:
    """Return the tables that lack a trigger."""
    connection = connections[using]
    query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {row[0] for row in cursor.fetchall()}
    wanted = ACTS if connection.vendor == "postgresql" else ACTS[:2]
    return [model._meta.db_table for model in tables() if not {_name(model, act) for act in wanted} <= found]


def _name(model: type[AppendOnlyModel], act: str) -> str:
    return f"{model._meta.db_table}_no_{act}"


def _columns(model: type[AppendOnlyModel]) -> str:
    """All that never change; whom a row belongs to may, when two rows of one person are joined."""
    fields = model._meta.concrete_fields
    return ", ".join(f'"{field.column}"' for field in fields if field.name not in model.may_move)


def _postgresql(model: type[AppendOnlyModel]) -> Iterator[str]:
    table = model._meta.db_table
    for act, what, each in (
        ("update", f"UPDATE OF {_columns(model)}", "ROW"),
        ("delete", "DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    ):
        yield (
            f'CREATE TRIGGER "{_name(model, act)}" BEFORE {what} ON "{table}" FOR EACH {each} '
            "EXECUTE FUNCTION append_only()"
        )


def _sqlite(model: type[AppendOnlyModel]) -> Iterator[str]:
    table = model._meta.db_table
    for act, what in (("update", f"UPDATE OF {_columns(model)}"), ("delete", "DELETE")):
        yield (
            f'CREATE TRIGGER "{_name(model, act)}" BEFORE {what} ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
        )


def _drop_triggers(connection: BaseDatabaseWrapper, cursor: Any, model: type[AppendOnlyModel]) -> None:
    on = f' ON "{model._meta.db_table}"' if connection.vendor == "postgresql" else ""
    for act in ACTS:
        cursor.execute(f'DROP TRIGGER IF EXISTS "{_name(model, act)}"{on}')

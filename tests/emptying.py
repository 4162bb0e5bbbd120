"""How the database is emptied after a test with transactions of its own.

Afterwards Django makes permissions anew, and we the rights of roles: a thousand queries, which take longer than most of
those tests. No test changes these rows, so they are made once and left where they are. They are compared first, row for
row: where a test did change one, everything goes and is made again.
"""

from collections.abc import Iterable

from django.core.management.commands import flush as command
from django.core.management.sql import emit_post_migrate_signal as make
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

from foundation.append_only import triggers

Rows = dict[str, frozenset[tuple]]
made: Rows = {}  # by table: what there is in an empty database
empty = BaseDatabaseOperations.execute_sql_flush


def prepare() -> None:
    """Put this in the place of what Django does, in this process."""
    BaseDatabaseOperations.execute_sql_flush = _empty  # type: ignore[method-assign, assignment]
    vars(command)["emit_post_migrate_signal"] = _make


def _empty(operations: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
    """Delete rows where there are some: TRUNCATE would give each of 120 tables of PostgreSQL new files. The triggers
    that keep the ledger from being emptied are lifted for that moment: there, and nowhere in the site.
    """
    if made != _rows(list(made)):
        made.clear()
    tables = [table for table in _filled() if table not in made]
    guarded = {model._meta.db_table for model in triggers.tables()}.intersection(tables)
    if guarded:
        triggers.remove()
    try:
        empty(operations, [f"DELETE FROM {operations.quote_name(table)}" for table in tables])
    finally:
        if guarded:
            triggers.install()


def _make(verbosity: int, interactive: bool, database: str) -> None:
    if not made:
        make(verbosity, interactive, database)
        made.update(_rows(_filled()))


def _filled() -> list[str]:
    """The tables in which there is something."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = {table: connection.ops.quote_name(table) for table in names}
    some = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in quoted.items())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(some))
        return [table for (table,) in cursor.fetchall()]


def _rows(tables: list[str]) -> Rows:
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = frozenset(cursor.fetchall())
    return found

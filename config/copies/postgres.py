"""Backup and restore of PostgreSQL: every table by COPY, in one transaction that sees one snapshot.

pg_dump is not used: it is missing on many machines, and refuses a server that is newer than itself.
"""

from collections.abc import Callable, Iterator
from typing import Any
from zipfile import ZipFile

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from config.copies import form
from config.copies.form import DATABASE, Contents, CopyError
from foundation.organisation import clone_guard

TABLES = """
    SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname = current_schema() ORDER BY relname
"""
COLUMNS = """
    SELECT attname, pg_get_serial_sequence(quote_ident(%s), attname) FROM pg_attribute
    WHERE attrelid = quote_ident(%s)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum
"""


HOW = ("SET LOCAL datestyle = 'ISO, YMD'", "SET LOCAL intervalstyle = 'postgres'", "SET LOCAL bytea_output = 'hex'")


def dump(put: Any, contents: Contents) -> None:
    """Dump every table, over a connection of its own, in a read-only transaction."""
    reading = connection.copy()
    try:
        with reading.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for words in HOW:
                cursor.execute(words)
            known = {*connection.introspection.django_table_names(), "django_migrations"}  # others are not the site's
            for table in (table for table in _tables(cursor) if table in known):
                contents.tables[table] = _columns_and_sequences(cursor, table)
                put.entry(f"{DATABASE}{table}", _rows(cursor, table, contents))
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            contents.migrations = [list(row) for row in cursor.fetchall()]
            cursor.execute("COMMIT")
    finally:
        reading.close()


def _tables(cursor: Any) -> list[str]:
    cursor.execute(TABLES)
    return [table for (table,) in cursor.fetchall()]


def _columns_and_sequences(cursor: Any, table: str) -> dict[str, Any]:
    """Return the columns of a table, and each sequence's last value, whose row may be deleted."""
    cursor.execute(COLUMNS, [table, table])
    columns = dict(cursor.fetchall())
    counts = {}
    for column, sequence in columns.items():
        if sequence:
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - as the database writes it
            counts[column] = list(cursor.fetchone())
    return {"columns": list(columns), "counts": counts}


def _rows(cursor: Any, table: str, contents: Contents) -> Iterator[bytes]:
    """Yield the rows as COPY writes them: a row is a line; a line break inside of it is escaped."""
    contents.rows[table] = 0
    with cursor.copy(f"COPY {_columns(table, contents)} TO STDOUT") as copy:
        for block in copy:
            contents.rows[table] += bytes(block).count(b"\n")
            yield bytes(block)


def _columns(table: str, contents: Contents) -> str:
    names = [connection.ops.quote_name(name) for name in (table, *contents.tables[table]["columns"])]
    return f"{names[0]} ({', '.join(names[1:])})"


def refuse_filled() -> None:
    with connection.cursor() as cursor:
        if _tables(cursor):
            raise CopyError(
                f"The database {connection.settings_dict['NAME']} has tables already. A copy is restored into an "
                "empty place only: make a new database for it."
            )


def load(bundle: ZipFile, contents: Contents, settle: Callable[[Callable[[], Any]], None]) -> None:
    """Restore: tables as the migrations of the file make them, then its rows, then the newer migrations on top."""
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(_targets(executor.loader, {(app, name) for app, name in contents.migrations}))
        with transaction.atomic(), connection.cursor() as cursor:
            _fill(cursor, bundle, contents)
            clone_guard.restored(contents.moment)
        settle(lambda: call_command("migrate", verbosity=0, interactive=False))
    except BaseException:
        _drop_tables()
        raise


def _targets(loader: MigrationLoader, applied: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leaf migrations of what was applied, from which the others follow; a squashed one for those it replaces."""
    joined = {key for key, one in loader.replacements.items() if set(one.replaces) <= applied}
    known = (applied | joined) & set(loader.graph.nodes)
    return sorted(key for key in known if not {child.key for child in loader.graph.node_map[key].children} & known)


def _fill(cursor: Any, bundle: ZipFile, contents: Contents) -> None:
    tables = _tables(cursor)
    if not set(contents.tables) <= set(tables):
        raise CopyError("This copy holds other tables than its migrations make: it is damaged.")
    cursor.execute(f"TRUNCATE {', '.join(map(connection.ops.quote_name, tables))}")  # what migrations wrote
    for words in HOW:
        cursor.execute(words)
    for table, known in contents.tables.items():
        if set(known["columns"]) != set(_columns_and_sequences(cursor, table)["columns"]):
            raise CopyError(f"This copy holds other columns of {table} than its migrations make: it is damaged.")
        with cursor.copy(f"COPY {_columns(table, contents)} FROM STDIN") as copy, bundle.open(DATABASE + table) as rows:
            for piece in form.pieces(rows):
                copy.write(piece)
        if cursor.rowcount != contents.rows[table]:
            raise CopyError(f"This copy holds other rows of {table} than it says: it is damaged.")
        for column, (last, called) in known["counts"].items():
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(quote_ident(%s), %s), %s, %s)", [table, column, last, called]
            )


def _drop_tables() -> None:
    """Drop every table after a failed restore. There was nothing before, and no site may start on half a backup."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        tables = _tables(cursor)
        if tables:
            cursor.execute(f"DROP TABLE {', '.join(map(connection.ops.quote_name, tables))} CASCADE")

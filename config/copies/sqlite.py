"""Backup and restore of SQLite: by its online backup API, one snapshot of it whatever is written meanwhile."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.core.management import call_command
from django.db import connection

from config.copies import form
from config.copies.form import DATABASE, Contents, CopyError

ENTRY = f"{DATABASE}road_out.sqlite3"


def place() -> Path:
    return Path(connection.settings_dict["NAME"])


def dump(put: Any, contents: Contents, draft: Path) -> None:
    """Dump in one step: a backup page by page would start again at each write. Writers carry on meanwhile (WAL)."""
    copy = draft.with_suffix(".database.part")
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        reading = sqlite3.connect(f"{place().as_uri()}?mode=ro", uri=True, timeout=60)
        with closing(reading) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            _check(target)
            contents.rows = dict(_rows(target))
            applied = target.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            contents.migrations = [list(row) for row in applied]
        with copy.open("rb") as file:
            put.entry(ENTRY, form.pieces(file))
    except sqlite3.Error as error:
        raise CopyError(f"No copy was made: the database says “{error}”.") from error
    finally:
        for path in (copy, copy.with_name(f"{copy.name}-journal")):
            path.unlink(missing_ok=True)


def _check(copy: sqlite3.Connection) -> None:
    found = [text for (text,) in copy.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise CopyError(f"No copy was made: the database is damaged ({'; '.join(found)}).")


def _rows(copy: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    for (table,) in copy.execute(tables).fetchall():
        yield table, copy.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 - its own names


def refuse_filled() -> None:
    """Raise CopyError if there is a database already. An empty file is what a first command made, and none yet."""
    journals = [place().with_name(place().name + end) for end in ("-wal", "-journal")]
    if any(path.exists() and path.stat().st_size for path in (place(), *journals)):
        raise CopyError(f"There is a database already, {place()}. A copy is restored into an empty place only.")


def load(bundle: ZipFile, contents: Contents, settle: Any) -> None:
    """Restore beside the final path first. The file gets its name when everything about it is done, `settle` too."""
    final = place()
    draft = final.with_name(f".{final.name}.restored")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            with bundle.open(ENTRY) as entry:
                shutil.copyfileobj(entry, file, form.PIECE)
            file.flush()
            os.fsync(file.fileno())
        connection.close()
        connection.settings_dict["NAME"] = str(draft)
        settle(lambda: call_command("migrate", verbosity=0, interactive=False))
        connection.close()  # writes what its write-ahead log holds into the file
        draft.rename(final)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = str(final)
        for end in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + end).unlink(missing_ok=True)

"""SQLite storage of all tenants in one file: opening it, and one transaction at a time."""

import fcntl
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from .books import Books

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tenants (
  name TEXT PRIMARY KEY, offset INTEGER NOT NULL DEFAULT 0, counter INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  body TEXT NOT NULL, UNIQUE (tenant, id));
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (tenant, kind, seq);
CREATE TABLE IF NOT EXISTS notes (
  tenant TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE IF NOT EXISTS agenda (
  tenant TEXT NOT NULL, id TEXT NOT NULL, what TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (tenant, id, what));
CREATE INDEX IF NOT EXISTS agenda_by_time ON agenda (tenant, at);
CREATE TABLE IF NOT EXISTS keys (
  tenant TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
  body BLOB NOT NULL, request TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, key));
CREATE TABLE IF NOT EXISTS deliveries (
  number INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, event TEXT NOT NULL, endpoint TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL,
  answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (tenant, event);
"""


class StateError(Exception):
    """The state file cannot be used; the message is a sentence for a person."""


class Store:
    """The state file. One thread at a time has its transaction; a killed process loses nothing that was committed."""

    def __init__(
        self,
        path: Path,
        seed: str | None = None,
        truths: dict[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock`: now (UTC seconds), before what a tenant's own clock is ahead."""
        self.truths, self.clock = truths or {}, clock
        self._lock = threading.RLock()
        self._guard = _hold_alone(path)
        try:
            self._db = _open(path)
        except sqlite3.Error as error:
            self._guard.close()
            raise StateError(f"The state file {path} cannot be used: {error}.") from error
        self.seed = self._keep_seed(seed)

    def _keep_seed(self, seed: str | None) -> str:
        """Return the seed of the ids. A file keeps the seed of its first day, or its ids would repeat."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO settings VALUES ('seed', ?)", (seed or secrets.token_hex(16),))
            row = self._db.execute("SELECT value FROM settings WHERE name = 'seed'").fetchone()
            return str(row["value"])

    @contextmanager
    def books(self, tenant: str) -> Iterator[Books]:
        """Open one transaction on one tenant's objects; any exception rolls it back."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield Books(self._db, tenant, self.seed, self.clock(), truths=self.truths)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def query(self, sql: str, values: tuple = ()) -> list[sqlite3.Row]:
        """Query or change rows that belong to no single tenant (the delivery queue)."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._db.close()
            with suppress(OSError):
                self._guard.close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _hold_alone(path: Path) -> TextIO:
    """Lock the state file: two processes on it would hand out the same ids."""
    try:
        guard = Path(f"{path}.lock").open("w")  # noqa: SIM115 (held open as long as we run)
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        guard.close()
        raise StateError(f"The state file {path} is in use by another sandbox.") from None
    except OSError as error:
        raise StateError(f"The state file {path} cannot be used: {error.strerror}.") from error
    return guard

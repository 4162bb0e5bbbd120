"""Databases of PostgreSQL that belong to one process of one checkout, so that two runs on one server never meet."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def own_name(name: str) -> str:
    """A database's name with this checkout's path and this process in it."""
    return f"test_{name}_{CHECKOUT}_{os.getpid()}"


def sweep(url: str) -> None:
    """Drop what runs of this checkout left behind that were killed."""
    with psycopg.connect(url, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            process = re.fullmatch(rf"test_\w+_{CHECKOUT}_(\d+)", name)
            if process and not alive(int(process[1])):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def own_database(name: str) -> Iterator[dict[str, str]]:
    """A new database beside the one that DATABASE_URL names, dropped afterwards; on SQLite the data folder has
    its own anyway. Yields the environment that points at it.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}
        return
    name = own_name(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

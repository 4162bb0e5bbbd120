"""Databases that belong to one process of one checkout, so that two runs on one server never meet, and the migrated
ones that they are copied from.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
FILE = "road_out.sqlite3"  # in a data folder: config/settings.py
SQLITE_TEMPLATE, POSTGRES_TEMPLATE = "TEST_SQLITE_TEMPLATE", "TEST_POSTGRES_TEMPLATE"  # a path, a name
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
def templates(url: str) -> Iterator[None]:
    """Databases that are migrated once, side by side, for all processes of a run to copy: one of SQLite and, where
    `url` names a server, one of PostgreSQL. Raises RuntimeError with what `migrate` said if it fails.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="road-out-template-")))
        places = [{"DATA_DIR": str(folder)}]
        if url:
            sweep(url)
            places.append({"DATA_DIR": str(folder), "DATABASE_URL": stack.enter_context(_new(url, "template"))})
        plain = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        migrating = [
            subprocess.Popen(
                [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
                cwd=ROOT,
                env=plain | place,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for place in places
        ]
        for process, (said, _) in [(process, process.communicate()) for process in migrating]:
            if process.returncode:
                raise RuntimeError(f"migrate failed:\n{said}")
        os.environ[SQLITE_TEMPLATE] = str(folder / FILE)
        if url:
            os.environ[POSTGRES_TEMPLATE] = urlsplit(places[1]["DATABASE_URL"]).path[1:]
        try:
            yield
        finally:
            os.environ.pop(SQLITE_TEMPLATE)
            os.environ.pop(POSTGRES_TEMPLATE, None)


@contextmanager
def own_database(name: str, data_dir: Path | None = None) -> Iterator[dict[str, str]]:
    """A new database beside the one that DATABASE_URL names, dropped afterwards; on SQLite the data folder has
    its own anyway. Yields the environment that points at it. With `data_dir` it is migrated already where the gate
    made a template, otherwise it is empty.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        if data_dir:
            copy_template(data_dir)
        yield {}
        return
    with _new(url, name, os.environ.get(POSTGRES_TEMPLATE, "") if data_dir else "") as own:
        yield {"DATABASE_URL": own}


def copy_template(data_dir: Path) -> None:
    """The migrated SQLite database into a new data folder, where the gate made one."""
    if SQLITE_TEMPLATE in os.environ:
        shutil.copy(os.environ[SQLITE_TEMPLATE], data_dir / FILE)


@contextmanager
def _new(url: str, name: str, template: str = "") -> Iterator[str]:
    name = own_name(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

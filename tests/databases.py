"""Databases that belong to one process of one checkout, so that two runs on one server never meet, and the migrated
ones that they are copied from, with the static files of a site beside them.
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
from typing import cast
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
FILE = "road_out.sqlite3"  # in a data folder: config/settings.py
DUMP = "postgres.sql"
SQLITE_TEMPLATE, POSTGRES_TEMPLATE = "TEST_SQLITE_TEMPLATE", "TEST_POSTGRES_TEMPLATE"  # a path, a name
COLLECT = "import django; django.setup(); from config.management.commands.serve import collect; collect(print)"
LONGEST = 40  # characters of a name of ours, from its end: PostgreSQL takes 63 of all
CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def own_name(name: str) -> str:
    """A database's name with this checkout's path and this process in it, in the form that `sweep` knows again."""
    return f"test_{re.sub(r'[^a-z0-9]+', '_', name.lower())[-LONGEST:]}_{CHECKOUT}_{os.getpid()}"


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
    """What all processes of a run copy, made once and side by side: static files, a migrated database of SQLite and,
    where `url` names a server, one of PostgreSQL. Raises RuntimeError with what was said if one of them fails.

    From here on what Python compiles is kept: where it may not be, each of a hundred processes does it again.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="road-out-template-")))
        here = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        migrate = ["manage.py", "migrate", "--verbosity", "0"]
        work = [(migrate, here), (["-c", COLLECT], here)]
        if url:
            sweep(url)
            there = {"DATABASE_URL": stack.enter_context(_new(url, "template"))}
            work.insert(0, (migrate, here | there))  # it takes longest
        plain = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        making = [
            subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT, env=plain | place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for words, place in work
        ]  # fmt: skip
        for process, (said, _) in [(process, process.communicate()) for process in making]:
            if process.returncode:
                raise RuntimeError(f"{' '.join(cast(list[str], process.args))} failed:\n{said}")
        os.environ[SQLITE_TEMPLATE] = str(folder / FILE)
        if url:
            os.environ[POSTGRES_TEMPLATE] = urlsplit(there["DATABASE_URL"]).path[1:]
            _dump(there["DATABASE_URL"], folder / DUMP)
        try:
            yield
        finally:
            os.environ.pop(SQLITE_TEMPLATE)
            os.environ.pop(POSTGRES_TEMPLATE, None)


@contextmanager
def own_database(name: str, data_dir: Path | None = None) -> Iterator[dict[str, str]]:
    """A new database beside the one that DATABASE_URL names, dropped afterwards; on SQLite the data folder has
    its own anyway. Yields the environment that points at it. With `data_dir` it is migrated already where the gate
    made a template, and static files are in that folder; otherwise it is empty.
    """
    url = os.environ.get("DATABASE_URL", "")
    if data_dir:
        copy_template(data_dir)
    if not url.startswith("postgres"):
        yield {}
        return
    with _new(url, name, os.environ.get(POSTGRES_TEMPLATE, "") if data_dir else "") as own:
        yield {"DATABASE_URL": own}


def _dump(url: str, path: Path) -> None:
    """For another server to read (`dumped`). Where there is no pg_dump, or one older than the server, there is none."""
    if program := shutil.which("pg_dump"):
        done = subprocess.run([program, "--dbname", url, "--file", str(path)], stderr=subprocess.DEVNULL)
        if done.returncode:
            path.unlink(missing_ok=True)


def dumped() -> Path | None:
    """The migrated database of PostgreSQL as a file for psql, where the gate made one."""
    path = Path(os.environ.get(SQLITE_TEMPLATE, "")).parent / DUMP
    return path if migrated() and path.exists() else None


def migrated() -> bool:
    """Whether what `own_database` yields for a data folder has its tables already."""
    return SQLITE_TEMPLATE in os.environ


def copy_template(data_dir: Path) -> None:
    """The migrated SQLite database and the static files into a new data folder, where the gate made them."""
    if migrated():
        made = Path(os.environ[SQLITE_TEMPLATE])
        shutil.copy(made, data_dir / FILE)
        shutil.copytree(made.parent / "static", data_dir / "static")


@contextmanager
def _new(url: str, name: str, template: str = "") -> Iterator[str]:
    name = own_name(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

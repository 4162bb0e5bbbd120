"""Real processes for the tests: the offline Stripe alone, or the whole site as script/server runs it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.stripe_sandbox.driver import Sandbox

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One offline Stripe for the run; tests that must not see each other take a tenant each."""
    driver = Sandbox.start(tmp_path_factory.mktemp("stripe"))
    yield driver
    driver.stop()


@dataclass
class Site:
    """A running site: web, worker and offline Stripe as processes, with its own data folder and database."""

    process: subprocess.Popen[str]
    port: int
    data_dir: Path
    output: Path
    env: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def manage(self, *args: str) -> str:
        """Run a management command on this site and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def printed(self) -> str:
        return self.output.read_text()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=30)


def start_site(data_dir: Path, extra: dict[str, str] | None = None, timeout: float = 120) -> Site:
    """Start `manage.py serve` on free ports and wait until it says where it is. Raises AssertionError with its
    output when it ends or says nothing in time.
    """
    port, sandbox_port = free_port(), free_port()
    env = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(port), "SANDBOX_PORT": str(sandbox_port)}
    env.update(extra or {})
    output = data_dir / "printed.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=env,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    site = Site(process, port, data_dir, output, env)
    deadline = time.monotonic() + timeout
    while "Stop with Ctrl-C" not in site.printed():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the site did not start:\n{site.printed()}")
        time.sleep(0.1)  # polls a process that cannot call us; nothing is assumed about how long it takes
    return site


@contextmanager
def own_database(name: str) -> Iterator[dict[str, str]]:
    """A new database beside the one that DATABASE_URL names, dropped afterwards; on SQLite the data folder has
    its own anyway. Yields the environment that points at it.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}
        return
    name = name.replace("-", "_").lower()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    """The whole site, as a stranger starts it. Shared by the run: a test leaves other people's rows alone."""
    data_dir = Path(tempfile.mkdtemp(prefix="road-out-site-"))
    with own_database(data_dir.name) as env:
        site = start_site(data_dir, env)
        yield site
        site.stop()
    shutil.rmtree(data_dir, ignore_errors=True)

"""Real processes for the tests: the offline Stripe alone, or the whole site as script/server runs it."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import evidence
from tests.commands import Commands
from tests.databases import own_database
from tests.ports import free_port
from tests.stripe_sandbox.driver import Sandbox

ROOT = Path(__file__).resolve().parent.parent
SEED = "the tests"
AT_LENGTH = ("--timeout=0", "-o", "faulthandler_timeout=0")  # for pytest: a test may take hours
CONNECTIONS = itertools.count(1)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One offline Stripe for the run; tests that must not see each other take a tenant each. A tenant of the same name
    has the same ids in every run.
    """
    driver = Sandbox.start(tmp_path_factory.mktemp("stripe"), seed=SEED)
    yield driver
    driver.stop()


@pytest.fixture
def truth() -> dict[str, str]:
    """The switches of the offline Stripe that are not as its books begin: of a test that is marked `truths`, some."""
    return {}


@dataclass
class Site:
    """A running site: web, worker and offline Stripe as processes, with its own data folder and database."""

    process: subprocess.Popen[str]
    port: int
    data_dir: Path
    output: Path
    env: dict[str, str]

    def __post_init__(self) -> None:
        self.commands = Commands(self.env)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def manage(self, *args: str) -> str:
        """Run a management command on this site and return what it printed."""
        return self.commands.run(*args)

    def printed(self) -> str:
        return self.output.read_text()

    def stop(self) -> int:
        self.commands.stop()
        self.process.terminate()
        return self.process.wait(timeout=120)


def files_of_the_project(*which: str) -> list[str]:
    """What git would hand out; outside a checkout, as in an unpacked archive, all files but those that work makes."""
    done = subprocess.run(["git", "ls-files", *which], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout.splitlines()
    made = {".venv", "var", "__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".hypothesis"}
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(str(path) for path in paths if not made & set(path.parts))


def manage(env: dict[str, str], *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end. With `check`, AssertionError with all it printed where it failed."""
    command = [sys.executable, "manage.py", *args]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert not check or done.returncode == 0, f"manage.py {args[0]} ended with {done.returncode}:\n{said(done)}"
    return done


def said(done: subprocess.CompletedProcess[str]) -> str:
    return f"{done.stdout}{done.stderr}"


def start_site(data_dir: Path, extra: dict[str, str] | None = None) -> Site:
    """Start `manage.py serve` on free ports and wait until it says where it is; once more if that fails, since a
    port can be taken in between. Raises AssertionError with its output when it ends or says nothing in time.
    """
    try:
        return _start_site(data_dir, extra or {})
    except AssertionError as first:
        print(f"once more, because {first}")
        return _start_site(data_dir, extra or {})


def _start_site(data_dir: Path, extra: dict[str, str], timeout: float = 420) -> Site:
    port, sandbox_port = free_port(), free_port()
    env = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(port), "SANDBOX_PORT": str(sandbox_port)}
    env["PREFILL"] = "false"  # each start would cost a hundred pages; one test looks at them
    env.update(extra)
    output = data_dir / "printed.txt"
    evidence.watch("web, worker and offline Stripe", output)
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
            process.wait()
            raise AssertionError(f"the site did not start:\n{site.printed()}")
        time.sleep(0.1)  # polls a process that cannot call us; nothing is assumed about how long it takes
    return site


def own_connection() -> dict[str, str]:
    """The header of somebody who comes from elsewhere than all before: what a site allows one connection in an hour is
    less than a run of tests needs.
    """
    number = next(CONNECTIONS)
    return {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    """The whole site, as a stranger starts it. Shared by the run: a test leaves other people's rows alone."""
    data_dir = Path(tempfile.mkdtemp(prefix="road-out-site-"))
    with own_database("site", data_dir) as env:
        site = start_site(data_dir, {**env, "TRUSTED_PROXIES": "1"})  # so that each visitor has a connection
        try:
            yield site
        finally:
            site.stop()
    shutil.rmtree(data_dir, ignore_errors=True)

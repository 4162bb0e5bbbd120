"""Runs the tests on every database there is and says at the end how it went. script/test and .ci/run start it.

    python -m tests.gate [what pytest takes]      TEST_JOBS (2), TEST_POSTGRES_URL, REQUIRE_ALL, SECOND_LOOK

REQUIRE_ALL=1: what would be skipped for want of Chromium or PostgreSQL fails instead. SECOND_LOOK=1, for .ci/run: up to
three failed tests in all run once more, alone, in one process. What passes then is named FLAKY in the last lines, and
mending it is the first work of the next change. A test marked `finding` gets no second look.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.browsers import CHROMIUM

MOST = 3  # failed tests that are looked at once more; with more of them something is broken
PASSED, FAILED, NOTHING = 0, 1, 5  # pytest's exit codes; any other means that it could not do its work
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


@dataclass
class Run:
    """All tests on one database, in the folder `root`, with a memory of its own of what failed."""

    name: str
    url: str  # empty: SQLite, in the tests' own data folder
    root: Path = field(default_factory=Path.cwd)
    code: int = PASSED
    seconds: float = 0

    @property
    def memory(self) -> Path:
        return self.root / ".pytest_cache" / self.name.lower()

    def pytest(self, *args: str) -> int:
        env = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        env |= {"DATABASE_URL": self.url} if self.url else {}
        command = [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={self.memory}", *args]
        return subprocess.run(command, cwd=self.root, env=env).returncode

    def all(self, jobs: str, args: list[str]) -> None:
        say(f"== Tests on {self.name}")
        shutil.rmtree(self.memory / "v" / "cache", ignore_errors=True)
        began = time.monotonic()
        self.code = self.pytest("-n", jobs, "--dist", "load", *args)
        self.seconds = time.monotonic() - began

    def failed(self) -> list[str]:
        """The tests that failed, as pytest names them."""
        path = self.memory / "v" / "cache" / "lastfailed"
        return sorted(json.loads(path.read_text())) if path.exists() else []

    def second_look(self, failed: list[str]) -> bool:
        """Whether all of them pass, one after another in one process, and may."""
        say(f"== A second look on {self.name}")
        if self.pytest("--collect-only", "-m", "finding", "-n", "0", *failed) != NOTHING:
            say("What is marked `finding` gets no second look: see the names above.")
            return False
        return self.pytest("-n", "0", *failed) == PASSED


def main(args: list[str]) -> int:
    runs, skipped = [Run("SQLite", "")], []
    if CHROMIUM is None:
        skipped.append("Tests in a browser (to get them: apt-get install chromium, or CHROMIUM=/path/to/chromium)")
    url = os.environ.get("TEST_POSTGRES_URL", POSTGRES)
    if answers(url):
        runs.append(Run("PostgreSQL", url))
    else:
        skipped.append(
            "Tests on PostgreSQL (to get them: TEST_POSTGRES_URL=postgres://user:password@host:5432/postgres)"
        )
    if skipped and os.environ.get("REQUIRE_ALL"):
        say("\n".join(f"This run requires what is not here: {what}" for what in skipped))
        return FAILED
    code = gate(runs, args, second=bool(os.environ.get("SECOND_LOOK")))
    for what in skipped:
        say(f"Skipped: {what}")
    return code


def gate(runs: list[Run], args: list[str], second: bool) -> int:
    """Every run, also when one before it failed; then the second look, if there is one. Returns the exit code."""
    for run in runs:
        run.all(os.environ.get("TEST_JOBS", "2"), args)
    broken = [run for run in runs if run.code not in (PASSED, FAILED)]
    red = {run.name: run.failed() for run in runs if run.code == FAILED}
    flaky = []
    if red and second and not broken and 0 < sum(map(len, red.values())) <= MOST and all(red.values()):
        for run in runs:
            if run.name in red and run.second_look(red[run.name]):
                flaky += [f"FLAKY: {test} on {run.name} failed, then passed alone" for test in red.pop(run.name)]
    say("== " + ", ".join(f"{run.name} {run.seconds / 60:.1f} minutes" for run in runs))
    for run in broken:
        say(f"FAILED: pytest could not do its work on {run.name}: it ended with {run.code}")
    for name, tests in red.items():
        say("\n".join(f"FAILED: {test} on {name}" for test in tests or ["pytest does not say what"]))
    if flaky:
        say("\n".join(flaky))
    return FAILED if broken or red else PASSED


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

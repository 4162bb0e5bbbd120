"""Runs the whole gate: types, and the tests on every database there is, beside each other. script/test starts it.

    python -m tests.gate [what pytest takes]      TEST_JOBS (4), TEST_POSTGRES_URL, REQUIRE_ALL, SECOND_LOOK

REQUIRE_ALL=1: what would be skipped for want of Chromium or PostgreSQL fails instead. SECOND_LOOK=1, for .ci/run: up to
three failed tests in all run once more, alone, in one process. What passes then is named FLAKY in the last lines, and
mending it is the first work of the next change. A test marked `finding` gets no second look. docs/testing.md says more.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg

from tests.browsers import CHROMIUM, INSTALL
from tests.databases import templates

PASSED, FAILED, NOTHING = 0, 1, 5  # pytest's exit codes; any other means that it could not do its work
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
PROCESSES = "browser or processes"
# What a file must hold for a lane to read it, by the mark that lets the lane run its tests.
SPELLED = {
    "browser": ("mark.browser", "running_site"),
    "running_site": ("mark.browser", "running_site"),
    "processes": ("mark.processes",),
    "both": ("mark.both", "transaction=True"),
    "postgres": ("mark.postgres",),
}
OFFLINE_STRIPE, PAGES, GIFTS = "tests/stripe_sandbox", "tests/awareness", "tests/donations"
# What PostgreSQL can answer differently runs there as well: the tests in process of these and all with transactions of
# their own, but not those marked `once`; and of the others those marked `both`. Pages, forms, roles, words and sums of
# one gift do not ask which database there is.
ON_POSTGRES = [
    # Locks, constraints, leases, limits and SQL of our own
    "tests/foundation/test_access.py",
    "tests/foundation/test_append_only.py",
    "tests/foundation/test_jobs.py",
    "tests/foundation/test_letters.py",
    "tests/foundation/test_organisation.py",
    "tests/foundation/test_receipt_series.py",
    "tests/staff/test_lockout.py",
    "tests/donations/test_checking.py",
    "tests/donations/test_kept.py",
    "tests/donations/test_long_runs.py",
    "tests/donations/test_webhook.py",
    # Money: sums, numbers without a gap, time zones and what two do at once
    "tests/donations/rules/test_events.py",
    "tests/donations/rules/test_from_stripe.py",
    "tests/donations/rules/test_ledger.py",
    "tests/donations/rules/test_payments.py",
    "tests/donations/rules/test_receipts.py",
    "tests/donations/rules/test_refunds.py",
    "tests/donations/test_after_a_rehearsal.py",
    "tests/donations/test_audit.py",
    "tests/donations/test_books.py",
    "tests/donations/test_campaigns.py",
    "tests/donations/test_gift_aid_claims.py",
    "tests/donations/test_machine.py",
    "tests/donations/test_matching.py",
    "tests/donations/test_offline.py",
    "tests/donations/test_offline_corrections.py",
    "tests/donations/test_stories.py",
    "tests/donations/test_year_end.py",
    "tests/simulator/test_years.py",
    "tests/awareness/test_charts.py",
    # People: counted once, found by any spelling, told and forgotten
    "tests/pledges/test_crowds.py",
    "tests/pledges/test_crowds_of_one_domain.py",
    "tests/pledges/test_story.py",
    "tests/supporters/test_consent.py",
    "tests/supporters/test_privacy.py",
    "tests/supporters/test_subscribing.py",
    "tests/supporters/test_supporters.py",
    "tests/supporters/test_visits.py",
    # Lists and search, which every database sorts and compares in its own way
    "tests/awareness/test_search.py",
    "tests/donations/test_panel.py",
    "tests/staff/test_lists.py",
    "tests/staff/test_small_addresses.py",
]
MOST = 3  # failed tests that are looked at once more; with more of them something is broken
LONG = 20  # minutes: over this the run says so
SLOWEST = 25
PULSE = 20  # seconds from one line about how far it is to the next


@dataclass
class Lane:
    """Tests that run one after another in a process of their own, with a memory of their own of what failed."""

    name: str
    select: list[str]
    url: str = ""  # of the database; empty: SQLite, in the tests' own data folder
    root: Path = field(default_factory=Path.cwd)
    code: int | None = None

    @property
    def folder(self) -> Path:
        return self.root / ".pytest_cache" / self.name.replace(" ", "-").lower()

    @property
    def output(self) -> Path:
        return self.folder / "output.txt"

    @property
    def results(self) -> Path:
        return self.folder / "results.xml"

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "pytest", "-o", f"cache_dir={self.folder / 'cache'}", *args]

    @property
    def env(self) -> dict[str, str]:
        env = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        return env | ({"DATABASE_URL": self.url} if self.url else {})

    @property
    def ended_well(self) -> bool:
        """Whether pytest did its work, whatever it found."""
        return self.code in (PASSED, FAILED, NOTHING)

    def run(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        with self.output.open("w") as file:
            command = self.command("-v", f"--junitxml={self.results}", *self.select)
            done = subprocess.run(command, cwd=self.root, env=self.env, stdout=file, stderr=subprocess.STDOUT)
        self.code = done.returncode
        said = self.output.read_text(errors="replace").splitlines()
        cut = next((number for number, line in enumerate(said) if "= FAILURES =" in line or "= ERRORS =" in line), -1)
        say("\n".join([f"== {self.name}", *said[cut:]]))

    def progress(self) -> str:
        """The share of its tests that ran, as pytest prints it at the end of a line."""
        seen = [line for line in self.output.read_text(errors="replace").splitlines() if line.endswith("%]")]
        return seen[-1].rpartition("[")[2].strip(" ]") if seen else "0%"

    def failed(self) -> list[str]:
        """The tests that failed, as pytest names them."""
        path = self.folder / "cache" / "v" / "cache" / "lastfailed"
        return sorted(json.loads(path.read_text())) if path.exists() else []

    def second_look(self, failed: list[str]) -> bool:
        """Whether all of them may be looked at again, and pass, one after another in one process."""
        say(f"== A second look: {self.name}")
        if self._again("--collect-only", "-m", "finding", *failed) != NOTHING:
            say("What is marked `finding` gets no second look: see the names above.")
            return False
        return self._again(*failed) == PASSED

    def _again(self, *args: str) -> int:
        return subprocess.run(self.command("-q", *args), cwd=self.root, env=self.env).returncode


def lanes(postgres: str, args: list[str]) -> list[Lane]:
    """Together they run every test once, and on PostgreSQL what can differ there. The longest first. `-m` among the
    arguments narrows each of them; by any other a part is named, which is not divided by folder.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m")
    narrower, part = parser.parse_known_args(args)
    in_process, shared = f"not ({PROCESSES})", "(browser or running_site)"
    site = Lane("Running site", ["-m", f"{shared} and not long"])
    processes = Lane("Processes", ["-m", f"processes and not ({shared} or long)"])
    others = Lane("SQLite", ["-m", in_process])
    on_postgres = Lane("PostgreSQL", ["-m", "(both or postgres) and not long"], postgres)
    pages, offline_stripe = (
        Lane(name, ["-m", in_process, path]) for name, path in (("Pages", PAGES), ("Offline Stripe", OFFLINE_STRIPE))
    )
    # Half of all that is tested in process: in two, so that no core stands idle at the end. Every second file each.
    gifts = [Lane(f"Gifts {half + 1}", ["-m", in_process, *test_files(GIFTS)[half::2]]) for half in range(2)]
    made = [processes, *gifts, site, on_postgres, others, pages, offline_stripe]
    if part:
        made = [site, processes, others, on_postgres]
    else:
        site.select += naming("browser", "running_site")
        processes.select += naming("processes")
        others.select += [f"--ignore={path}" for path in (OFFLINE_STRIPE, PAGES, GIFTS)]
        on_postgres.select += sorted({*ON_POSTGRES, *naming("both", "postgres")})
    for lane in made:
        lane.select += part
        if narrower.m:
            lane.select[1] += f" and ({narrower.m})"
    return [lane for lane in made if postgres or lane is not on_postgres]


def naming(*marks: str) -> list[str]:
    """The files that spell one of these marks: a lane of few files need not read them all. That none of its tests is
    in another file, tests/conftest.py makes sure.
    """
    return [path for path in test_files("tests") if spells(Path(path), *marks)]


@cache
def spells(path: Path, *marks: str) -> bool:
    """Whether a file holds what one of these marks is set by."""
    text = path.read_text()
    return any(word in text for mark in marks for word in SPELLED[mark])


def test_files(folder: str) -> list[str]:
    return sorted(str(path) for path in Path(folder).rglob("test_*.py"))


def main(args: list[str]) -> int:
    began, skipped = time.monotonic(), []
    if CHROMIUM is None:
        skipped.append(f"Tests in a browser (to get them: {INSTALL})")
    url = postgres()
    if not url:
        skipped.append(
            "Tests on PostgreSQL (to get them: TEST_POSTGRES_URL=postgres://user:password@host:5432/postgres)"
        )
    if skipped and os.environ.get("REQUIRE_ALL"):
        say("\n".join(f"This run requires what is not here: {what}" for what in skipped))
        return FAILED
    with templates(url):
        code = gate(lanes(url, args), second=bool(os.environ.get("SECOND_LOOK")), types=not args)
    minutes = (time.monotonic() - began) / 60
    say(f"{minutes:.1f} minutes" + (f": more than {LONG}, which keeps everybody waiting" if minutes > LONG else ""))
    for what in skipped:
        say(f"Skipped: {what}")
    return code


def gate(lanes: list[Lane], second: bool, types: bool = False) -> int:
    """All lanes, whatever fails; then the second look, if there is one. Says what failed; returns the exit code."""
    wrong_types = []
    over = threading.Event()
    pulse = threading.Thread(target=tell_progress, args=(lanes, over), daemon=True)
    pulse.start()
    with ThreadPoolExecutor(int(os.environ.get("TEST_JOBS", "4"))) as pool:
        if types:
            pool.submit(lambda: wrong_types.append(check_types()))
        for work in [pool.submit(lane.run) for lane in lanes]:
            work.result()
    over.set()
    pulse.join()
    broken = [lane for lane in lanes if not lane.ended_well]
    if all(lane.code == NOTHING for lane in lanes):
        broken = lanes
    red = {lane.name: lane.failed() for lane in lanes if lane.code == FAILED}
    flaky = []
    if second and not broken and sum(map(len, red.values())) <= MOST and all(red.values()):
        for lane in lanes:
            if lane.name in red and lane.second_look(red[lane.name]):
                flaky += [f"FLAKY: {test} on {lane.name} failed, then passed alone" for test in red.pop(lane.name)]
    tell_slowest(lanes)
    tell_skipped(lanes)
    for lane in broken:
        say(f"FAILED: pytest could not do its work on {lane.name}: it ended with {lane.code}")
    for name, tests in red.items():
        say("\n".join(f"FAILED: {test} on {name}" for test in tests or ["pytest does not say what"]))
    say("\n".join(flaky)) if flaky else None
    return FAILED if broken or red or any(wrong_types) else PASSED


def check_types() -> bool:
    """Whether something is wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "."],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    say("\n".join(["== Types", done.stdout.strip() or "right"]))
    return done.returncode != PASSED


def tell_progress(lanes: list[Lane], over: threading.Event) -> None:
    """Now and then, so that whoever waits knows that nothing hangs."""
    while not over.wait(PULSE):
        say(", ".join(f"{lane.name} {lane.progress()}" for lane in lanes if lane.output.exists() and lane.code is None))


def tell_slowest(lanes: list[Lane]) -> None:
    took = []
    for lane in lanes:
        cases = ElementTree.parse(lane.results).iter("testcase") if lane.results.exists() else []
        took += [
            (float(case.get("time", 0)), f"{case.get('classname')}::{case.get('name')} on {lane.name}")
            for case in cases
        ]
    say(
        "\n".join(
            [
                f"== The {SLOWEST} slowest",
                *(f"{seconds:7.1f} s {test}" for seconds, test in sorted(took)[: -SLOWEST - 1 : -1]),
            ]
        )
    )


def tell_skipped(lanes: list[Lane]) -> None:
    """By name: a number alone tells nobody what went unproved."""
    for lane in lanes:
        for case in ElementTree.parse(lane.results).iter("testcase") if lane.results.exists() else []:
            if (skipped := case.find("skipped")) is not None:
                say(f"Skipped: {case.get('classname')}::{case.get('name')} on {lane.name}: {skipped.get('message')}")


def postgres() -> str:
    """The address of the server, or nothing where none answers."""
    url = os.environ.get("TEST_POSTGRES_URL", POSTGRES)
    try:
        psycopg.connect(url, connect_timeout=60).close()
    except psycopg.Error:
        return ""
    return url


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

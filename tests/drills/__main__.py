"""The drills at length: python -m tests.drills [names] [options]; --help names them."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from tests.drills import backlog as backlogs
from tests.drills import burst as bursts
from tests.drills import cluster, copies, failpoints, killing, letting_go, outages, together
from tests.drills import statements as year_ends
from tests.drills.site import GIVING, WHOLE
from tests.drills.story import Story
from tests.drills.yard import Yard, yard
from tests.running import AT_LENGTH, ROOT


def points(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        for name in failpoints.POINTS:
            killing.at_a_point(site, name)


def kills(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        killing.at_random(site, asked.kills)


def database(ground: Yard, asked: argparse.Namespace) -> None:
    if reason := cluster.why_not():
        ground.skip(reason)
        return
    with ground.site_on_cluster(asked.seed) as (site, server):
        outages.database_stops(site, server, asked.stops)


def disk(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site_on_narrow_disk(asked.seed) as (site, narrow):
        outages.disk_fills(site, narrow, gifts=6)


def both(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        together.two_of_each(site, gifts=9)


def clocks(ground: Yard, asked: argparse.Namespace) -> None:
    """On PostgreSQL: a database in a file is of one machine, and so of one clock."""
    if reason := cluster.why_not():
        ground.skip(reason)
        return
    with ground.site_on_cluster(asked.seed) as (site, _server):
        together.two_of_each(site, gifts=9, apart=600)


def mail(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        letting_go.mail_refuses_one(site, gifts=4)
    with ground.site(asked.seed) as site:
        letting_go.mail_is_away(site, gifts=4)
        letting_go.mail_is_slow(site, gifts=4, seconds=1)


def graceful(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        letting_go.stopped_under_load(site, asked.stops)


def copy(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site, ground.empty(site) as (place, env):
        copies.come_back(site, place, env, gifts=6)


def stripe(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        outages.stripe_is_down(site, gifts=4, steps=4)


def story(ground: Yard, asked: argparse.Namespace) -> None:
    for seed in range(asked.seed, asked.seed + asked.rounds):
        ground.say(f"   story of seed {seed}; again: script/drill story --rounds 1 --seed {seed} --steps {asked.steps}")
        with ground.site(seed) as site:
            Story(site).tell(asked.steps)


def burst(ground: Yard, asked: argparse.Namespace) -> None:
    late = []
    for way in bursts.WAYS:
        with ground.site(asked.seed) as site:
            try:
                bursts.cards_are_tried(site, way, asked.posts)
            except bursts.TooSlowError as slow:  # the other ways are worth a look all the same
                late.append(str(slow))
    with ground.site(asked.seed) as site:
        bursts.one_form_is_sent(site, asked.posts)
        bursts.a_church_gives(site, asked.posts)
    assert not late, "; ".join(late)


def statements(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        year_ends.killed_twice(site, asked.donors)


def backlog(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        backlogs.drained(site, asked.events, gifts=10)


def books(ground: Yard, asked: argparse.Namespace) -> None:
    """The stories of tests/donations/test_machine.py at length, and every fault that they must find."""
    tests = ["tests/donations/test_machine.py", "tests/donations/test_planted_faults.py"]
    env = {**os.environ, "STORIES": str(asked.stories), "PLANTED": "all"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-v", *AT_LENGTH, *tests], cwd=ROOT, env=env)
    if done.returncode:
        raise AssertionError("a story ended with other books than Stripe's, or a planted fault was not found")


def planted(ground: Yard, asked: argparse.Namespace) -> None:
    """Each small break of tests/planted turns its file of tests red."""
    if subprocess.run([sys.executable, "-m", "tests.planted"], cwd=ROOT).returncode:
        raise AssertionError("a break of the site was not noticed by the tests that must notice it")


def truths(ground: Yard, asked: argparse.Namespace) -> None:
    """The money tests under the other answers to what is only from memory."""
    if subprocess.run([sys.executable, "-m", "tests.truths"], cwd=ROOT).returncode:
        raise AssertionError("a test of the money fails when Stripe behaves in another way than we remember")


NTH = "test_it_ends_as_if_nothing_had_failed"
CENTURIES = "test_it_has_stripes_books_in_all_these_years"
MANY = 100  # charity-years in which each kind of event must have occurred


def years(ground: Yard, asked: argparse.Namespace) -> None:
    """Charity-years in one process (tests/simulator); on PostgreSQL, each is lived on SQLite too, and written alike."""
    tests = ["tests/simulator/alone.py::" + CENTURIES]
    _simulate(ground, asked.jobs, tests, YEARS=str(asked.years), FIRST=str(asked.seed))
    never = [name for name, times in ground.report.now.injected.items() if not times]
    if asked.years >= MANY and never:
        raise AssertionError(f"nobody saw what follows, because it never occurred: {', '.join(sorted(never))}")


def faults(ground: Yard, asked: argparse.Namespace) -> None:
    """Every commit, call to Stripe and command to the mail server of every short story fails once (tests/simulator)."""
    tests = [f"tests/simulator/test_faults.py::{NTH}" + (f"[{name}]" if name else "") for name in asked.tale or [""]]
    _simulate(ground, asked.jobs, tests, FAULTS_FROM=str(asked.first))


def _simulate(ground: Yard, jobs: int, tests: list[str], **more: str) -> None:
    """By so many processes at once. One alone prints as it goes."""
    told = Path(tempfile.mkdtemp(dir=ground.folder))
    env = {**os.environ, **more, "SIMULATOR_REPORT": str(told)}
    how = ["-n", str(jobs), "--dist", "worksteal"] if jobs > 1 else ["-n", "0", "-s"]
    try:
        done = subprocess.run([sys.executable, "-m", "pytest", "-v", *how, *AT_LENGTH, *tests], cwd=ROOT, env=env)
    finally:  # also of a run that was ended before its end
        for each in told.iterdir():
            for part, counted in json.loads(each.read_text()).items():
                getattr(ground.report.now, part).update(counted)
    if done.returncode:
        raise AssertionError("a story did not end as it must: it stands above, with its seed or its fault")


def long(ground: Yard, asked: argparse.Namespace) -> None:
    """The tests that are too long for the gate: bursts, a story, planted faults that are found; a stranger's start."""
    folders = ["tests/drills", "tests/config"]
    done = subprocess.run([sys.executable, "-m", "pytest", "-v", "-m", "long", *folders], cwd=ROOT)
    if done.returncode:
        raise AssertionError("a test that is too long for the gate failed")


DRILLS: dict[str, Callable[[Yard, argparse.Namespace], None]] = {
    each.__name__: each
    for each in (
        *(points, kills, both, clocks, copy, stripe, mail, graceful, disk, database, story, burst, statements),
        *(backlog, books, years, faults, planted, truths),
    )
}
DRILLS["long"] = long


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/drill", description="Break a site of real processes on purpose.")
    parser.add_argument("names", nargs="*", help=f"which: {' '.join(DRILLS)} (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=100, help="random moments at which the worker is killed")
    parser.add_argument("--donors", type=int, default=10_000, help="who get a statement in a run that dies twice")
    parser.add_argument("--stops", type=int, default=5, help="how often the database is stopped")
    parser.add_argument("--steps", type=int, default=500, help="steps of one story")
    parser.add_argument("--rounds", type=int, default=4, help="how many stories")
    parser.add_argument("--stories", type=int, default=500, help="how many random stories the books drill tells")
    parser.add_argument("--years", type=int, default=1000, help="how many charity-years are lived, four to a charity")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once, of years and faults")
    parser.add_argument("--tale", action="append", help="a story of the faults drill by its name; may be said again")
    parser.add_argument("--first", type=int, default=1, help="the fault of each story to begin with")
    parser.add_argument("--events", type=int, default=100_000, help="how many events two workers find waiting")
    parser.add_argument("--report", type=Path, help="a file for the report, which is printed at the end too")
    parser.add_argument("--posts", type=int, default=200, help="how many forms a burst sends")
    words = "a site that gives, without starter pages: a minute of processor time less"
    parser.add_argument("--without-pages", action="store_true", help=words)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(DRILLS):
        parser.error(f"no drill is called {', '.join(sorted(unknown))}: {', '.join(DRILLS)}")
    failed = []

    def say(words: str) -> None:
        print(words, flush=True)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stopped)  # whoever loses patience gets the report of what was done until then
    with yard(say, GIVING if asked.without_pages else WHOLE) as ground:
        try:
            for name in asked.names or DRILLS:
                if not _told(ground, name, asked):
                    failed.append(name)
        finally:
            say(ground.report.text())
            if asked.report:
                ground.report.write(asked.report)
    say(f"FAILED: {', '.join(failed)}" if failed else "All drills ended with books that agree.")
    return 1 if failed else 0


def _told(ground: Yard, name: str, asked: argparse.Namespace) -> bool:
    """Run one drill, and say how it ended, also where somebody stops it. Whether it held."""
    began, drill = time.monotonic(), ground.report.begin(name)
    ground.say(f"{name}, seed {asked.seed}")
    drill.failed = "STOPPED before its end"
    try:
        DRILLS[name](ground, asked)
        drill.failed = "" if drill.failed.startswith("STOPPED") else drill.failed  # it may have been left out
    except Exception as error:
        traceback.print_exc()
        drill.failed = f"FAILED: {error}"
    finally:
        drill.seconds = time.monotonic() - began
        ground.say(f"   {drill.failed or 'done'} after {drill.seconds:.0f} s")
        if asked.report:
            ground.report.write(asked.report)
    return not drill.failed.startswith("FAILED")


def _stopped(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())

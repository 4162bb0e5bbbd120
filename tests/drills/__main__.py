"""The drills at length: python -m tests.drills [names] [options]; --help names them."""

import argparse
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable

from tests.drills import burst as bursts
from tests.drills import cluster, copies, failpoints, killing, outages, together
from tests.drills import statements as year_ends
from tests.drills.story import Story
from tests.drills.yard import Yard, yard
from tests.running import ROOT


def points(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        for name in failpoints.POINTS:
            killing.at_a_point(site, name)


def kills(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        killing.at_random(site, asked.kills)


def database(ground: Yard, asked: argparse.Namespace) -> None:
    if reason := cluster.why_not():
        ground.say(f"   SKIPPED: {reason}")
        return
    with ground.site_on_cluster(asked.seed) as (site, server):
        outages.database_stops(site, server, asked.stops)


def disk(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site_on_narrow_disk(asked.seed) as (site, narrow):
        outages.disk_fills(site, narrow, gifts=6)


def both(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        together.two_of_each(site, gifts=9)


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
        bursts.a_church_gives(site, asked.posts)
    assert not late, "; ".join(late)


def statements(ground: Yard, asked: argparse.Namespace) -> None:
    with ground.site(asked.seed) as site:
        year_ends.killed_twice(site, asked.donors)


def books(ground: Yard, asked: argparse.Namespace) -> None:
    """The stories of tests/donations/test_machine.py at length, and every fault that they must find."""
    tests = ["tests/donations/test_machine.py", "tests/donations/test_planted_faults.py"]
    env = {**os.environ, "STORIES": str(asked.stories), "PLANTED": "all"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-v", "--timeout=0", *tests], cwd=ROOT, env=env)
    if done.returncode:
        raise AssertionError("a story ended with other books than Stripe's, or a planted fault was not found")


def long(ground: Yard, asked: argparse.Namespace) -> None:
    """The tests that are too long for the gate: bursts, a story, planted faults that are found; a stranger's start."""
    folders = ["tests/drills", "tests/config"]
    done = subprocess.run([sys.executable, "-m", "pytest", "-v", "-m", "long", *folders], cwd=ROOT)
    if done.returncode:
        raise AssertionError("a test that is too long for the gate failed")


DRILLS: dict[str, Callable[[Yard, argparse.Namespace], None]] = {
    each.__name__: each
    for each in (points, kills, both, copy, stripe, disk, database, story, burst, statements, books, long)
}


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
    parser.add_argument("--posts", type=int, default=200, help="how many forms a burst sends")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(DRILLS):
        parser.error(f"no drill is called {', '.join(sorted(unknown))}: {', '.join(DRILLS)}")
    failed = []

    def say(words: str) -> None:
        print(words, flush=True)

    with yard(say) as ground:
        for name in asked.names or DRILLS:
            began = time.monotonic()
            say(f"{name}, seed {asked.seed}")
            try:
                DRILLS[name](ground, asked)
            except Exception:
                traceback.print_exc()
                failed.append(name)
            say(f"   {'FAILED' if name in failed else 'done'} after {time.monotonic() - began:.0f} s")
    say(f"FAILED: {', '.join(failed)}" if failed else "All drills ended with books that agree.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

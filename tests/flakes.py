"""Runs all tests again and again and lists what failed: script/flakes [N] [--seed SEED] [what pytest takes].

Each run has a seed, which is printed and sets the order of the files and the day (TEST_CLOCK). `--seed` begins with
that one, so that a run can be had again. Every third run has two busy loops beside it.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.databases import templates
from tests.gate import PASSED, gate, lanes, postgres, say

BUSY = "while True: pass"
# Days on which software that reckons with dates goes wrong.
DAYS = ["2027-01-31T12:00", "2028-02-29T12:00", "2026-12-31T23:50", "2027-03-28T00:30", "2027-03-14T06:30"]


def main() -> int:
    asked = argparse.ArgumentParser(prog="script/flakes", description=__doc__)
    asked.add_argument("times", nargs="?", type=int, default=10)
    asked.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options, args = asked.parse_known_args()
    failures: Counter[str] = Counter()
    url = postgres()
    with templates(url):  # the same for every seed: no day is in them
        for number in range(options.times):
            failures.update(run(number, options, args, url))
    say(f"=== {options.times} runs, {sum(failures.values())} failures")
    for test, count in failures.most_common():
        say(f"{count} × {test}")
    return PASSED if not failures else 1


def run(number: int, options: argparse.Namespace, args: list[str], url: str) -> Iterator[str]:
    """What failed in that run, with its seed."""
    seed = options.seed + number
    busy = number % 3 == 2
    day = the_day(seed)
    say(f"=== run {number + 1} of {options.times}: --seed {seed}, {day}{', busy machine' if busy else ''}")
    os.environ |= {"TEST_ORDER": str(seed), "TEST_CLOCK": day}
    mine = lanes(url, args)
    with busy_loops(2 if busy else 0):
        gate(mine, second=False)
    for lane in mine:
        broken = [] if lane.ended_well else [f"pytest itself ended with {lane.code}"]
        yield from (f"{test} on {lane.name} (--seed {seed})" for test in [*lane.failed(), *broken])


def the_day(seed: int) -> str:
    """One of the bad days in every other run, else any moment of three years."""
    dice = random.Random(seed)
    if seed % 2:
        return f"{dice.choice(DAYS)}:00Z"
    moment = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(3 * 365 * 86_400))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    sys.exit(main())

"""Live one charity, here or in a process of its own on a database in a file; and the seeds that are kept for ever."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.running import AT_LENGTH, ROOT
from tests.simulator.charity import Charity

LIFE = 4  # years of a charity, where a number of years is asked for
SEEDS = Path(__file__).with_name("seeds.txt")


@dataclass(frozen=True)
class Seed:
    """`why` it is kept: what it found, or what it comes upon."""

    number: int
    years: float
    why: str


def kept() -> list[Seed]:
    lines = [line.split(maxsplit=2) for line in SEEDS.read_text().splitlines() if line and not line.startswith("#")]
    return [Seed(int(number), float(years), why) for number, years, why in lines]


def live(sandbox, settings, number: int, years: float, kind: type[Charity] = Charity) -> Charity:
    """Returns it at its end: `report` and `written`. Raises AssertionError with the seed."""
    Charity.django = settings
    settings.SECRET_KEY = "the key of every story"  # links in letters are signed, and each process has a key of its own
    settings.STRIPE_PAGE_ORIGINS = [sandbox.address]
    charity = kind(sandbox, number, years)
    charity.live()
    return charity


def digest_in_a_file(number: int, years: float) -> str:
    """The fingerprint of the same story on SQLite, told by another process."""
    with tempfile.TemporaryDirectory(prefix="road-out-simulator-") as folder:
        place = Path(folder) / "digest"
        plain = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        env = {**plain, "SEED": str(number), "YEARS": str(years), "DIGEST": str(place)}
        words = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *AT_LENGTH]
        done = subprocess.run(
            [*words, "tests/simulator/alone.py", "-k", "test_it_lives"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return place.read_text()

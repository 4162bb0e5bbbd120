"""Benchmark of start-up time: how long a program of the site takes to start, against bare Django."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from tests.running import ROOT


def start(ground: Ground) -> Iterator[Pair]:
    def check(*words: str) -> Sample:
        ended: list[int] = []
        command = [sys.executable, *words]
        quiet = subprocess.DEVNULL
        sample = here(1, lambda: ended.append(subprocess.run(command, cwd=ROOT, stdout=quiet, stderr=quiet).returncode))
        insist(ended == [0], f"{' '.join(words)} failed.")
        return sample

    bare = ("-m", "django", "check", "--settings=benchmarks.bare_settings")
    yield Pair("manage.py check", "bare Django's", "starts", lambda: check("manage.py", "check"), lambda: check(*bare))

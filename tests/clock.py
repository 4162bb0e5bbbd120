"""The day on which tests in this process happen: the same each time, unless TEST_CLOCK names another.

    TEST_CLOCK=2028-02-29T12:00:00Z script/test -m "not processes and not browser"

The clock goes on from there. An offline Stripe that such a test starts lives on that day as well. Tests with real
processes live today, as the processes do. `python -m tests.clock SECONDS MODULE …` runs a module that far from now;
with `SECONDS=` its clock stands still there.
"""

import os
import runpy
import sys
import time
from datetime import datetime

import time_machine

MOMENT = datetime.fromisoformat(os.environ.get("TEST_CLOCK", "2027-03-09T10:00:00Z"))


def _real() -> float:
    hatch = time_machine.escape_hatch
    return float(hatch.time.time()) if hatch.is_travelling() else time.time()


def begin() -> None:
    """From now on it is that day in this process."""
    time_machine.travel(MOMENT).start()


def today() -> time_machine.travel:
    """With this it is today for a while."""
    return time_machine.travel(_real())


def python(module: str, still: bool = False) -> list[str]:
    """The command that runs a module on the same day as this process; `still`: at this moment, which never ends."""
    away = datetime.now().timestamp() - _real()
    words = ["tests.clock", f"{away}="] if still else [] if abs(away) < 1 else ["tests.clock", str(away)]
    return [sys.executable, "-m", *words, module]


if __name__ == "__main__":
    _, away, module, *sys.argv[1:] = sys.argv
    time_machine.travel(time.time() + float(away.rstrip("=")), tick=not away.endswith("=")).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)

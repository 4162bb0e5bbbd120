"""Memory of the site's processes: PSS, in which what several share is counted once. Linux alone tells it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from awareness import renditions
from benchmarks import asking
from benchmarks.ground import Ground
from benchmarks.measure import MeasureError, Pair, Sample
from foundation.jobs.models import Heartbeat, Job
from tests.running import ROOT

DONE = Job.State.DONE
PATIENCE = 400  # seconds: pictures of sixteen pages, on a busy machine
PAGES = ("/", "/the-problem/what-is-human-trafficking/", "/give/", "/pledge/", "/my/", "/search/")


def used(ground: Ground) -> Iterator[Pair]:
    """A ratio over 1 is more memory than bare Django takes. Both of the site's run, as they always do, and the worker
    has made the pictures of every page, which is the most that it holds at once.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return
    with (ground.folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "worker"], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait(worker)
        for page in PAGES * 3:
            asking.once(ground.site.port, page)
        bare = _sample(lambda: max(_of_group(ground.bare.process.pid)))
        limit = "bare Django's"
        yield Pair("A web worker", limit, "MB", _sample(lambda: max(_of_group(ground.site.process.pid))), bare)
        both = _sample(lambda: sum(_of_group(ground.site.process.pid) + _of_group(worker.pid)))
        whole = _sample(lambda: sum(_of_group(ground.bare.process.pid)))
        yield Pair("Web and worker together, with their parents", "bare Django's web", "MB", both, whole)
    finally:
        worker.terminate()
        worker.wait(timeout=120)


def forget_peak() -> None:
    """Let the peak of this process be what it uses now, where the system is Linux."""
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """The most memory (MB, resident) that this process has used since. 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def _sample(megabytes: Callable[[], float]) -> Callable[[], Sample]:
    """As a rate, so that it stands in the same table: megabytes in one second."""
    return lambda: Sample(max(1, round(megabytes())), 1, 0)


def _of_group(leader: int) -> list[float]:
    """PSS in MB of each process that belongs to the group of `leader`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(") ")[2].split()[2]) != leader:
                continue
            lines = (stat.parent / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it ended meanwhile
        found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")]
    return found or [0]


def _wait(worker: "subprocess.Popen[bytes]") -> None:
    """Wait until the worker has begun, and done what is slow."""
    deadline = time.monotonic() + PATIENCE
    while not Heartbeat.objects.exists() or Job.objects.filter(kind=renditions.KIND).exclude(state=DONE).exists():
        if worker.poll() is not None or time.monotonic() > deadline:
            raise MeasureError("The worker did not start.")
        time.sleep(0.1)

"""Web server process of a benchmark: started as script/server would, measured, and stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import asking
from benchmarks.measure import MeasureError, Sample
from config.management.commands.serve import web_command
from config.management.commands.web import APPLICATION, server
from tests.running import ROOT, free_port

PATIENCE = 120  # seconds, timeout of a start on a busy machine
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """One web process with as many threads as the site's."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def samples(self, make: Callable[[], bytes], seconds: float, wanted: int = 200, busy: bool = False) -> Sample:
        """Measure as many responses as there are in so many seconds; each request is made anew."""
        cpu = self.cpu()
        done, took = asking.many(self.port, iter(make, None), seconds, wanted, busy)
        return Sample(done, took, self.cpu() - cpu)

    def one(self, path: str, **headers: str) -> tuple[bytes, Sample]:
        """Return one response with its sample."""
        cpu, began = self.cpu(), time.perf_counter()
        answer, body = asking.once(self.port, path, **headers)
        took = time.perf_counter() - began
        if answer.status != 200:
            raise MeasureError(f"{path} answered {answer.status}.")
        return body, Sample(1, took, self.cpu() - cpu)

    def cpu(self) -> float:
        """Processor time in seconds of all processes of this server; 0 where the system does not tell."""
        return sum(self._ticks(stat) for stat in Path("/proc").glob("[0-9]*/stat")) / TICKS

    def _ticks(self, stat: Path) -> int:
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            return 0  # it ended meanwhile
        return int(fields[11]) + int(fields[12]) if int(fields[2]) == self.process.pid else 0


@contextmanager
def serving(application: str, log: Path, first: str, port: int = 0) -> Iterator[Server]:
    """Context manager of the site's web server, or of one like it. `first` is a path that answers when it does."""
    port = port or free_port()
    alike = ["-m", *server("127.0.0.1", port, workers=1, grace=10, application=application)]
    command = web_command(port) if application == APPLICATION else alike
    with running([sys.executable, *command], log, first, port) as started:
        yield started


@contextmanager
def running(command: list[str], log: Path, first: str, port: int) -> Iterator[Server]:
    """Context manager of a server process. `first` is a path that answers as soon as the server does."""
    with log.open("ab") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file, start_new_session=True)
    try:
        _wait(process, port, first, log)
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, first: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            asking.once(port, first)
            return
        except MeasureError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise MeasureError(f"A web server did not start:\n{log.read_text()[-800:]}") from error
        time.sleep(0.1)

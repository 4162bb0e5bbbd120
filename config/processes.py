"""Supervisor of child processes: started in order, stopped together when one ends, which is named."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from config import reaper
from config.reaper import GRACE_SECONDS

# Of each web process; docs/deploy.md starts as many. Most of them wait: fewer are in Django, with a connection
# (config/connection_pool.py).
THREADS = 80


class EndedError(Exception):
    """A process ended that should have kept running. The text says which."""


class Processes:
    """A handful of supervised child processes. Use as a context manager: leaving it stops them, last started first.

    Where this process is killed before it can do that, its reaper does (config/reaper.py), which holds `lock` so long.
    """

    def __init__(self, cwd: Path, env: dict[str, str], lock: Path) -> None:
        self.cwd, self.env, self.lock = cwd, {**os.environ, **env}, lock
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Processes":
        """Start the reaper first; it inherits nothing of ours but its own two pipes."""
        command = [sys.executable, "-m", "config.reaper", str(self.lock)]
        self.keeper = subprocess.Popen(
            command, cwd=self.cwd, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if self.keeper.stdout is None or self.keeper.stdout.readline() != b"ready\n":
            raise EndedError("its keeper did not start; what it said stands above")
        return self

    def start(self, name: str, command: list[str]) -> None:
        """Start a child in a session of its own, so that Ctrl-C reaches us alone and we stop the children in order."""
        self.children[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=self.cwd,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        self._tell_keeper(str(self.children[name].pid))

    def wait_for(self, ready: Callable[[], bool], seconds: float = 180) -> None:
        """Return when ready() is true. Raises EndedError when a child ends first or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise EndedError(f"it did not answer within {seconds:.0f} seconds")
            time.sleep(0.1)

    def check(self) -> None:
        for name, child in self.children.items():
            if child.poll() is not None:
                raise EndedError(f"{name} ended with code {child.returncode}; what it said stands above")

    def __exit__(self, *exception: object) -> None:
        for child in reversed(self.children.values()):
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children.values():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.wait()
        # The orphans of a child that was itself killed: the web server's own processes, which hold our port.
        reaper.end([child.pid for child in self.children.values()], GRACE_SECONDS)
        self._tell_keeper("done")
        self.keeper.wait()

    def _tell_keeper(self, word: str) -> None:
        if self.keeper.stdin:
            with suppress(BrokenPipeError):  # somebody killed it; what we start we stop all the same
                self.keeper.stdin.write(f"{word}\n".encode())
                self.keeper.stdin.flush()


def hold(path: Path) -> bool:
    """Lock a file for as long as this process lives, however it ends. False: another process holds the lock."""
    file = os.open(path, os.O_CREAT | os.O_RDWR)  # stays open to the end
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    return True


def wait_until_free(path: Path) -> None:
    """Wait until no process holds the lock on the file."""
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    finally:
        os.close(file)


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    if child.poll() is None:
        child.send_signal(number)

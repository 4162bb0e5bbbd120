"""Reaper of orphan processes: stops the children of a killed server. It runs beside the server and outlives it.

Its standard input is a pipe from the server, which writes the id of each child, and at last `done`. When the pipe ends
without that word, the server died by kill -9 or for want of memory, and its children would hold the ports.
"""

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress

GRACE_SECONDS = 10


def main(lock: str) -> None:
    """Hold the lock while this process lives: the next server waits for it."""
    file = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    print("ready", flush=True)
    children = []
    for line in sys.stdin:
        if line.strip() == "done":
            return
        children.append(int(line))
    end(children, GRACE_SECONDS)


def end(groups: list[int], seconds: float) -> None:
    """End process groups: SIGTERM, then SIGKILL after `seconds`. What a child started is ended, even if it is dead."""
    _signal(groups, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while _signal(groups, 0) and time.monotonic() < deadline:
        time.sleep(0.1)
    _signal(groups, signal.SIGKILL)


def _signal(groups: list[int], number: int) -> bool:
    """Send a signal to each group. Whether any of them was still alive."""
    heard = False
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
            heard = True
    return heard


if __name__ == "__main__":
    main(sys.argv[1])

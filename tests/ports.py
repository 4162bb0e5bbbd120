"""Ports for the processes that tests start: free now, and nobody takes one before it is used."""

import itertools
import os
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 20_000
# From here on the kernel gives ports to whoever calls a server, thousands of times in a run.
EPHEMERAL = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32_768
COUNT = max(EPHEMERAL - LOWEST, 1000)
_turn = itertools.count(os.getpid() * 41)  # processes that run side by side begin far from each other


def free_port() -> int:
    """A port on loopback that nobody listens on. Never the same twice in a process."""
    for turn in itertools.islice(_turn, COUNT):
        port = LOWEST + turn % COUNT
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no free port from {LOWEST} to {LOWEST + COUNT}")

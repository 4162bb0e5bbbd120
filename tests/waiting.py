"""Waiting for what another process or thread does: for the condition, never for a time."""

import time
from collections.abc import Callable

PATIENCE = 180  # seconds, for a machine that is slow and busy with other things


def wait_for(condition: Callable[[], object], what: str = "it") -> None:
    """Return as soon as `condition` is true. AssertionError when it is not within a minute."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE} seconds"
        time.sleep(0.02)  # polls what cannot call us; nothing is assumed about how long it takes

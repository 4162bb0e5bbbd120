"""Few arenas of memory: by itself glibc makes eight for each core, and each keeps what its threads gave back."""

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8  # malloc.h
MOST = 2  # one thread of Python allocates at a time anyway


def few() -> None:
    """For this process, before it has many threads. Nothing where the system's malloc knows no arenas."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, MOST)

"""The memory allocator of the C library (glibc): few arenas, and what was freed goes back to the system.

By itself glibc makes eight arenas for each core, and each keeps what its threads gave back. Blocks that are freed raise
the size up to which it keeps them, to 64 MB: a worker that has made pictures held 391 MB for good, and holds 193 so.
"""

import ctypes
from contextlib import suppress

# malloc.h
M_TRIM_THRESHOLD, M_ARENA_MAX = -1, -8
ARENAS = 2  # one thread of Python allocates at a time anyway
FREE = 1 << 20  # bytes that are kept at the end of the heap


def thrifty() -> None:
    """For this process, before it has many threads. Nothing where the system's malloc knows no such words."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, ARENAS)
        libc.mallopt(M_TRIM_THRESHOLD, FREE)

"""Room for deep calls: a seventh of the time of the giving page (docs/performance.md).

CPython 3.11 and later keep the frames of calls in pieces of 16 KB, and give a piece back to the system at the moment at
which the calls leave it. Where the border of two of them runs through a template's loop, each call across it costs two
system calls and a page fault; which page that is, chance decides. One large frame at the bottom gets a piece of a
megabyte, in which all that it calls finds room. What is not used of it is never touched and takes no memory.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
WORDS = 66_000  # of 8 bytes each: over half a megabyte, so that CPython asks for a whole one: the other half is free


def roomy(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, with one piece of memory for what it calls. For the first call of a thread or process."""

    def bottom(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    bottom.__code__ = bottom.__code__.replace(co_stacksize=WORDS)
    return functools.wraps(function)(bottom)

"""All chance of a process from one seed: references, tokens, idempotency keys and jitter come from the machine's own
source of randomness, and while this holds, that source is a die of the story's.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

MACHINE = os.urandom
_drawn = [MACHINE]  # the last one is drawn from


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """`secrets` and `uuid4` draw through these two names, `random` from its own generator, which is put back."""
    dice, before = random.Random(f"the machine {seed}"), random.getstate()
    with pytest.MonkeyPatch.context() as patch, _from(dice.randbytes):
        patch.setattr(os, "urandom", _draw)
        patch.setattr(random, "_urandom", _draw)
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)


@contextmanager
def of_another_process() -> Iterator[None]:
    """What happens in here throws no die of the story's: it stands for another machine."""
    with _from(MACHINE):
        yield


@contextmanager
def _from(source: Callable[[int], bytes]) -> Iterator[None]:
    _drawn.append(source)
    try:
        yield
    finally:
        _drawn.pop()


def _draw(count: int) -> bytes:
    return _drawn[-1](count)

"""All chance of a process from one seed: references, tokens, idempotency keys and jitter come from the machine's own
source of randomness, and while this holds, that source is a die of the story's.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """`secrets` and `uuid4` draw through these two names, `random` from its own generator, which is put back."""
    dice, before = random.Random(f"the machine {seed}"), random.getstate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", dice.randbytes)
        patch.setattr(random, "_urandom", dice.randbytes)
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)

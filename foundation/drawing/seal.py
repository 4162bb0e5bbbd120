"""A seal of one's own: an engraved rosette whose form follows from a public id, and from nothing else."""

from functools import lru_cache
from hashlib import sha256
from math import cos, sin, tau
from typing import NamedTuple

from foundation.drawing.line import curve

CENTRE = 110.0
REACH = 100.0  # no point lies further from the centre, so that the drawing stays within its 220 x 220


class Seal(NamedTuple):
    """One closed curve, and the angles (degrees) at which it is repeated around the centre."""

    name: str
    path: str
    turns: tuple[float, ...]


@lru_cache(maxsize=512)
def seal(public_id: str) -> Seal:
    """The seal of an id. It never changes for an id: certificates already printed must keep matching."""
    digest = sha256(f"road-out-seal:{public_id}".encode()).digest()
    fold = 3 + digest[0] % 4
    petals = fold * (2 + digest[1] % 3)
    swing = 0.14 + 0.16 * digest[2] / 255
    weave = 0.06 + 0.16 * digest[3] / 255
    turn = tau * digest[4] / 256
    copies = 9 + digest[5] % 6
    core = 1 - swing - weave
    steps = petals * 8
    points = []
    for i in range(steps + 1):
        angle = tau * i / steps
        radius = REACH * (core + swing * cos(petals * angle) + weave * cos(fold * angle + turn))
        points.append((CENTRE + radius * cos(angle), CENTRE + radius * sin(angle)))
    # The curve repeats itself `fold` times around; its copies share out one such part, so the whole is even.
    turns = tuple(round(360 / fold / copies * i, 2) for i in range(1, copies))
    return Seal(f"seal-{digest.hex()[:10]}", curve(points), turns)

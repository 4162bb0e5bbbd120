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
    """The seal of an id. The same id gives the same seal for ever: certificates already printed must keep matching."""
    digest = sha256(f"road-out-seal:{public_id}".encode()).digest()
    petals = 7 + digest[0] % 7
    inner = 2 + digest[1] % 4
    swing = 0.16 + 0.10 * digest[2] / 255
    weave = 0.12 + 0.10 * digest[3] / 255
    turn = tau * digest[4] / 256
    copies = 12 + digest[5] % 7
    steps = petals * inner * 6
    core = 1 - swing - weave
    points = []
    for i in range(steps + 1):
        angle = tau * i / steps
        radius = REACH * (core + swing * cos(petals * angle) + weave * cos(inner * angle + turn))
        points.append((CENTRE + radius * cos(angle), CENTRE + radius * sin(angle)))
    # A third of a petal is enough for the copies to interlace; a full one would lay them on each other.
    spread = 360 / petals / copies
    return Seal(
        f"seal-{digest.hex()[:10]}", curve(points), tuple(round(spread * i, 2) for i in range(1, copies))
    )

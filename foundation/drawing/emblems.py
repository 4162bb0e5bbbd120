"""The three emblems, in the same engraved line: ripple (culture), lens (laws), braid (outreach)."""

from collections.abc import Callable
from functools import cache
from math import cos, exp, pi
from typing import NamedTuple

from foundation.drawing.line import curve, number, smooth_step


class Emblem(NamedTuple):
    """Lines and one solid dot. `box` is its viewBox; `shapes` are SVG elements without any style."""

    box: str
    shapes: str


def _path(points: list[tuple[float, float]]) -> str:
    return f'<path d="{curve(points)}"/>'


def _dot(x: float, y: float, radius: float) -> str:
    return f'<circle class="dot" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'


def ripple() -> Emblem:
    """One centre moves, and every ring follows."""
    rings = [f'<circle cx="{number(58 + i * 5.2)}" cy="60" r="{number(8 + i * 8.4)}"/>' for i in range(7)]
    return Emblem("29 0 120 120", "".join(rings) + _dot(58, 60, 4.5))


def lens() -> Emblem:
    """Ruled lines part to let the light through."""
    shapes = ""
    for i in range(11):
        rule = 14 + i * 9.2
        if i == 5:  # the middle line is cut: the light stands in it
            shapes += '<path d="M8 60H52"/><path d="M132 60H152"/>'
            continue
        side = 1 if rule > 60 else -1
        bulge = 26 * (1 - abs(rule - 60) / 46) ** 1.1 * side
        shapes += _path([(x, rule + bulge * exp(-(((x - 92) / 26) ** 2))) for x in range(8, 153, 12)])
    return Emblem("7 8 147 104", shapes + _dot(92, 60, 12))


def braid() -> Emblem:
    """Two bundles cross, and travel on as one."""
    shapes = ""
    for i in range(5):
        for side in (1, -1):
            points = []
            for k in range(15):
                along = k * 10.6 / 148
                apart = 1 - smooth_step(0, 0.86, along)
                swing = (10 + i * 9.5) * apart * cos(along * pi * 2.35)
                points.append((6 + k * 10.6, 60 + side * swing + (i - 2) * side * 1.6 * (1 - apart)))
            shapes += _path(points)
    return Emblem("5 10 156 100", shapes + _dot(154.4, 60, 5))


EMBLEMS: dict[str, Callable[[], Emblem]] = {"ripple": ripple, "lens": lens, "braid": braid}


@cache
def emblem(name: str) -> Emblem:
    """The emblem of that name. Raises KeyError for any other name."""
    return EMBLEMS[name]()

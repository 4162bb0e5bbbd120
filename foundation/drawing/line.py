"""The unbinding line: engraved, it starts as a coil, opens into a wave and runs on as a road to a low sun.

Pure functions from numbers to SVG path data. Lengths are in the units of the drawing's own viewBox, angles in
radians, shares in 0..1. Every other drawing of the house is made of `smooth_step` and `curve` too.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from math import cos, pi, sin, tau
from typing import NamedTuple

Point = tuple[float, float]


def smooth_step(start: float, end: float, at: float) -> float:
    """0 before start, 1 after end, and an even S-curve between them."""
    share = min(1.0, max(0.0, (at - start) / (end - start)))
    return share * share * (3 - 2 * share)


def number(value: float) -> str:
    """A length with one decimal in as few characters as SVG allows: `12`, `.5`, `-.5`."""
    text = f"{value:.1f}".removesuffix(".0")
    if text == "-0":
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def numbers(values: Iterable[float]) -> str:
    """Lengths in a row. A minus sign separates by itself; everything else needs a space."""
    row = ""
    for value in values:
        text = number(value)
        row += text if not row or text.startswith("-") else f" {text}"
    return row


def curve(points: Sequence[Point]) -> str:
    """A Catmull-Rom spline through the points, as relative smooth Bezier segments.

    Each segment is rounded to one decimal from where the pen really is, so that rounding never adds up.
    """
    pen_x, pen_y = round(points[0][0], 1), round(points[0][1], 1)
    path = f"M{numbers((pen_x, pen_y))}"
    last = len(points) - 1
    for i in range(last):
        before, here, there = points[max(i - 1, 0)], points[i], points[i + 1]
        after = points[min(i + 2, last)]
        arrive_x = there[0] - (after[0] - here[0]) / 6 - pen_x
        arrive_y = there[1] - (after[1] - here[1]) / 6 - pen_y
        step_x, step_y = round(there[0] - pen_x, 1), round(there[1] - pen_y, 1)
        segment = numbers((arrive_x, arrive_y, step_x, step_y))
        if i == 0:
            leave = numbers(((there[0] - before[0]) / 6, (there[1] - before[1]) / 6))
            path += f"c{leave}{'' if segment.startswith('-') else ' '}{segment}s"
        else:
            path += segment if path.endswith("s") or segment.startswith("-") else f" {segment}"
        pen_x, pen_y = round(pen_x + step_x, 1), round(pen_y + step_y, 1)
    return path.removesuffix("s")  # of two points there is one segment


class Road(NamedTuple):
    """Where a bundle of strands runs: from a coil on the left to one vanishing point on the right."""

    left: float = -40.0
    base: float = 395.0  # the height at which the coil turns
    sun_x: float = 1180.0
    sun_y: float = 250.0  # the horizon
    radius: float = 128.0
    loops: int = 12
    opens_at: float = 0.66  # share of the way at which nothing of the coil is left
    pull: float = 1.55  # above 1: the turns come faster at the beginning


def course(road: Road, shrink: float, phase: float, drop: float) -> list[Point]:
    """The points of one line of the bundle. `shrink` tightens its coil; `drop` is its lane before all lanes meet."""
    turns, straight = road.loops * 9, 12
    shares = [road.opens_at * i / turns for i in range(turns)]
    shares += [road.opens_at + (1 - road.opens_at) * i / straight for i in range(straight)]
    radius, length, rise = road.radius * shrink, road.sun_x - road.left, road.base - road.sun_y
    points: list[Point] = []
    for share in shares:
        bound = min(1.0, share / road.opens_at)
        angle = tau * road.loops * (1 - (1 - bound) ** road.pull) + phase
        wide = radius * (1 - smooth_step(0, 0.8, bound))
        high = radius * (1 - smooth_step(0.12, 1, bound)) ** 0.9
        lane = drop * smooth_step(0.22, 0.66, share) * (1 - smooth_step(0.6, 1, share))
        x = road.left + length * (0.72 * share + 0.28 * share * share) - wide * sin(angle)
        y = road.base + lane - rise * smooth_step(0.42, 1, share) + high * 0.8 * cos(angle)
        points.append((x, y))
    return [*points, (road.sun_x, road.sun_y)]


def courses(road: Road, strands: int = 8, fan: float = 150.0) -> list[list[Point]]:
    """The points of each strand of the hero, highest lane first. `fan`: how far apart the lanes run at the widest."""
    spread = [i / (strands - 1) for i in range(strands)]
    return [course(road, 1 - 0.1 * u, (u - 0.5) * 1.1, fan * (u - 0.12)) for u in spread]


@cache
def bundle(road: Road, strands: int = 8, fan: float = 150.0) -> tuple[str, ...]:
    """The strands as SVG paths."""
    return tuple(curve(points) for points in courses(road, strands, fan))


@cache
def divider(
    width: float = 1240.0,
    middle: float = 46.0,
    radius: float = 30.0,
    loops: int = 15,
    coil_ends: float = 0.46,
    margin: float = 34.0,
) -> str:
    """A single line for the head of a long text: fifteen turns, then straight to where the sun stands. The coil is
    open at `margin` and that share of the width; the line ends a margin before it.
    """
    steps = loops * 9
    points: list[Point] = []
    for i in range(steps + 1):
        share = i / steps
        angle = tau * loops * (1 - (1 - share) ** 1.3) + pi
        wide = radius * (1 - smooth_step(0.1, 0.74, share))
        high = radius * (1 - smooth_step(0.3, 1, share))
        x = margin + width * coil_ends * share - wide * sin(angle)
        points.append((x, middle + high * cos(angle)))
    rest = width * (1 - coil_ends) - 2 * margin
    points += [(margin + width * coil_ends + rest * i / 6, middle) for i in range(1, 7)]
    return curve(points)


@cache
def mark() -> str:
    """The line as a sign of 62 x 34, small enough to stand beside the name: four turns and the road."""
    turns, steps = 4, 46
    points: list[Point] = []
    for i in range(steps + 1):
        share = i / steps
        radius = 9.2 * (1 - smooth_step(0.35, 1, share))
        angle = tau * turns * (1 - (1 - share) ** 1.4)
        x = 10 + 26 * share - radius * sin(angle) * (1 - smooth_step(0.3, 0.9, share))
        points.append((x, 17 + 6.5 * smooth_step(0.5, 1, share) + radius * cos(angle)))
    return curve([*points, (60.0, 23.5)])


@cache
def still_bound(share: float, width: float = 560.0, ground: float = 34.0, radius: float = 15.0) -> str:
    """The part of a meter not reached yet: a coil from `share` of the width to its end; empty at 1."""
    start, room = width * share, width * (1 - share) - 16
    if room <= radius:
        return ""
    loops = max(3, round(room / 15))
    points: list[Point] = []
    for i in range(loops * 8 + 1):
        at = i / (loops * 8)
        size = radius * smooth_step(0, 0.16, at)
        angle = tau * loops * at
        x = start + (room - radius * 0.2) * at + size * sin(angle) * 0.95
        points.append((x, ground - size + size * cos(angle)))
    return curve(points)

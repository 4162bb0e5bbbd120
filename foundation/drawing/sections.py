"""One drawing of the unbinding line for each section of the site: bound at the left, open at the right, by a way of its
own. All stand in a box of 560 x 240 and end at a low sun.
"""

from collections.abc import Callable
from functools import cache
from math import cos, pi, sin, tau
from typing import NamedTuple

from foundation.drawing.line import Point, curve, number, smooth_step

GROUND = 196
SUN_X, SUN = 510, 34  # its middle, and how large it is
Line = list[Point]


class Opening(NamedTuple):
    """Turns round a centre that moves: where it starts and ends, how wide it turns, and from where it opens."""

    start: Point
    end: Point
    radius: float
    turns: int
    opens_at: float = 0.3  # share of the way
    open_at: float = 1.0


def _opened(way: Opening) -> Line:
    """The points of a coil that lies down into a line."""
    points, steps = [], way.turns * 10
    for i in range(steps + 1):
        share = i / steps
        angle = tau * way.turns * (1 - (1 - share) ** 1.25) + pi
        size = way.radius * (1 - smooth_step(way.opens_at, way.open_at, share))
        x = way.start[0] + (way.end[0] - way.start[0]) * share
        y = way.start[1] + (way.end[1] - way.start[1]) * smooth_step(0, 1, share)
        points.append((x - size * sin(angle), y + size * cos(angle)))
    return points


def _run(start: Point, end: Point, steps: int = 6) -> Line:
    """A soft way from one height to another."""
    return [
        (start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * smooth_step(0, 1, i / steps))
        for i in range(1, steps + 1)
    ]


def problem() -> list[Line]:
    """Bound almost to the end: the way out is there, and short."""
    return [[*_opened(Opening((74, 124), (400, GROUND), 68, 16, 0.5)), (SUN_X, GROUND)]]


def solution() -> list[Line]:
    """Three lines open side by side, and run on as one road."""
    lines = []
    for at, y in enumerate((48, 116, 184)):
        coil = _opened(Opening((40, y), (220, y), 28, 6))
        lines.append(coil + _run((220, y), (400, GROUND - 6 + 6 * at), 8) + [(SUN_X, GROUND - 3 + 3 * at)])
    return lines


def culture() -> list[Line]:
    """One turn at the centre, and every further one is wider, until the last runs out."""
    turns, steps = 6, 84
    spiral = []
    for i in range(steps + 1):
        share = i / steps
        angle, size = tau * turns * share + pi, 6 + 88 * share
        spiral.append((134 - size * sin(angle), GROUND - 94 + size * cos(angle + pi)))
    return [[*spiral, (200, GROUND + 2), (260, GROUND), (SUN_X, GROUND)]]


def laws() -> list[Line]:
    """Ruled lines part, and let the line through straight."""
    ruled: list[Line] = []
    for i in range(8):
        y = 40 + i * 26
        away = (1 if y > 144 else -1) * 15 * max(0.0, 1 - abs(y - 144) / 110)
        if abs(y - 144) > 4:
            ruled.append([(x, y + away * (1 - ((x - 330) / 90) ** 2)) for x in range(240, 421, 20)])
    way = _opened(Opening((56, 144), (250, 144), 46, 8, 0.2))
    return [[*way, (330, 144), (420, 144), *_run((420, 144), (SUN_X, GROUND))], *ruled]


def outreach() -> list[Line]:
    """A second line comes down to the bound one, and stays beside it."""
    bound = _opened(Opening((64, 150), (330, GROUND), 52, 9, 0.25))
    other = [(24, 26), (110, 30), *_run((110, 30), (350, GROUND - 9), 9), (430, GROUND - 9), (SUN_X, GROUND - 7)]
    return [[*bound, (SUN_X, GROUND)], other]


def together() -> list[Line]:
    """Many begin alone, each from a loop of their own, and meet on the road."""
    lines = []
    for i in range(7):
        y = 24 + i * 32
        x = 24 + 46 * abs(i - 3) / 3
        coil = _opened(Opening((x, y), (x + 90, y), 13, 3, 0.35))
        lines.append(coil + _run((x + 90, y), (430, GROUND), 8) + [(SUN_X, GROUND)])
    return lines


def ourselves() -> list[Line]:
    """A rosette, as on a paper that must be genuine, and the line that leaves it."""
    steps = 168
    rose = []
    for i in range(steps + 1):
        angle = tau * 5 * i / steps
        size = 62 + 30 * cos(angle * 12 / 5)
        rose.append((128 + size * sin(angle), 112 + size * cos(angle)))
    return [rose + _run(rose[-1], (300, GROUND)) + [(SUN_X, GROUND)]]


def writing() -> list[Line]:
    """The coil as a hand that writes, line below line, looser each time."""
    points: Line = []
    for row in range(4):
        y, loops = 36 + row * 50, 11 - 3 * row
        for i in range(loops * 8 + 1):
            share = i / (loops * 8)
            size = (17 - 3 * row) * (1 - smooth_step(0.75, 1, share))
            angle = tau * loops * share
            points.append((28 + 300 * share + size * sin(angle), y - size * (1 - cos(angle))))
        if row < 3:
            points += [(350, y + 8), (342, y + 24), (180, y + 30), (26, y + 34), (14, y + 44)]
    return [[*points, (400, GROUND - 8), (SUN_X, GROUND)]]


def reels() -> list[Line]:
    """From one reel to the next, and out into the light."""

    def reel(x: float, y: float, inner: float, outer: float, turns: int, begin: float) -> Line:
        steps = turns * 12
        return [
            (x + (inner + (outer - inner) * i / steps) * sin(tau * turns * i / steps + begin),
             y - (inner + (outer - inner) * i / steps) * cos(tau * turns * i / steps + begin))
            for i in range(steps + 1)
        ]  # fmt: skip

    first, second = reel(108, 100, 10, 76, 7, 0), reel(308, 100, 56, 12, 5, 0)
    out = [(308, 156), (360, 176), (420, GROUND), (SUN_X, GROUND)]
    ring = [(308 + 56 * sin(tau * i / 16), 100 - 56 * cos(tau * i / 16)) for i in range(17)]
    return [[*first, (208, 26), *second], ring[8:0:-1] + ring[:1], [*ring[12:], *ring[:8], *out][-13:]]


def voice() -> list[Line]:
    """The coil becomes a sound, and the sound carries."""
    points = _opened(Opening((58, 130), (190, 130), 48, 7, 0.4))
    for i in range(1, 101):
        share = i / 100
        loud = 74 * sin(pi * share) ** 2 * (0.45 + 0.55 * abs(sin(share * 9)))
        points.append(
            (190 + 230 * share, 130 + (GROUND - 130) * smooth_step(0.6, 1, share) - loud * sin(share * tau * 13))
        )
    return [[*points, (SUN_X, GROUND)]]


def folded() -> list[Line]:
    """Unwound once, and folded like a sheet that is handed on."""
    points = _opened(Opening((48, 60), (150, 40), 34, 6, 0.3))
    for fold in range(5):
        y, right = 40 + fold * 34, fold % 2 == 0
        near, far = (180, 390) if right else (390, 180)
        points += [(near, y), ((near + far) / 2, y), (far, y), (far + (16 if right else -16), y + 17)]
    return [[*points[:-1], (SUN_X, GROUND)]]


def ribbon() -> list[Line]:
    """A ribbon with a bow, as round a thing that somebody chose."""
    points = _opened(Opening((40, GROUND - 64), (150, GROUND - 64), 30, 6, 0.3))
    for i in range(1, 41):
        angle = tau * i / 40
        points.append((240 + 92 * sin(angle), GROUND - 64 + 84 * sin(angle) * cos(angle)))
    return [[*points, (300, GROUND - 50), (390, GROUND - 8), (SUN_X, GROUND)]]


def rest() -> list[Line]:
    """A line that swings less and less, and comes to rest: what a rule is for."""
    steps = 110
    swing = [
        (30 + 390 * i / steps, GROUND - 84 * (1 - i / steps) ** 1.6 * (1 - cos(tau * 11 * (i / steps) ** 0.9)))
        for i in range(steps + 1)
    ]
    return [[*swing, (SUN_X, GROUND)]]


def searching() -> list[Line]:
    """The coil looks through a glass, sees the road, and takes it."""
    glass = [(250 + 62 * sin(tau * i / 40), 108 - 62 * cos(tau * i / 40)) for i in range(41)]
    way = _opened(Opening((52, 108), (210, 108), 42, 8, 0.25))
    return [[*way, (250, 108), (300, 112), (400, GROUND - 10), (SUN_X, GROUND)], glass, [(294, 152), (330, 188)]]


def own() -> list[Line]:
    """One loop, tied once like a key to its owner, and a straight way on."""
    ring = [(110 - 70 * cos(tau * i / 40), 112 - 70 * sin(tau * i / 40)) for i in range(41)]
    inner = [(110 - 26 * cos(tau * i / 40), 112 - 26 * sin(tau * i / 40)) for i in range(41)]
    teeth = [(300, 112), (300, 140), (322, 140), (322, 112), (344, 112), (344, 132), (366, 132), (366, 112)]
    return [ring, inner, [(180, 112), *teeth, *_run((366, 112), (450, GROUND), 6), (SUN_X, GROUND)]]


def given() -> list[Line]:
    """The coil opens and goes on by steps, each as wide as the last: little by little, and month by month."""
    points = _opened(Opening((52, GROUND - 66), (200, GROUND), 48, 8, 0.3))
    steps, wide = 5, 44
    for i in range(1, steps * 10 + 1):
        points.append((200 + wide * i / 10, GROUND - 40 * abs(sin(pi * i / 10))))
    return [[*points, (424, GROUND), (436, GROUND), (SUN_X, GROUND)]]


def signed() -> list[Line]:
    """A name, written large, with the stroke that people put below it."""
    strokes, steps = (78, 30, 34, 64, 28, 32, 46), 16
    points: Line = []
    for i in range(len(strokes) * steps + 1):
        tall = strokes[min(i // steps, len(strokes) - 1)]
        angle = tau * i / steps
        points.append((36 + 40 * i / steps + tall * 0.42 * sin(angle), 138 - tall * (1 - cos(angle)) / 2))
    return [[*points, (352, 128), (300, 156), (120, 176), (60, 190), (150, GROUND), (300, GROUND), (SUN_X, GROUND)]]


DRAWINGS: dict[str, Callable[[], list[Line]]] = {
    "the-problem": problem,
    "our-solution": solution,
    "shifting-culture": culture,
    "changing-laws": laws,
    "reaching-out": outreach,
    "get-involved": together,
    "about": ourselves,
    "articles": writing,
    "films": reels,
    "podcast": voice,
    "resources": folded,
    "shop": ribbon,
    "policies": rest,
    "give": given,
    "pledge": signed,
    "search": searching,
    "my": own,
    "privacy": rest,
}


@cache
def shapes(name: str) -> str:
    """The SVG elements of one drawing, without any style; empty for a name that has none."""
    if name not in DRAWINGS:
        return ""
    paths = "".join(f'<path d="{curve(line)}"/>' for line in DRAWINGS[name]())
    return f'{paths}<path d="M{number(SUN_X - SUN)} {GROUND}a{SUN} {SUN} 0 0 1 {2 * SUN} 0z" class="s"/>'

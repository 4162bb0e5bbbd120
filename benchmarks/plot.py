"""The plot of a run of `growth`: an SVG of small charts on one scale, and a page with its table, for docs/."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from benchmarks.growing import Sized
from benchmarks.measure import Row, number

WIDE, TALL = 260, 170  # of one chart, with the words above it
COLUMNS = 3
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 30, 26  # of its frame
INSET = 24  # from the frame to the first size and the last
INK, PALE, LINE = "#1d2b28", "#c9d3d0", "#145146"
TITLE = "What one piece of work costs as the books grow, in milliseconds"
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Line(NamedTuple):
    """Milliseconds of one piece of work by the size of the books, the best of all rounds, smallest books first."""

    work: str
    points: list[tuple[int, float]]

    @property
    def growth(self) -> float:
        return self.points[-1][1] / self.points[0][1]


def lines(rows: Sequence[Row]) -> list[Line]:
    """One for each work, in the order in which they were measured."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        if isinstance(row.pair, Sized):
            found.setdefault(row.pair.work, []).append((row.pair.size, 1000 / max(each.rate for each in row.ours)))
    return [Line(work, points) for work, points in found.items()]


def write(file: Path, rows: Sequence[Row], said: str) -> None:
    """Write FILE.svg and FILE.md. `said`: the command, when, and on what it ran."""
    found = lines(rows)
    file.with_suffix(".svg").write_text(drawn(found), encoding="utf-8")
    file.with_suffix(".md").write_text(page(found, said, file.with_suffix(".svg").name), encoding="utf-8")


def page(found: Sequence[Line], said: str, picture: str) -> str:
    sizes = [size for size, _cost in found[0].points]
    head = ["work", *(f"at {size:,}" for size in sizes), "growth"]
    body = [[each.work, *(number(cost) for _size, cost in each.points), number(each.growth)] for each in found]
    rows = [head, ["---", *("---:" for _ in head[1:])], *body]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"# How cost grows\n\n{said}\n\n![{TITLE}: the table below has the numbers.]({picture})\n\n"
        "Milliseconds by the clock for one piece of work, the best of all rounds, at so many gifts, letters and\n"
        "signatures. *Growth*: the last by the first; 1 is none, and on a busy machine it is partly chance. What is\n"
        f"measured, and the ratios to a limit: [performance.md](performance.md).\n\n{table}\n"
    )


def drawn(found: Sequence[Line]) -> str:
    """The charts, in rows of three. Both axes count powers of ten, the same in each."""
    costs = [cost for each in found for _size, cost in each.points]
    sizes = [size for size, _cost in found[0].points]
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    across, down = COLUMNS * WIDE, math.ceil(len(found) / COLUMNS) * TALL
    facts = (f"{each.work}: {number(each.points[0][1])} ms, at last {number(each.points[-1][1])}" for each in found)
    about = f"From {sizes[0]:,} to {sizes[-1]:,} gifts. {'; '.join(facts)}."
    charts = "".join(
        f'<g transform="translate({at % COLUMNS * WIDE} {at // COLUMNS * TALL})">'
        f"{_chart(line, low, max(high, low + 1))}</g>"
        for at, line in enumerate(found)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" height="{down}"'
        f' role="img" aria-labelledby="title about" font-family="sans-serif" font-size="11" fill="{INK}">'
        f'<title id="title">{escape(TITLE)}</title><desc id="about">{escape(about)}</desc>'
        f'<rect width="{across}" height="{down}" fill="#fff"/>{charts}</svg>\n'
    )


def _chart(line: Line, low: int, high: int) -> str:
    """Its frame counts milliseconds from 10^low to 10^high."""
    wide, tall = WIDE - LEFT - RIGHT - 2 * INSET, TALL - TOP - BOTTOM
    first, last = (math.log10(line.points[at][0]) for at in (0, -1))

    def across(size: int) -> float:
        return LEFT + INSET + wide * ((math.log10(size) - first) / (last - first) if last > first else 0.5)

    def down(cost: float) -> float:
        return TOP + tall * (high - math.log10(cost)) / (high - low)

    parts = [f'<text x="{LEFT}" y="16" font-weight="bold">{escape(line.work)}</text>']
    for power in range(low, high + 1):
        y = down(10.0**power)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDE - RIGHT}" stroke="{PALE}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    path = " ".join(f"{across(size):.1f},{down(cost):.1f}" for size, cost in line.points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>')
    for size, cost in line.points:
        x, y = across(size), down(cost)
        above = y - 8 if y - 18 > TOP - 12 else y + 17
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{LINE}"/>')
        parts.append(f'<text x="{x:.1f}" y="{above:.1f}" text-anchor="middle">{number(cost)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{TALL - 8}" text-anchor="middle">{_short(size)}</text>')
    return "".join(parts)


def _short(size: int) -> str:
    """A thousand as 10³, where it is a power of ten."""
    power = round(math.log10(size))
    return f"10{str(power).translate(RAISED)}" if 10**power == size else f"{size:,}"

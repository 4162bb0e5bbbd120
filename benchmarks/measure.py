"""Measurements: the site's own way and its baseline, the least that could do the same, in turns, and their ratio."""

import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

WORDS = 3  # columns of words, before those of numbers
HEAD = ("what", "held against", "", "ours /s", "limit /s", "ratio", "lowest-highest", "ratio by CPU")


class MeasureError(Exception):
    """An invalid measurement: the sentence says what was wrong with it."""


@dataclass(frozen=True)
class Sample:
    """One measurement: how much was done, in how many seconds, and with how many seconds of processor time."""

    done: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.done / self.seconds


Measurement = Callable[[], Sample]


@dataclass(frozen=True)
class Pair:
    """Something of ours and its baseline, both in the same unit. Each of the two checks itself what it has done."""

    name: str
    limit: str
    unit: str
    ours: Measurement
    bare: Measurement


@dataclass(frozen=True)
class Row:
    """The samples of a pair after all rounds."""

    pair: Pair
    ours: list[Sample]
    bare: list[Sample]

    @property
    def ratios(self) -> list[float]:
        """Ratio of each round: 1 is as fast as the baseline. Neighbours in time, so that a busy minute hits both."""
        return [mine.rate / other.rate for mine, other in zip(self.ours, self.bare, strict=True)]

    @property
    def cpu(self) -> float | None:
        """The ratio of processor time, which other load on the machine hardly changes. None where it is not counted."""
        spent = [sum(each.cpu for each in samples) / sum(each.done for each in samples) for samples in self.sides]
        return spent[1] / spent[0] if all(spent) else None

    @property
    def sides(self) -> tuple[list[Sample], list[Sample]]:
        return self.ours, self.bare

    def cells(self) -> tuple[str, ...]:
        mine, other = (number(median(each.rate for each in samples)) for samples in self.sides)
        spread = f"{number(min(self.ratios))}-{number(max(self.ratios))}"
        by_cpu = "-" if self.cpu is None else number(self.cpu)
        return self.pair.name, self.pair.limit, self.pair.unit, mine, other, number(median(self.ratios)), spread, by_cpu


def compare(pair: Pair, rounds: int) -> Row:
    """Measure in turns, and who is first takes turns too. The very first run is a warm-up and is thrown away."""
    pair.ours(), pair.bare()
    mine: list[Sample] = []
    other: list[Sample] = []
    for count in range(rounds):
        sides = [(pair.ours, mine), (pair.bare, other)]
        for measure, samples in reversed(sides) if count % 2 else sides:
            samples.append(measure())
    return Row(pair, mine, other)


def here(done: int, work: Callable[[], object]) -> Sample:
    """Measure work of this process, or of programs that it starts and waits for."""
    clock, cpu = time.perf_counter(), _cpu()
    work()
    return Sample(done, time.perf_counter() - clock, _cpu() - cpu)


def _cpu() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def number(value: float) -> str:
    """Format a number to three significant digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def table(rows: Iterable[Row]) -> str:
    """Format rows as plain columns, which Markdown takes for a table: words stand left, numbers right."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = tuple("-" * width if column < WORDS else "-" * (width - 1) + ":" for column, width in enumerate(widths))
    return "\n".join(_line(line, widths) for line in (HEAD, rule, *lines[1:]))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    sides = [
        cell.ljust(width) if column < WORDS else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(sides)} |"

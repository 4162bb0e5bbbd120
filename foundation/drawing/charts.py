"""Charts as plain geometry: fields of counted dots, and the bars of a table."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

ROWS = 6


class Block(NamedTuple):
    """A rectangle full of dots; all four numbers count dots, not lengths."""

    column: int
    row: int
    columns: int
    rows: int


class DotField(NamedTuple):
    """`part` dots are set apart, `rest` are not; together they are all dots of the field."""

    columns: int
    rows: int
    part: list[Block]
    rest: list[Block]


def _run(first: int, count: int, rows: int) -> list[Block]:
    """The rectangles that hold `count` dots from the dot `first` on, filling column after column."""
    blocks: list[Block] = []
    at, end = first, first + count
    while at < end:
        column, row = divmod(at, rows)
        if row == 0 and end - at >= rows:
            blocks.append(Block(column, 0, (end - at) // rows, rows))
            at += (end - at) // rows * rows
        else:
            high = min(rows - row, end - at)
            blocks.append(Block(column, row, 1, high))
            at += high
    return blocks


def dot_field(total: int, part: int, rows: int = ROWS) -> DotField:
    """Exactly `total` dots, the first `part` set apart. Raises ValueError unless 0 <= part <= total > 0."""
    if not 0 <= part <= total or total < 1:
        raise ValueError(f"a field of {total} dots cannot set {part} apart")
    return DotField(ceil(total / rows), rows, _run(0, part, rows), _run(part, total - part, rows))


def bar_widths(values: Sequence[float], full: float = 100.0) -> list[float]:
    """One width per value, the largest being `full`; all zero when no value is above zero."""
    largest = max(values, default=0)
    if largest <= 0:
        return [0.0 for _ in values]
    return [round(max(0.0, value) / largest * full, 1) for value in values]

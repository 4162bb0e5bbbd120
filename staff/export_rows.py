"""The rows of a list as CSV, in pieces that follow each other in one memory: by COPY on PostgreSQL, else by a cursor.

Where a cell is written by Python (a method, a row of another table) the rows are read as objects, some at a time.
Whichever way, the bytes are the same.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from staff import export_cells
from staff.cells import UNPRINTABLE, inert

CHUNK = 500  # rows
SEPARATORS, FORMULAS = b',"\n', b"=+-@"
# What formulas, or the end of a cell elsewhere, may begin with, and what is not printed: 0xEF begins a full-width form.
ODD = bytes(range(10)) + bytes(range(11, 32)) + b";\xef"
SORTS = bytes.maketrans(SEPARATORS + FORMULAS + ODD, b"," * 3 + b"=" * 4 + b";" * len(ODD))


def pieces(view: Any, rows: Any, objects: Callable[[Iterable[Any]], Iterator[bytes]]) -> Iterator[bytes]:
    """The lines of all rows, without the heading. `objects` makes the lines of rows that are read as objects."""
    cells = export_cells.of_list(view, rows.model) if isinstance(rows, QuerySet) else None
    if cells is None:
        lines = objects(rows.iterator(chunk_size=CHUNK) if isinstance(rows, QuerySet) else rows)
        while lines_of_chunk := list(islice(lines, CHUNK)):
            yield b"".join(lines_of_chunk)
        return
    texts = [number for number, cell in enumerate(cells) if isinstance(cell, export_cells.Text)]
    narrow = rows.values_list(*cells)
    yield from _copied(narrow, texts) if connections[rows.db].vendor == "postgresql" else _read(narrow, texts)


def _copied(rows: QuerySet[Any], texts: list[int]) -> Iterator[bytes]:
    """By COPY: the server writes the CSV, and hands it over row by row (libpq: one row at a time)."""
    sql, params = rows.query.sql_with_params()
    with connections[rows.db].cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)", params) as copy:
        lines = iter(copy)
        while chunk := list(islice(lines, CHUNK)):
            piece = b"".join(chunk)
            ended = piece.replace(b"\n", b"\r\n")
            if len(ended) == len(piece) + len(chunk) and _is_plain(piece):
                yield ended
            else:
                yield _written(csv.reader(io.StringIO(piece.decode(), newline="")), texts)


def _read(rows: QuerySet[Any], texts: list[int]) -> Iterator[bytes]:
    sql, params = rows.query.sql_with_params()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, params)
        while chunk := cursor.fetchmany(CHUNK):
            piece = _written(chunk, [])
            plain = piece.count(b"\n") == len(chunk) and _is_plain(piece.replace(b"\r\n", b"\n"))
            yield piece if plain else _written(chunk, texts)


def _is_plain(piece: bytes) -> bool:
    """Whether no cell of these lines can begin like a formula, at whatever place: at a glance, for all of them at once.
    A negative number looks like one too; the rows are then looked at one by one.
    """
    sorts = piece.translate(SORTS)
    return b";" not in sorts and b",=" not in sorts and sorts[:1] != b"="


def _written(rows: Iterable[Sequence[Any]], texts: list[int]) -> bytes:
    """The lines of these rows. The cells of `texts` are made inert; numbers and moments are what they are."""
    into = io.StringIO()
    csv.writer(into).writerows(_safe(row, texts) for row in rows) if texts else csv.writer(into).writerows(rows)
    return into.getvalue().encode()


def _safe(row: Sequence[Any], texts: list[int]) -> list[Any]:
    cells = list(row)
    for number in texts:
        if cells[number]:
            cells[number] = inert(UNPRINTABLE.sub("", cells[number]))
    return cells

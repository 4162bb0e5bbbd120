"""The rows of a list as CSV, in pieces that follow each other in one memory: by COPY on PostgreSQL, else by a cursor.

Where a cell is written by Python (a method, a row of another table) the rows are read as objects, some at a time.
Whichever way, the bytes are the same.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.models import QuerySet

from staff import export_cells
from staff.cells import UNPRINTABLE, inert

CHUNK = 200  # rows: of larger pieces the memory is given back and asked for anew, half of our own work on them
# For one transaction: rows go through one process anyway, which others that compute cells only wait for; and what is
# compiled for a million rows costs more than it saves.
ALONE = "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off"
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
    try:
        sql, params = narrow.query.sql_with_params()
    except EmptyResultSet:  # a search that cannot find anything, for which nobody is asked
        return
    by_copy = connections[rows.db].vendor == "postgresql"
    yield from (_copied if by_copy else _read)(rows.db, sql, params, texts)


def _copied(using: str, sql: str, params: Any, texts: list[int]) -> Iterator[bytes]:
    """By COPY: the server writes the CSV, and hands it over row by row (libpq: one row at a time)."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(ALONE)
        with cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)", params) as copy:
            lines = iter(copy)
            while chunk := list(islice(lines, CHUNK)):
                piece = b"".join(chunk)
                ended = piece.replace(b"\n", b"\r\n")
                if len(ended) == len(piece) + len(chunk) and _is_plain(piece):
                    yield ended
                else:
                    yield _written(csv.reader(io.StringIO(piece.decode(), newline="")), texts)


def _read(using: str, sql: str, params: Any, texts: list[int]) -> Iterator[bytes]:
    with connections[using].cursor() as cursor:
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

"""Benchmark of staff's list of gifts and its export, at many rows, against a bare cursor or COPY of the same rows."""

import csv
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse

from benchmarks import memory
from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from donations.models import Gift
from donations.panel.gifts import GiftViewSet
from donations.panel.money_lists import MINOR
from staff import export_jobs
from staff.models import Export, User
from tests.staff.users import signed_in

ADDRESS = "/admin/gift/"
ALL = "SELECT count(*) FROM donations_gift {where}"
COLUMNS = [name.removesuffix(MINOR) for name in GiftViewSet.list_export]
SOME = f"SELECT {', '.join(COLUMNS)} FROM donations_gift {{where}} ORDER BY id DESC"
# What was begun and not finished stands in the list for nobody who did not ask for it; other parts begin some.
FINISHED = f"WHERE status NOT IN ({', '.join(repr(str(each)) for each in Gift.UNFINISHED)})"
SEARCHED = "donor77@donor.example"
NOWHERE = "zzyzx"


def many(ground: Ground) -> Iterator[Pair]:
    ground.gifts(ground.rows)
    total, last = Gift.objects.exclude(status__in=Gift.UNFINISHED).count(), GiftViewSet.list_per_page
    cookie = signed_in("Administrator").cookies[settings.SESSION_COOKIE_NAME].value
    where = f"WHERE email = '{SEARCHED}'"
    found = Gift.objects.filter(email=SEARCHED).count()
    looks = {
        "its first page": ("", last, ""),
        "its last page": ("?p=last", last, f"LIMIT {last} OFFSET {total - last}"),
        "a search": (f"?q={SEARCHED}", min(found, last), ""),
        "a word that is not there": (f"?q={NOWHERE}", 0, ""),
    }
    for name, (query, shown, part) in looks.items():
        narrowed = where.replace(SEARCHED, NOWHERE if NOWHERE in query else SEARCHED) if "q=" in query else FINISHED

        def look(query: str = query, shown: int = shown) -> Sample:
            body, sample = ground.site.one(f"{ADDRESS}{query}", Cookie=_session(cookie))
            rows = body.count(b"/admin/gift/inspect/")
            insist(rows == shown, f"The list {query} shows {rows} gifts of {shown}.")
            return sample

        bare = _read(narrowed, part or f"LIMIT {last}", shown)
        limit = f"a bare cursor: count and {shown} rows"
        yield Pair(f"The list of {total:,} gifts: {name}", limit, "pages", look, bare)

    limit = "COPY through Django's cursor" if connection.vendor == "postgresql" else "a bare cursor and csv.writer"
    ours = partial(_export, ground, total)
    yield Pair("All of them as CSV, into a file", limit, "rows", ours, _write(ground, total))


def _export(ground: Ground, total: int) -> Sample:
    """What the job of a large list does with its rows, in this process: as its address gives them to whoever may."""
    file = ground.folder / "ours.csv"
    export = Export(user=_staff(), path=ADDRESS, query="export=csv")

    def into_file(pieces: Iterator[bytes], rows: Any) -> HttpResponse:
        with file.open("wb") as out:
            out.writelines(pieces)
        return HttpResponse(status=204)

    memory.forget_peak()
    before = memory.peak()
    sample = here(total, lambda: export_jobs.visit(export, into_file))
    if before:
        print(f"{total:,} rows as CSV: the process grew by {memory.peak() - before:.0f} MB at most.")
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = sum(1 for _row in csv.reader(text)) - 1
    insist(rows == total, f"The file has {rows} rows of {total}.")
    return sample


def _staff() -> User:
    return User.objects.filter(groups__name="Administrator").earliest("pk")


def _session(cookie: str) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={cookie}"


def _read(where: str, part: str, shown: int) -> Callable[[], Sample]:
    def read() -> Sample:
        found: list[object] = []

        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute(ALL.format(where=where))
                cursor.fetchone()
                cursor.execute(f"{SOME.format(where=where)} {part}")
                found.extend(cursor.fetchall())

        sample = here(1, ask)
        insist(len(found) == shown, f"The bare cursor found {len(found)} rows of {shown}.")
        return sample

    return read


def _write(ground: Ground, total: int) -> Callable[[], Sample]:
    sql, file = SOME.format(where=FINISHED), ground.folder / "bare.csv"

    def copy() -> None:
        statement = f"COPY ({sql}) TO STDOUT (FORMAT csv)"
        with connection.cursor() as cursor, cursor.copy(statement) as rows, file.open("wb") as out:
            out.writelines(rows)

    def read() -> None:
        with connection.cursor() as cursor, file.open("w", newline="") as out:
            cursor.execute(sql)
            csv.writer(out).writerows(cursor)

    def write() -> Sample:
        sample = here(total, copy if connection.vendor == "postgresql" else read)
        with file.open(newline="") as text:
            rows = sum(1 for _row in csv.reader(text))
        insist(rows == total, f"The bare cursor wrote {rows} rows of {total}.")
        return sample

    return write

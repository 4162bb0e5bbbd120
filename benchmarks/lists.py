"""Benchmark of staff's list of gifts and its export, at many rows, against a bare cursor over the same rows."""

import csv
import io
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import connection

from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from donations.models import Gift
from donations.panel.gifts import GiftViewSet
from donations.panel.money_lists import MINOR
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

    def export() -> Sample:
        body, sample = ground.site.one(f"{ADDRESS}?export=csv", Cookie=_session(cookie))
        rows = sum(1 for _row in csv.reader(io.StringIO(body.decode("utf-8-sig")))) - 1
        insist(rows == total, f"The file has {rows} rows of {total}.")
        return Sample(rows, sample.seconds, sample.cpu)

    yield Pair("All of them as CSV", "a bare cursor and csv.writer", "rows", export, _write(total))


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


def _write(total: int) -> Callable[[], Sample]:
    def write() -> Sample:
        out = io.StringIO()

        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute(SOME.format(where=FINISHED))
                csv.writer(out).writerows(cursor)

        sample = here(total, ask)
        rows = out.getvalue().count("\n")
        insist(rows == total, f"The bare cursor wrote {rows} rows of {total}.")
        return sample

    return write

"""Rate limits: token buckets in the database, shared by all processes."""

import itertools
import time
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, FloatField, Value
from django.db.models.functions import Least
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from foundation.access.models import TokenBucket
from foundation.organisation import retention_periods
from foundation.prepared import cursors

AHEAD = 3600  # seconds: more than any request waits for its turn. A bucket that was filled later knows a wrong clock
# A clock that ran backwards must not take tokens away, nor one that was wrong and put right leave a bucket empty until
# the day that it believed in. Nor may it, or a request that waited long for its turn, put the same time into the bucket
# twice. By hand, because Django cannot say it in one statement, and takes longer to write two than they run.
LEVEL = """{least}(CAST(%({n}capacity)s AS {float}), bucket.tokens + CAST(%({n}rate)s AS {float}) * CASE
    WHEN bucket.filled_at > %({n}ahead)s THEN %({n}seconds)s
    WHEN bucket.filled_at < %({n}now)s THEN %({n}now)s - bucket.filled_at ELSE 0 END)"""
TAKE = f"""INSERT INTO {{table}} AS bucket (key, tokens, filled_at)
    SELECT %({{n}}key)s, %({{n}}rest)s, %({{n}}now)s WHERE {{before}}
    ON CONFLICT (key) DO UPDATE SET tokens = {LEVEL} - 1, filled_at = CASE
        WHEN bucket.filled_at > %({{n}}ahead)s THEN %({{n}}now)s ELSE {{greatest}}(bucket.filled_at, %({{n}}now)s) END
    WHERE {LEVEL} >= 1"""
WORDS = {
    "sqlite": {"least": "MIN", "greatest": "MAX", "float": "REAL"},
    "postgresql": {"least": "LEAST", "greatest": "GREATEST", "float": "double precision"},
}


class Limit(NamedTuple):
    """`capacity` requests at once for one action of one client, refilled evenly over `seconds`. Zero: none at all."""

    action: str
    who: str
    capacity: int
    seconds: int


def allow(action: str, who: str, capacity: int, seconds: int) -> bool:
    """Take one token of a rate limit. False: too often.

    One statement decides, so that a hundred parallel requests get no more than the bucket holds.
    """
    return refused_by(Limit(action, who, capacity, seconds)) is None


def refused_by(*limits: Limit) -> Limit | None:
    """Take one token of each limit, in their order, until one has none left: that one is returned. None: all had.

    PostgreSQL is asked once for all of them: a crowd that signs waits for answers more than for work.
    """
    asked = tuple(itertools.takewhile(lambda each: each.capacity > 0, limits))
    now = time.time()
    with cursors.cursor() as cursor:
        if connection.vendor == "postgresql":
            taken = _all_at_once(cursor, asked, now) if asked else 0
        else:
            taken = sum(1 for _each in itertools.takewhile(lambda each: _taken(cursor, each, now), asked))
    return limits[taken] if taken < len(limits) else None


def _taken(cursor: Any, limit: Limit, now: float) -> bool:
    cursor.execute(_take(connection.vendor), _values(limit, now))
    return bool(cursor.rowcount)


def _all_at_once(cursor: Any, limits: tuple[Limit, ...], now: float) -> int:
    each = [_values(limit, now).items() for limit in limits]
    values = {f"{number}{name}": value for number, its in enumerate(each) for name, value in its}
    cursor.execute(_take_all(connection.vendor, len(limits)), values)
    return int(cursor.fetchone()[0])


@cache
def _take(vendor: str, n: str = "", before: str = "TRUE") -> str:
    return TAKE.format(table=TokenBucket._meta.db_table, n=n, before=before, **WORDS[vendor])


@cache
def _take_all(vendor: str, count: int) -> str:
    """The statements in one, each only where the one before has taken its token. Says how many have."""
    befores = ["TRUE", *(f"EXISTS (SELECT FROM taken{number})" for number in range(count - 1))]
    parts = [
        f"taken{number} AS ({_take(vendor, str(number), before)} RETURNING 1)" for number, before in enumerate(befores)
    ]
    counts = " + ".join(f"(SELECT count(*) FROM taken{number})" for number in range(count))  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {counts}"


def _values(limit: Limit, now: float) -> dict[str, str | float]:
    capacity, seconds = float(limit.capacity), float(limit.seconds)
    return {
        "key": _key(limit.action, limit.who),
        "now": now,
        "ahead": now + AHEAD,
        "seconds": seconds,
        "capacity": capacity,
        "rest": capacity - 1,
        "rate": capacity / seconds,
    }


def too_often(answer: HttpResponse, seconds: int) -> HttpResponse:
    """Turn a page into the answer to a client over the rate limit: 429, with Retry-After in seconds."""
    answer.status_code = 429
    answer["Retry-After"] = str(seconds)
    return answer


def give_back(action: str, who: str, capacity: int) -> None:
    """Give one token back: what it was taken for has turned out well."""
    key = _key(action, who)
    more = Least(Value(float(capacity)), F("tokens") + Value(1.0), output_field=FloatField())
    TokenBucket.objects.filter(key=key).update(tokens=more)


def sweep(dry: bool = False) -> int:
    """Retention: delete buckets that nobody touched for some days: they are full again. Returns how many."""
    return retention_periods.drop(
        TokenBucket.objects.filter(filled_at__lt=retention_periods.end("tries").timestamp()), dry
    )


def _key(action: str, who: str) -> str:
    return salted_hmac("access.ratelimit", f"{action}:{who}", algorithm="sha256").hexdigest()

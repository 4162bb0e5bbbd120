"""Rate limits: token buckets in the database, shared by all processes."""

import time
from functools import cache
from typing import NamedTuple

from django.db import connection
from django.db.models import F, FloatField, Value
from django.db.models.functions import Least
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from foundation.access.models import TokenBucket
from foundation.organisation import retention_periods
from foundation.prepared import steps

AHEAD = 3600  # seconds: more than any request waits for its turn. A bucket that was filled later knows a wrong clock
# A clock that ran backwards must not take tokens away, nor one that was wrong and put right leave a bucket empty until
# the day that it believed in. Nor may it, or a request that waited long for its turn, put the same time into the bucket
# twice. By hand, because Django cannot say it in one statement, and takes longer to write two than they run.
LEVEL = """[least](CAST(%({n}capacity)s AS [float]), bucket.tokens + CAST(%({n}rate)s AS [float]) * CASE
    WHEN bucket.filled_at > %({n}ahead)s THEN %({n}seconds)s
    WHEN bucket.filled_at < %({n}now)s THEN %({n}now)s - bucket.filled_at ELSE 0 END)"""
TAKE = """INSERT INTO [table] AS bucket (key, tokens, filled_at)
    SELECT %({n}key)s, %({n}rest)s, %({n}now)s WHERE {given} AND CAST(%({n}capacity)s AS [float]) >= 1
    ON CONFLICT (key) DO UPDATE SET tokens = [level] - 1, filled_at = CASE
        WHEN bucket.filled_at > %({n}ahead)s THEN %({n}now)s ELSE [greatest](bucket.filled_at, %({n}now)s) END
    WHERE [level] >= 1 RETURNING key"""
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
    return steps.run(step(Limit(action, who, capacity, seconds))) == 1


def step(limit: Limit) -> steps.Step:
    """Take one token as a step (foundation/prepared/steps.py): what comes after it is done where there was one."""
    now, capacity, seconds = time.time(), float(limit.capacity), float(limit.seconds)
    values = {"key": _key(limit.action, limit.who), "now": now, "ahead": now + AHEAD, "seconds": seconds}
    values |= {"capacity": capacity, "rest": capacity - 1, "rate": capacity / seconds}
    return steps.Step(_take(connection.vendor), values)


@cache
def _take(vendor: str) -> str:
    sql = TAKE.replace("[level]", LEVEL).replace("[table]", TokenBucket._meta.db_table)
    for word, said in WORDS[vendor].items():
        sql = sql.replace(f"[{word}]", said)
    return sql


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

"""Rate limits: token buckets in the database, shared by all processes."""

import time

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
LEVEL = """{least}(CAST(%(capacity)s AS {float}), bucket.tokens + CAST(%(rate)s AS {float}) * CASE
    WHEN bucket.filled_at > %(ahead)s THEN %(seconds)s
    WHEN bucket.filled_at < %(now)s THEN %(now)s - bucket.filled_at ELSE 0 END)"""
TAKE = f"""INSERT INTO {{table}} AS bucket (key, tokens, filled_at) VALUES (%(key)s, %(rest)s, %(now)s)
    ON CONFLICT (key) DO UPDATE SET tokens = {LEVEL} - 1, filled_at = CASE
        WHEN bucket.filled_at > %(ahead)s THEN %(now)s ELSE {{greatest}}(bucket.filled_at, %(now)s) END
    WHERE {LEVEL} >= 1"""  # noqa: S608 - our own words
WORDS = {
    "sqlite": {"least": "MIN", "greatest": "MAX", "float": "REAL"},
    "postgresql": {"least": "LEAST", "greatest": "GREATEST", "float": "double precision"},
}


def allow(action: str, who: str, capacity: int, seconds: int) -> bool:
    """Take one token of a rate limit. `capacity` requests at once, none of them where it is zero, refilled evenly over
    `seconds`. False: too often.

    One statement decides, so that a hundred parallel requests get no more than the bucket holds.
    """
    if capacity < 1:
        return False
    now = time.time()
    values: dict[str, str | float] = {
        "key": _key(action, who),
        "now": now,
        "ahead": now + AHEAD,
        "seconds": float(seconds),
    }
    values |= {"capacity": float(capacity), "rest": capacity - 1.0, "rate": capacity / seconds}
    statement = TAKE.format(table=TokenBucket._meta.db_table, **WORDS[connection.vendor])
    with cursors.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount)


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

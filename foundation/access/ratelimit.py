"""Rate limits: token buckets in the database, shared by all processes."""

import time

from django.db.models import Case, F, FloatField, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Greatest, Least
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from foundation.access.models import TokenBucket
from foundation.organisation import retention_periods

AHEAD = 3600  # seconds: more than any request waits for its turn. A bucket that was filled later knows a wrong clock


def allow(action: str, who: str, capacity: int, seconds: int) -> bool:
    """Take one token of a rate limit. `capacity` requests at once, refilled evenly over `seconds`. False: too often.

    One conditional UPDATE decides, so that a hundred parallel requests get no more than the bucket holds.
    """
    key = _key(action, who)
    now = time.time()
    TokenBucket.objects.bulk_create([TokenBucket(key=key, tokens=capacity, filled_at=now)], ignore_conflicts=True)
    rate = capacity / seconds
    # A clock that ran backwards must not take tokens away, nor one that was wrong and put right leave a bucket empty
    # until the day that it believed in.
    passed: Expression = Case(
        When(filled_at__gt=now + AHEAD, then=Value(float(seconds))),
        When(filled_at__lt=now, then=Value(now) - F("filled_at")),
        default=Value(0.0),
        output_field=FloatField(),
    )
    level = Least(Value(float(capacity)), F("tokens") + passed * Value(rate), output_field=FloatField())
    taken = (
        TokenBucket.objects.annotate(level=level)
        .filter(key=key, level__gte=1)
        # Nor may it, or a request that waited long for its turn, put the same time into the bucket twice.
        .update(
            tokens=level - Value(1.0),
            filled_at=Case(
                When(filled_at__gt=now + AHEAD, then=Value(now)),
                default=Greatest(F("filled_at"), Value(now)),
                output_field=FloatField(),
            ),
        )
    )
    return bool(taken)


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

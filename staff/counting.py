"""Numbers of the panel's first page: many counts by one statement, and those that are kept while nothing changes."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, IntegerField, QuerySet, Value

KEPT = 60  # seconds, for what changes with the time of day alone
Number = TypeVar("Number")


def kept(name: str, version: object, make: Callable[[], Number]) -> Number:
    """What `make` returns, kept by this process for a minute while `version` says that nothing it counts has changed.
    Not inside a transaction: no version tells what that has changed.
    """
    if connection.in_atomic_block:
        return make()
    key = f"{name}:{version}"
    known: Number | None = cache.get(key)
    if known is None:
        known = make()
        cache.set(key, known, KEPT)
    return known


def counts(*rows: QuerySet[Any]) -> list[int]:
    """How many rows each has, in their order. Each is counted by itself, with its own index, as `count()` counts it.
    ValueError: one of them is distinct or cut off, which a part of one statement cannot say.
    """
    asked = []
    for number, each in enumerate(rows):
        if each.query.distinct or each.query.is_sliced:
            raise ValueError(f"{each.model.__name__}: neither distinct nor sliced rows are counted so")
        which = each.order_by().annotate(counted_for=Value(number, output_field=IntegerField())).values("counted_for")
        asked.append(which.annotate(counted=Count("pk")).values_list("counted_for", "counted"))
    found = dict(asked[0].union(*asked[1:], all=True)) if asked else {}
    return [found.get(number, 0) for number in range(len(rows))]

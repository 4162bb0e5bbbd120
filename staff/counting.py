"""Many counts by one statement: the panel's first page shows some thirty, and each was a question of its own."""

from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Value


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

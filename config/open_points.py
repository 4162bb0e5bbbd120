"""Launch checklist: what staff must check before the site goes live, and the warning of `manage.py check --deploy`."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import DatabaseError
from django.urls import reverse

from awareness import open_points as reading
from foundation.organisation import open_points as organisation
from foundation.organisation.open_points import OpenPoint
from pledges import open_points as pledges


def open_points() -> list[OpenPoint]:
    """Return all open points, those of one kind together."""
    found = [*organisation.open_points(), *pledges.open_points(), *reading.open_points()]
    order = list(dict.fromkeys(point.kind for point in found))
    return sorted(found, key=lambda point: order.index(point.kind))


@register(Tags.security, deploy=True)
def before_it_opens(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """System check (--deploy): how many are open, in live mode alone: the demonstration is there to be looked at."""
    if not settings.LIVE:
        return []
    where = f"{settings.BASE_URL}{reverse('to_check')}"
    try:
        points = open_points()
    except DatabaseError as error:
        return [Info(f"What staff must still check could not be counted: {error}", id="content.I001")]
    if not points:
        return []
    counted = "; ".join(f"{kind}: {number}" for kind, number in Counter(point.kind for point in points).items())
    words = f"{len(points)} things are not checked or filled in yet. {counted}."
    return [Warning(words, hint=f"Each has its place in the list: {where}", id="content.W001")]

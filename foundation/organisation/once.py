"""Read the organisation once for a job: a booking asks for it five times, and each time it would be a query."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from foundation.prepared import queries

_kept: ContextVar[dict[type, Any] | None] = ContextVar("organisation_once", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Context manager: inside, what the organisation's row said first is what it says. For work of moments alone: what
    staff save meanwhile counts from the next one on.
    """
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


class ReadOnce:
    """Before Wagtail's setting in the bases of the organisation."""

    @classmethod
    def _get_or_create(cls) -> Any:
        """Wagtail's, by a statement that is built once: nearly every request asks for this row."""
        return queries.first(_first) or super()._get_or_create()  # type: ignore[misc]  # the setting's own

    @classmethod
    def load(cls, request_or_site: Any = None) -> Any:
        """The one row: as it stands now, or inside of `read_once` as it stood when it was read first."""
        kept = _kept.get()
        if kept is None:
            kept = {}
        if cls not in kept:
            kept[cls] = super().load(request_or_site)  # type: ignore[misc]  # the setting's own
        return kept[cls]


def _first() -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model("organisation", "organisation").objects.order_by("pk")
    return rows[:1]

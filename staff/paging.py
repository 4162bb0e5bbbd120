"""Pages of a list by their first or last row (keyset): as fast at the millionth row as at the first, and without
counting them. Rows that arrive meanwhile neither repeat nor hide others.

`?p=after-17` is the page behind the row 17, in whatever order the list has; `before-17` the one before it; `last` the
last one. What is none of these is the first page.
"""

import json
from typing import Any

from django.db import connections
from django.db.models import Model, Q, QuerySet
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

EXACT = 1000  # rows that are counted one by one; of more the database says about how many there are
MANY = 20 * EXACT  # it is believed without counting where it says so many: a guess may be far out, not so far


def one_order(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Stable ordering, by the primary key at last: no page of the list repeats or skips a row."""
    keys = rows.query.order_by or rows.model._meta.ordering
    return rows if {"pk", "-pk", "id", "-id"} & set(map(str, keys)) else rows.order_by(*keys, "-pk")


class Window:
    """One page: its rows, and where the pages before and behind it begin (`previous`, `next`; empty: there is none)."""

    def __init__(self, rows: QuerySet[Any], size: int, place: str) -> None:
        self.rows, self.size = one_order(rows), size
        kind, _mark, pk = place.partition("-")
        anchor = _anchor(self.rows, pk) if kind in ("after", "before") else None
        back = kind == "last" or (kind == "before" and anchor is not None)
        found, more = self._read(anchor, back)
        if (kind == "before" and back and not more) or (anchor is not None and not found):
            anchor, back = None, False  # the first page, and a whole one
            found, more = self._read(None, False)
        self.object_list: list[Any] = found
        self.has_next = (anchor is not None) if back else more
        self.has_previous = more if back else anchor is not None
        self.next = f"after-{found[-1].pk}" if found and self.has_next else ""
        self.previous = f"before-{found[0].pk}" if found and self.has_previous else ""

    def _read(self, anchor: dict[str, Any] | None, back: bool) -> tuple[list[Any], bool]:
        rows = self.rows.reverse() if back else self.rows
        if anchor is not None:
            rows = rows.filter(_beyond(rows, anchor))
        found = list(rows[: self.size + 1])
        more, found = len(found) > self.size, found[: self.size]
        return (found[::-1] if back else found), more

    def __iter__(self) -> Any:
        return iter(self.object_list)

    def has_other_pages(self) -> bool:
        return self.has_next or self.has_previous


class Counted:
    """How many rows a list has, as far as that is cheap to say. Stands where Wagtail expects a paginator. `page` has
    them all where none stands before or behind it.
    """

    def __init__(self, rows: QuerySet[Any], page: Window | None = None) -> None:
        self.rows, self.page = rows.order_by().values("pk"), page
        self.meta = rows.model._meta

    @cached_property
    def count(self) -> int:
        """All of them up to EXACT, and then about how many; EXACT + 1 where the database cannot tell."""
        if self.page is not None and not self.page.has_other_pages():
            return len(self.page.object_list)
        known = hint(self.rows, "count")
        about = guessed(self.rows) if known is None else known
        if known is None and about < MANY:
            about = max(about, EXACT + 1) if (counted := self.rows[: EXACT + 1].count()) > EXACT else counted
        if about <= EXACT:
            return about
        return round(about, 2 - len(str(about))) if _tells(self.rows) else about

    @property
    def items_count_label(self) -> str:
        """ "17 gifts", "about 990,000 gifts", "more than 1,000 gifts"."""
        if self.count <= EXACT:
            return f"{self.count} {self.meta.verbose_name if self.count == 1 else self.meta.verbose_name_plural}"
        known = _tells(self.rows)
        words = _("about %(count)s %(rows)s") if known else _("more than %(count)s %(rows)s")
        shown = number_format(self.count if known else EXACT, force_grouping=True)
        return words % {"count": shown, "rows": self.meta.verbose_name_plural}

    def get_elided_page_range(self, number: Any) -> list[int]:
        return []  # pages have no numbers


def guessed(rows: QuerySet[Any]) -> int:
    """What PostgreSQL makes its plan by: of 987,654 no more is known than 990,000. 0 where the database cannot tell."""
    if not _tells(rows):
        return 0
    said = rows.explain(format="json")  # nothing of rows that there cannot be, for which nobody is asked
    return int(json.loads(said)[0]["Plan"]["Plan Rows"]) if said else 0


def hinted(rows: QuerySet[Any], **hints: Any) -> QuerySet[Any]:
    """Say something of these rows that goes with them through orders and pages: `count`, how many there are, or about
    so; `led`, the field that says the same in all of them, and whose index leads through them.
    """
    rows = rows.all()
    rows._add_hints(**hints)  # type: ignore[attr-defined]  # Django's own, for whoever chooses a database
    return rows


def hint(rows: QuerySet[Any], name: str) -> Any:
    return rows._hints.get(name)  # type: ignore[attr-defined]


def in_order(rows: QuerySet[Any]) -> QuerySet[Any]:
    """`one_order`, and behind one value of a field by the index of both: else PostgreSQL walks backwards through all
    rows in the hope of it, which takes a second where the newest hundred thousand have another.
    """
    rows, led = one_order(rows), hint(rows, "led")
    newest_first = [(name, down) for name, down in _keys(rows) if name not in ("pk", "id") or not down] == []
    return rows.order_by(led, "-pk") if led and newest_first else rows


def _tells(rows: QuerySet[Any]) -> bool:
    return connections[rows.db].vendor == "postgresql"


def _keys(rows: QuerySet[Any]) -> list[tuple[str, bool]]:
    """The fields by which rows are sorted, each with whether the largest comes first."""
    keys = map(str, rows.query.order_by or rows.model._meta.ordering)
    return [(key.lstrip("-"), key.startswith("-") == rows.query.standard_ordering) for key in keys]


def _anchor(rows: QuerySet[Any], pk: str) -> dict[str, Any] | None:
    """What the row of that key is sorted by; None without such a row, unless the key says all. It may be one that the
    list hides by now.
    """
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    names = [name for name, _down in _keys(rows)]
    if set(names) <= {"pk", rows.model._meta.pk.name}:
        return dict.fromkeys(names, int(pk))
    return rows.model._default_manager.order_by().filter(pk=int(pk)).values(*names).first()


def _beyond(rows: QuerySet[Any], anchor: dict[str, Any]) -> Q:
    """The rows behind that one in their order. The first field is bound once more, so that an index leads there."""
    beyond, same = Q(), Q()
    keys = [(name, down) for name, down in _keys(rows) if name != hint(rows, "led")]
    for name, down in keys:
        beyond |= same & _further(rows, name, down, anchor[name])
        same &= Q(**{f"{name}__isnull": True}) if anchor[name] is None else Q(**{name: anchor[name]})
    name, down = keys[0]
    if len(keys) > 1 and not _nullable(rows.model, name):
        beyond &= Q(**{f"{name}__{'lte' if down else 'gte'}": anchor[name]})
    return beyond


def _further(rows: QuerySet[Any], name: str, down: bool, value: Any) -> Q:
    """Empty values are the largest on PostgreSQL, and the smallest on SQLite."""
    large = not connections[rows.db].features.order_by_nulls_first
    if value is None:
        return Q(**{f"{name}__isnull": False}) if large == down else Q(pk__in=[])
    further = Q(**{f"{name}__{'lt' if down else 'gt'}": value})
    return further if large == down or not _nullable(rows.model, name) else further | Q(**{f"{name}__isnull": True})


def _nullable(model: type[Model], name: str) -> bool:
    return name != "pk" and ("__" in name or bool(getattr(model._meta.get_field(name), "null", True)))

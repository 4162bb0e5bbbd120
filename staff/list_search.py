"""What a search of a large list means: first what is one thing exactly (a reference, an address, a sum), then words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, QuerySet, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact

from staff import paging, search_index

Rows = QuerySet[Any]
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


def nothing(typed: str) -> None:
    return None


@dataclass(frozen=True)
class Search:
    """`exact(typed)`: a condition that an index answers, or None where that text cannot name one thing. Where rows meet
    it they alone are found, else those with the words. Both may be narrowed by filters of the list before.
    """

    exact: Callable[[str], Any] = nothing
    words: Callable[[Rows, str], Rows] = search_index.find

    def rows(self, rows: Rows, typed: str) -> Rows:
        typed = " ".join(typed.split())
        condition = self.exact(typed)
        if condition is not None:
            found = rows.filter(condition)
            if found.exists():
                return found
        return self._with_words(rows, typed)

    def _with_words(self, rows: Rows, typed: str) -> Rows:
        """Where few have the words, their keys are read first, and where some have them they are found first and then
        sorted. Words that many have are soon found among the newest; for others PostgreSQL would go through all of them
        in the order of the list, for it knows little of words, and nothing of where in it those rows stand.
        """
        found = self.words(rows, typed)
        about = paging.guessed(found)
        if about < paging.MANY:
            these = found.order_by().values_list("pk", flat=True)[: paging.MANY + 1]
            keys = list(these)
            if len(keys) <= paging.EXACT:
                return paging.hinted(rows.filter(pk__in=keys), count=len(keys))
            if len(keys) <= paging.MANY:
                return paging.hinted(rows.filter(pk__in=these), count=len(keys))
        return paging.hinted(found, count=max(about, paging.EXACT + 1))


def words_of(field: str, model: type[Model]) -> Callable[[Rows, str], Rows]:
    """The words of a row that this one belongs to."""

    def find(rows: Rows, typed: str) -> Rows:
        return rows.filter(**{f"{field}__in": search_index.find(model._default_manager.order_by(), typed)})

    return find


def is_address(typed: str) -> bool:
    return bool(ADDRESS.fullmatch(typed))


def mailed_to(field: str, typed: str) -> Exact:
    """Rows with that e-mail address, however it is written in capitals: there is an index over Upper(field)."""
    return Exact(Upper(F(field)), Upper(Value(typed)))

"""Search in the panel: case- and accent-insensitive, in any list and on either database."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created
from django.db.models import Field, Lookup, Q, QuerySet
from taggit.models import Tag
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.views.reports.audit_logging import SiteHistoryReportFilterSet
from wagtail.models import Task
from wagtail.search.index import class_is_indexed

from staff.search_index import FOLD, fold

PEOPLE = ("first_name", "last_name", "email")  # fields that Wagtail's list of users searches


class Sought(Lookup):
    """Custom lookup, `name__sought="ozge"`: the field contains these letters, whatever capitals and accents it has."""

    lookup_name = "sought"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        field, params = self.process_lhs(compiler, connection)
        return f"instr({FOLD}({field}), %s) > 0", [*params, fold(self.rhs)]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        field, params = self.process_lhs(compiler, connection)
        return f"strpos({FOLD}({field}::text), %s) > 0", [*params, fold(self.rhs)]


def _teach(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(FOLD, 1, fold, deterministic=True)


def _search(self: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Wagtail's own, with our lookup instead of one that folds only ASCII on SQLite, and accents on no database."""
    indexed = class_is_indexed(rows.model) and self.search_backend_name
    if not self.is_searching or indexed or not self.search_fields:
        return _stock(self, rows)
    return matching(rows, self.search_fields, self.search_query)


def matching(rows: QuerySet[Any], fields: Iterable[str], words: str) -> QuerySet[Any]:
    """Filter to the rows with these words in one of the fields; all where there are no words."""
    wanted = [(f"{field}__sought", words.strip()) for field in fields]
    return rows.filter(Q(*wanted, _connector=Q.OR)) if words.strip() else rows


_stock = BaseListingView.search_queryset


def replace() -> None:
    """Patch Wagtail: lists use our lookup; its index (pages, pictures, files) folds what is indexed and asked."""
    Field.register_lookup(Sought)
    connection_created.connect(_teach, dispatch_uid="staff.searching")
    BaseListingView.search_queryset = _search
    SiteHistoryReportFilterSet.base_filters["label"].lookup_expr = Sought.lookup_name
    for kind, asked in ((Task, "icontains"), (Tag, "istartswith")):  # Wagtail's choosers of these search by that lookup
        kind._meta.get_field("name").register_lookup(Sought, asked)
    sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    backend = f"modelsearch.backends.database.{'sqlite' if sqlite else 'postgres'}"
    _fold_index(import_module(f"{backend}.{'sqlite' if sqlite else 'postgres'}").ObjectIndexer)
    _fold_asked(import_module(f"{backend}.query").Lexeme, quoted=sqlite)


def _fold_index(indexer: Any) -> None:
    stock = indexer.prepare_value
    indexer.prepare_value = lambda self, value: fold(stock(self, value))


def _fold_asked(lexeme: Any, quoted: bool) -> None:
    """Escape quotation marks. Wagtail's index in SQLite writes each word between them and leaves those inside as they
    are, so that the search for `"` was an error. Doubled, they are part of the word.
    """
    stock = lexeme.as_sql

    def as_sql(self: Any, compiler: Any, connection: Any) -> tuple[str, list[str]]:
        self.value = fold(self.value)
        sql, params = stock(self, compiler, connection)
        return sql, [word.replace('"', '""') for word in params] if quoted else params

    lexeme.as_sql = as_sql

"""The views behind staff/lists.py: a list with export, a detail page, and action buttons that post."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.admin.utils import quote
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import DateTimeField, Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import registry

from staff import export_cells, paging
from staff.list_filters import ListFilterSet
from staff.list_search import Search
from staff.tables import PlainTable

WHOLE = ("reference", "gift", "label")  # columns of references and numbers, which are not broken at a hyphen
PART = 200  # page size of the related tables below a row's details
LARGE = 5_000  # rows of a list that is sorted only by what has an index
A_WHILE = 60  # seconds for which a table that was small is taken to be so still


def is_large(model: type[Model]) -> bool:
    """Whether a table has many rows. One that had does not become small again while this process runs."""
    key = f"staff.is_large:{model._meta.label}"
    many: bool | None = cache.get(key)
    if many is None:
        many = model._default_manager.order_by().values("pk")[: LARGE + 1].count() > LARGE
        cache.set(key, many, None if many else A_WHILE)
    return many


def has_index(model: type[Model], name: str | None) -> bool:
    """Whether an index leads through all rows in the order of that column: of its own, and of no few values."""
    if not name or name in ("pk", "id"):
        return bool(name)
    field: Any = None if "__" in name else model._meta.get_field(name)
    if field is None or field.is_relation or field.choices:
        return False
    own = any(not each.condition and [key.lstrip("-") for key in each.fields] == [name] for each in model._meta.indexes)
    return bool(field.unique or field.db_index or own)


class ListView(generic.IndexView):
    """A list view. Exporting it needs its own permission; staff/exports.py checks it and writes the audit log."""

    any_permission_required = ["view"]
    base_filterset_class = ListFilterSet
    table_class = PlainTable
    results_template_name = "staff/list_results_panel.html"
    list_select_related: Sequence[str] = ()
    search: Search | None = None
    actions: Sequence[Any] = ()
    many_url_name = ""

    def get_base_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_base_queryset()
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def _get_custom_column(self, field_name: str, column_class: Any = Column, **kwargs: Any) -> Any:
        look = {"classname": "whole"} if field_name in WHOLE else {}
        return super()._get_custom_column(field_name, column_class, **look, **kwargs)

    def order_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return paging.one_order(super().order_queryset(queryset))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return paging.in_order(super().filter_queryset(queryset))

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.search is None or not self.is_searching:
            found: QuerySet[Any] = super().search_queryset(queryset)
            return found
        return self.search.rows(queryset, self.search_query)

    @cached_property
    def columns(self) -> list[Any]:
        """A large list is sorted only by columns that have an index: by any other the database would sort all of it."""
        columns: list[Any] = super().columns
        if is_large(self.model):
            for column in columns:
                column.sort_key = column.sort_key if has_index(self.model, column.sort_key) else None
        return columns

    def paginate_queryset(self, queryset: QuerySet[Any], page_size: int) -> tuple[Any, Any, list[Any], bool]:
        page = paging.Window(queryset, page_size, self.request.GET.get(self.page_kwarg, ""))
        return paging.Counted(queryset, page), page, page.object_list, page.has_other_pages()

    @cached_property
    def _pages(self) -> str:
        """Where the pages of single rows stand; empty where this user may not see them."""
        may = self.inspect_url_name and self.user_has_any_permission({"view"})
        return reverse(self.inspect_url_name, args=[0]).removesuffix("0/") if may else ""

    def get_inspect_url(self, instance: Model) -> str | None:
        """Where the first column leads. Wagtail asks for four permissions and builds the address at every row."""
        return f"{self._pages}{quote(instance.pk)}/" if self._pages else None

    def get_list_more_buttons(self, instance: Model) -> list[Any]:
        return []  # the first column leads to the detail page

    def export_cell(self, model: type[Model], name: str) -> Any:
        """That column of a file as the database can write it (staff/export_cells.py); None where Python must."""
        return export_cells.of_field(model, name)

    def get_heading(self, queryset: QuerySet[Any], field: str) -> str:
        """In files times are as Wagtail writes them. A cell of XLSX holds no time zone, so that the heading says it."""
        heading: str = super().get_heading(queryset, field)
        timed = any(isinstance(each, DateTimeField) for each in queryset.model._meta.fields if each.name == field)
        return f"{heading} (UTC)" if timed else heading

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        """The buttons of bulk actions, for all rows that are shown: their search and filters go along."""
        asked = self.request.GET.urlencode()
        offered = [
            Button(str(each.for_all), url=f"{reverse(self.many_url_name, args=[each.name])}?{asked}", icon_name="cog")
            for each in self.actions
            if each.for_all and self.request.user.has_perm(each.permission)
        ]
        return [*super().header_more_buttons, *offered]

    @cached_property
    def show_export_buttons(self) -> bool:
        return bool(self.list_export) and self.user_has_permission("export")

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """For an export only its rows: Wagtail would load them all to count them for the page."""
        if self.is_export:
            return {"object_list": self.object_list}
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        return context


def table_of(user: Any, names: Sequence[str], rows: list[Any]) -> PlainTable | None:
    """A table of rows of one model, outside of their list. The first column leads to them, if `user` may see them."""
    if not rows:
        return None
    finder = AdminURLFinder(user)
    shape = ListView(model=type(rows[0]))
    first, *others = names
    title = shape._get_custom_column(first, partial(generic.models.TitleColumn, get_url=finder.get_edit_url))
    columns = [title, *(shape._get_custom_column(name) for name in others)]
    for column in columns:
        column.sort_key = None
    return PlainTable(columns, rows)


class DetailView(generic.InspectView):
    """Detail view: everything about one row, its related rows, and the actions for it."""

    any_permission_required = ["view"]
    page_title = gettext_lazy("Details")
    action_url_name = ""
    actions: Sequence[Any] = ()
    related: Sequence[Any] = ()

    def get_field_display_value(self, field_name: str, field: Any) -> Any:
        value = super().get_field_display_value(field_name, field)
        if value is None or value == "":
            return "—"
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, (dict, list)):
            return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, default=str))
        if isinstance(value, datetime):
            return timezone.localtime(value)  # the template would show UTC
        if isinstance(value, Model):
            return self._link(value)
        return value

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = [
            {
                "label": action.label,
                "asks": action.asks_about(self.object),
                "url": reverse(self.action_url_name, args=[quote(self.object.pk), action.name]),
            }
            for action in self.actions
            if self.request.user.has_perm(action.permission) and action.applies(self.object)
        ]
        tables = [self._part(number, related) for number, related in enumerate(self.related, start=1)]
        logs = registry.get_logs_for_instance(self.object).select_related("user")
        done = logs.filter(action="staff.action") if self.actions else []
        return super().get_context_data(**kwargs) | {"actions": offered, "related": tables, "done": done}

    def _link(self, row: Model) -> Any:
        url = AdminURLFinder(self.request.user).get_edit_url(row)
        return format_html('<a href="{}">{}</a>', url, row) if url else row

    def _part(self, number: int, related: Any) -> dict[str, Any]:
        """Return one page of a related table. `?rows-2=3` is the third page of the second table."""
        rows = related.rows(self.object)
        pages = Paginator(paging.one_order(rows) if isinstance(rows, QuerySet) else list(rows), PART)
        name = f"rows-{number}"
        page = pages.get_page(self.request.GET.get(name))
        return {
            "label": related.label,
            "name": name,
            "page": page,
            "table": table_of(self.request.user, related.columns, list(page)),
        }

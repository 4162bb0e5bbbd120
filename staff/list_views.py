"""The views behind staff/lists.py: a list with export, a detail page, and buttons that post."""

import codecs
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Table
from wagtail.admin.views import generic
from wagtail.log_actions import log, registry

from staff.cells import inert
from staff.list_filters import ListFilterSet

XLSX_ROWS = 10_000  # a workbook is built in memory, 15 s for 100 000 rows; CSV is streamed
CHUNK = 2_000
# What XLSX cannot hold. openpyxl says it too, but every process would import all of openpyxl for it.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class ListView(generic.IndexView):
    """A list. Exporting it needs its own permission and is written into the log."""

    any_permission_required = ["view"]
    base_filterset_class = ListFilterSet
    list_select_related: Sequence[str] = ()

    def get_base_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_base_queryset()
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def order_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows that are equal by the chosen column keep one order, so that no page repeats or skips one."""
        ordered: QuerySet[Any] = super().order_queryset(queryset)
        keys = ordered.query.order_by or ordered.model._meta.ordering
        return ordered if {"pk", "-pk", "id", "-id"} & set(map(str, keys)) else ordered.order_by(*keys, "-pk")

    def get_list_more_buttons(self, instance: Model) -> list[Any]:
        return []  # the first column leads to the detail page

    @cached_property
    def show_export_buttons(self) -> bool:
        return bool(self.list_export) and self.user_has_permission("export")

    def get_preprocess_function(self, field: str, value: Any, export_format: str) -> Callable[[Any], Any]:
        stock = super().get_preprocess_function(field, value, export_format) or (lambda plain: plain)
        if export_format == self.FORMAT_XLSX:  # cells are written as text there, never as formulas
            return lambda plain: _printable(stock(plain))
        return lambda plain: inert(stock(plain))

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Of a file only its rows: Wagtail would load them all to count them for the page."""
        if self.is_export:
            return {"object_list": self.object_list}
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        return context

    def stream_csv(self, queryset: QuerySet[Any]) -> Iterator[bytes]:
        """Piece by piece: a hundred thousand rows do not stand in memory at once, nor is each sent by itself. The mark
        at the beginning tells Excel that names are written in UTF-8.
        """
        yield codecs.BOM_UTF8
        rows = super().stream_csv(_InChunks(queryset) if isinstance(queryset, QuerySet) else queryset)
        while piece := b"".join(islice(rows, CHUNK)):
            yield piece

    def as_spreadsheet(self, queryset: QuerySet[Any], spreadsheet_format: str) -> HttpResponseBase:
        if not self.show_export_buttons:
            raise PermissionDenied
        rows = queryset.count()
        if spreadsheet_format == self.FORMAT_XLSX and rows > XLSX_ROWS:
            messages.error(
                self.request,
                gettext("An XLSX file holds at most %(most)s rows here. Filter the list, or take CSV.")
                % {"most": XLSX_ROWS},
            )
            return redirect(self.index_url)
        log(
            self.request.user,
            "staff.export",
            user=self.request.user,
            data={
                "list": self.model._meta.label,
                "format": spreadsheet_format,
                "rows": rows,
                "filters": sorted(key for key, value in self.request.GET.items() if value and key != "export"),
            },
        )
        answer: HttpResponseBase = super().as_spreadsheet(queryset, spreadsheet_format)
        return answer


class _InChunks:
    """A queryset that is walked without keeping what was passed."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.queryset, self.model = queryset, queryset.model

    def __iter__(self) -> Iterator[Any]:
        return self.queryset.iterator(chunk_size=CHUNK)


def _printable(value: Any) -> Any:
    """XLSX cannot hold control characters."""
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value


class DetailView(generic.InspectView):
    """Everything about one row, the rows that belong to it, and what may be done with it."""

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
                "asks": action.asks,
                "url": reverse(self.action_url_name, args=[quote(self.object.pk), action.name]),
            }
            for action in self.actions
            if self.request.user.has_perm(action.permission) and action.applies(self.object)
        ]
        tables = [(related.label, self._table(related)) for related in self.related]
        done = registry.get_logs_for_instance(self.object).filter(action="staff.action") if self.actions else []
        return super().get_context_data(**kwargs) | {"actions": offered, "related": tables, "done": done}

    def _link(self, row: Model) -> Any:
        url = AdminURLFinder(self.request.user).get_edit_url(row)
        return format_html('<a href="{}">{}</a>', url, row) if url else row

    def _table(self, related: Any) -> Table | None:
        rows = list(related.rows(self.object)[:200])
        if not rows:
            return None
        finder = AdminURLFinder(self.request.user)
        shape = generic.IndexView(model=type(rows[0]))
        first, *others = related.columns
        title = shape._get_custom_column(first, partial(generic.models.TitleColumn, get_url=finder.get_edit_url))
        columns = [title, *(shape._get_custom_column(name) for name in others)]
        for column in columns:
            column.sort_key = None
        return Table(columns, rows)

"""Exports as CSV and XLSX from the panel: one place makes each safe, checks the permission, writes the audit log.

Wagtail has one class behind all of its exports (site history, reports, redirects, every list), and ours inherit it too,
so that its methods are monkey-patched where they are defined. tests/staff/test_files.py walks every address of the
site.
"""

import codecs
import re
from collections.abc import Callable, Iterator, Sized
from decimal import Decimal
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext
from wagtail.admin import messages
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.log_actions import log

from staff.cells import inert

RIGHT = "organisation.export_report"  # for what Wagtail itself exports; lists of ours ask for app.export_model
XLSX_ROWS = 10_000  # a workbook is built in memory, 15 s for 100 000 rows; CSV is streamed
CHUNK = 2_000
# Control characters that XLSX cannot hold. openpyxl has them too, but every process would import all of openpyxl for
# it.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_plain_cell: Callable[..., Any] = SpreadsheetExportMixin.preprocess_field_value
_lines: Callable[..., Iterator[bytes]] = SpreadsheetExportMixin.stream_csv
_file: Callable[..., HttpResponseBase] = SpreadsheetExportMixin.as_spreadsheet


def may_export(view: Any) -> bool:
    """Whether there is something to export, and the user has the permission."""
    return bool(view.list_export) and view.request.user.has_perm(RIGHT)


def cell(view: Any, field: str, value: Any, export_format: str) -> Any:
    """Return the value of one cell: text is made inert against formula injection. XLSX writes text as text anyway."""
    found = _plain_cell(view, field, value, export_format)
    if isinstance(found, str):
        found = UNPRINTABLE.sub("", found)
    if export_format == view.FORMAT_XLSX:
        return found
    return found if found is None or isinstance(found, (int, float, Decimal)) else inert(str(found))


def pieces(view: Any, rows: Any) -> Iterator[bytes]:
    """Stream the CSV in chunks: a hundred thousand rows do not stand in memory at once, nor is each sent by itself. The
    byte order mark at the beginning tells Excel that names are written in UTF-8.
    """
    yield codecs.BOM_UTF8
    lines = _lines(view, _InChunks(rows) if isinstance(rows, QuerySet) else rows)
    while piece := b"".join(islice(lines, CHUNK)):
        yield piece


def answer(view: Any, rows: Any, export_format: str) -> HttpResponseBase:
    """Return the file, after the permission was checked; the user who took it is written into the audit log."""
    if not view.show_export_buttons:
        raise PermissionDenied
    count = rows.count() if isinstance(rows, QuerySet) or not isinstance(rows, Sized) else len(rows)
    if export_format == view.FORMAT_XLSX and count > XLSX_ROWS:
        sentence = gettext("An XLSX file holds at most %(most)s rows here. Filter the list, or take CSV.")
        messages.error(view.request, sentence % {"most": XLSX_ROWS})
        return redirect(getattr(view, "index_url", None) or view.request.path)
    user, model = view.request.user, getattr(view, "model", None)
    filters = sorted(key for key, value in view.request.GET.items() if value and key != "export")
    what = model._meta.label if model else str(view.page_title)
    data = {"list": what, "format": export_format, "rows": count, "filters": filters}
    log(user, "staff.export", user=user, data=data)
    return _file(view, rows, export_format)


def replace() -> None:
    button = cached_property(may_export)
    button.__set_name__(SpreadsheetExportMixin, "show_export_buttons")
    SpreadsheetExportMixin.show_export_buttons = button
    SpreadsheetExportMixin.preprocess_field_value = cell
    SpreadsheetExportMixin.stream_csv = pieces
    SpreadsheetExportMixin.as_spreadsheet = answer


class _InChunks:
    """A queryset that is iterated without caching its rows."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.queryset, self.model = queryset, queryset.model

    def __iter__(self) -> Iterator[Any]:
        return self.queryset.iterator(chunk_size=CHUNK)

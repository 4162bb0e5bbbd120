"""Exports as CSV and XLSX from the panel: one place makes each safe, checks the permission, writes the audit log.

Wagtail has one class behind all of its exports (site history, reports, redirects, every list), and ours inherit it too,
so that its methods are monkey-patched where they are defined. tests/staff/test_files.py walks every address of the
site.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator, Sized
from decimal import Decimal
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from wagtail.admin import messages
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.log_actions import log

from staff import export_jobs, export_panel, export_rows
from staff.cells import UNPRINTABLE, inert

RIGHT = "organisation.export_report"  # for what Wagtail itself exports; lists of ours ask for app.export_model
XLSX_ROWS = 10_000  # a workbook is built in memory, 15 s for 100 000 rows; CSV is streamed

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
    """Stream the CSV in pieces of some thousand rows. The byte order mark at the beginning tells Excel that names are
    written in UTF-8.
    """
    yield codecs.BOM_UTF8 + next(_lines(view, rows))  # the heading
    yield from export_rows.pieces(view, rows, lambda found: islice(_lines(view, _Shape(rows, found)), 1, None))


def answer(view: Any, rows: Any, export_format: str) -> HttpResponseBase:
    """Return the file, after the permission was checked; the user who took it is written into the audit log. Of a large
    list a job writes it, and asks here for its rows; both are written down where that is asked for and fetched.
    """
    if not view.show_export_buttons:
        raise PermissionDenied
    if taker := getattr(view.request, "export_taker", None):
        taken: HttpResponseBase = taker(pieces(view, rows), rows)
        return taken
    count = _count(rows)
    if export_format == view.FORMAT_XLSX and count > XLSX_ROWS:
        sentence = gettext("An XLSX file holds at most %(most)s rows here. Filter the list, or take CSV.")
        messages.error(view.request, sentence % {"most": number_format(XLSX_ROWS, force_grouping=True)})
        return redirect(getattr(view, "index_url", None) or view.request.path)
    user, model = view.request.user, getattr(view, "model", None)
    filters = sorted(key for key, value in view.request.GET.items() if value and key != "export")
    what = model._meta.label if model else str(view.page_title)
    data = {"list": what, "format": export_format, "filters": filters}
    if isinstance(rows, QuerySet) and count > export_jobs.LARGE:
        return export_panel.question(view, data)
    log(user, "staff.export", user=user, data={**data, "rows": count})
    return _file(view, rows, export_format)


def _count(rows: Any) -> int:
    """How many there are; of a large list, that it is one."""
    if isinstance(rows, QuerySet):
        return rows.all()[: export_jobs.LARGE + 1].count()  # Wagtail has read its own lists by now
    return len(rows) if isinstance(rows, Sized) else int(rows.count())


def replace() -> None:
    button = cached_property(may_export)
    button.__set_name__(SpreadsheetExportMixin, "show_export_buttons")
    SpreadsheetExportMixin.show_export_buttons = button
    SpreadsheetExportMixin.preprocess_field_value = cell
    SpreadsheetExportMixin.stream_csv = pieces
    SpreadsheetExportMixin.as_spreadsheet = answer


class _Shape:
    """Rows that are read otherwise than by the queryset they are of, which Wagtail asks for its model."""

    def __init__(self, of: Any, rows: Iterable[Any]) -> None:
        self.model, self.rows = getattr(of, "model", None), rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

"""Facts and sources: every figure with its source and every correction, as a page, as JSON and as CSV."""

import csv
import json
from io import StringIO
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.search import index

from awareness.body_field import BodyField
from awareness.facts import Figure, Source
from awareness.reading import ReadingPage
from awareness.stream_bodies import ArticleBody
from staff.cells import inert

COLUMNS = [
    "name", "value", "as_printed", "counts", "year_measured", "status", "sentence", "method",
    "publisher", "title", "year_published", "address", "checked_on", "correction", "replaced_by",
]  # fmt: skip


class FactsPage(ReadingPage):
    """Page type whose tables come from the rows alone; editors write the words above them."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    body = BodyField(ArticleBody(), blank=True, verbose_name=_("body"))

    template = "awareness/facts_page.html"
    parent_page_types = ["awareness.HomePage", "awareness.SectionPage"]
    subpage_types: list[str] = []
    max_count = 1
    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), FieldPanel("body")]

    class Meta:
        verbose_name = _("facts and sources")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`figures`: the current ones; `corrected`: those that are not; `sources`: every one, with its figures."""
        rows = list(_rows())
        return {
            **super().get_context(request, *args, **kwargs),
            "figures": [row for row in rows if row.status == Figure.Status.CURRENT],
            "corrected": [row for row in rows if row.status != Figure.Status.CURRENT],
            "sources": Source.objects.all(),
        }


def _rows() -> "QuerySet[Figure]":
    """Return all figures, by publication, in the order in which they were entered."""
    order = ("source__publisher", "-source__year", "source__title", "source", "pk")
    return Figure.objects.select_related("source", "replaced_by", "replaced_by__source").order_by(*order)


def _row(figure: Figure) -> dict[str, Any]:
    """Serialise one figure with all that a reader may check. Staff's own (mark, seen at, who checked) stays out."""
    source = figure.source
    return {
        "name": figure.slug,
        "value": None if figure.value is None else f"{figure.value.normalize():f}",
        "as_printed": figure.text,
        "counts": figure.counts,
        "year_measured": figure.measured,
        "status": figure.status,
        "sentence": figure.phrase,
        "method": figure.method,
        "publisher": source.publisher,
        "title": source.title,
        "year_published": source.year,
        "address": source.address,
        "checked_on": source.checked_on.isoformat() if source.checked_on else None,
        "correction": figure.correction,
        "replaced_by": figure.replaced_by.slug if figure.replaced_by else None,
    }


def as_json(request: HttpRequest) -> HttpResponse:
    """/figures.json: the figures for programs."""
    about = {"note": "checked_on is null until a person at the charity has opened the source."}
    rows = [_row(figure) for figure in _rows()]
    text = json.dumps({**about, "figures": rows}, ensure_ascii=False, indent=1)
    return HttpResponse(text + "\n", content_type="application/json")


def as_csv(request: HttpRequest) -> HttpResponse:
    """/figures.csv: the figures for spreadsheets."""
    file = StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for figure in _rows():
        writer.writerow({name: inert(value) for name, value in _row(figure).items()})
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="figures.csv"'
    return response

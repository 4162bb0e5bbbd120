"""Listing pages with pagination, twelve rows a page; and the base page of most types, an answer and blocks."""

from collections.abc import Sequence
from typing import Any, cast

from django.core.paginator import EmptyPage, InvalidPage, PageNotAnInteger, Paginator
from django.core.paginator import Page as Part
from django.db import models
from django.db.models import Count, QuerySet, Subquery, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.search import index

from awareness.body_field import BodyField
from awareness.reading import ReadingPage
from awareness.stream_bodies import ArticleBody

PER_PAGE = 12
FURTHEST = 10_000  # a page number that no link leads to
SECTIONS = ["awareness.HomePage", "awareness.SectionPage"]


class BodyPage(ReadingPage):
    """Base page: one sentence that answers the title, then blocks. The base of most types."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    body = BodyField(ArticleBody(), blank=True, verbose_name=_("body"))

    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), FieldPanel("body")]

    class Meta:
        abstract = True


class Counted(Paginator):
    """Django's Paginator, with one query for the rows and their count: each row of a page brings the count along."""

    def page(self, number: int | str) -> Any:
        """Return one page of the list. Raises InvalidPage."""
        try:
            wanted = int(number)
        except ValueError as error:
            raise PageNotAnInteger(str(error)) from error
        if not 1 <= wanted <= FURTHEST or str(wanted) != str(number):  # one address for each page of a list
            raise EmptyPage(f"No page {wanted}.")
        all_of_them = cast(QuerySet[Any], self.object_list)
        number_of_all = all_of_them.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("*")).values("n")
        first = (wanted - 1) * self.per_page
        rows = list(all_of_them.annotate(of_all=Subquery(number_of_all))[first : first + self.per_page])
        if not rows and wanted > 1:
            raise EmptyPage(f"No page {wanted}.")
        self.count = rows[0].of_all if rows else 0
        return Part(rows, wanted, self)


class ListingPage(BodyPage):
    """Abstract listing of pages below. A row prints `title`, `url`, `line` and `search_description`."""

    template = "awareness/listing_page.html"
    parent_page_types = SECTIONS

    class Meta:
        abstract = True

    shown: Sequence[Any] = ()  # the rows of this response
    params: tuple[str, ...] = ("page",)  # of a query, by which it lists: foundation/page_store keeps a page for each

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the queryset to list, ordered."""
        raise NotImplementedError

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`listing`: one page of the list; `kept`: the query that pagination links keep. Http404: no such page."""
        try:
            listing = Counted(self.listed(request), PER_PAGE).page(request.GET.get("page", "1"))
        except InvalidPage as error:
            raise Http404 from error
        self.shown = listing.object_list
        context = super().get_context(request, *args, **kwargs)
        return {**context, "listing": listing, "numbers": listing.paginator.get_elided_page_range(listing.number)}

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().serve(request, *args, **kwargs)
        names = " ".join(f'"{name}"' for name in self.params)
        response.headers["No-Vary-Search"] = f"params, except=({names})"
        return response

"""Pages made of an answer and blocks, and pages that list the pages below them, twelve at a time."""

from typing import Any

from django.core.paginator import InvalidPage, Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.search import index

from awareness.bodies import ArticleBody
from awareness.body_field import BodyField
from awareness.reading import ReadingPage

PER_PAGE = 12
SECTIONS = ["awareness.HomePage", "awareness.SectionPage"]


class BodyPage(ReadingPage):
    """One sentence that answers the title, then blocks. The base of most types."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    body = BodyField(ArticleBody(), blank=True, verbose_name=_("body"))

    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), FieldPanel("body")]

    class Meta:
        abstract = True


class ListingPage(BodyPage):
    """Lists pages below it. A row prints `title`, `url`, `line` and `search_description`."""

    template = "awareness/listing_page.html"
    parent_page_types = SECTIONS

    class Meta:
        abstract = True

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        """The pages to list, in their order."""
        raise NotImplementedError

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`listing`: one page of the list; `kept`: what of the query its page links keep. Http404: no such page."""
        context = super().get_context(request, *args, **kwargs)
        paginator: Paginator[Any] = Paginator(self.listed(request), PER_PAGE)
        try:
            listing = paginator.page(request.GET.get("page", "1"))
        except InvalidPage as error:
            raise Http404 from error
        return {**context, "listing": listing, "numbers": listing.paginator.get_elided_page_range(listing.number)}

"""The page types: front page, section, long article, Get help."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, PageViewRestriction
from wagtail.search import index
from wagtail.url_routing import RouteResult

from awareness import hotlines, text
from awareness.bodies import ArticleBody, HelpBody, HomeBody
from awareness.references import Note, References

HOME_DEPTH = 2
LINKED = re.compile(r'"page": (\d+)|linktype=\\"page\\"[^>]*? id=\\"(\d+)\\"|id=\\"(\d+)\\"[^>]*? linktype=\\"page\\"')


class ReadingPage(Page):
    """What all our pages share: sourced texts, few queries, and nothing that follows the reader."""

    known_above: Sequence[Page] = ()  # the pages above, where finding this one has fetched them already

    class Meta:
        abstract = True

    @cached_property
    def references(self) -> References:
        """What this page takes from other rows; made anew by each get_context."""
        return References()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        self.references = context["references"] = References(request, self._linked(), self._above(), self.known_above)
        return context

    def contents(self) -> list[tuple[str, str]]:
        """(anchor, text) of each section."""
        headings = [child.value for child in self.body if child.block_type == "heading"]
        return [(heading["anchor"], heading["text"]) for heading in headings if heading["level"] == "2"]

    def notes(self) -> list[Note]:
        """The sources cited so far in this rendering: print them after the body."""
        return self.references.notes()

    def trail(self) -> list[dict[str, str]]:
        """The pages between home and this one, as {title, url}."""
        above = set(self._above())
        return [
            {"title": page.title, "url": page.get_url(self.references.request) or ""}
            for page in self.references.pages
            if page.path in above
        ]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """No page of ours holds a form that needs the referrer (forms here are GET), so no page sends one on."""
        response = super().serve(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def get_view_restrictions(self) -> "QuerySet[PageViewRestriction]":
        """As Wagtail's, in one query: by the paths above instead of the rows above."""
        if self.alias_of_id:
            return super().get_view_restrictions()
        paths = [self.path[:end] for end in range(self.steplen, len(self.path) + 1, self.steplen)]
        here = Q(page__path__in=paths) | Q(page__aliases__path__in=paths)
        return PageViewRestriction.objects.filter(here).distinct()

    def _above(self) -> list[str]:
        first, last = self.steplen * (HOME_DEPTH + 1), len(self.path) - self.steplen
        return [self.path[:end] for end in range(first, last + 1, self.steplen)]

    def _linked(self) -> set[int]:
        raw = json.dumps([*self.body.raw_data])
        return {int(number) for found in LINKED.findall(raw) for number in found if number}


class HomePage(ReadingPage):
    """The front page."""

    headline = models.CharField(_("headline"), max_length=120)
    deck = models.TextField(_("one sentence below"), max_length=300)
    body = StreamField(HomeBody(), blank=True, verbose_name=_("body"))

    template = "awareness/home_page.html"
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["awareness.SectionPage", "awareness.ArticlePage", "awareness.HelpPage"]
    max_count = 1
    search_fields = [
        *Page.search_fields,
        index.SearchField("headline"),
        index.SearchField("deck"),
        index.SearchField("body"),
    ]
    content_panels = [*Page.content_panels, FieldPanel("headline"), FieldPanel("deck"), FieldPanel("body")]

    class Meta:
        verbose_name = _("front page")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Any page below and those above it in two queries, however deep. Wagtail's own way asks twice a level."""
        steps = [f"{self.url_path}{'/'.join(path_components[:end])}/" for end in range(1, len(path_components) + 1)]
        if steps:
            rows = list(Page.objects.filter(url_path__in=steps, path__startswith=self.path).order_by("path"))
            if rows and rows[-1].url_path == steps[-1] and rows[-1].live:
                found = rows[-1].specific
                found.known_above = rows[:-1]
                return found.route(request, [])
        return super().route(request, path_components)


class SectionPage(ReadingPage):
    """A short page that leads to the pages below it."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    body = StreamField(ArticleBody(), blank=True, verbose_name=_("body"))

    template = "awareness/section_page.html"
    parent_page_types = ["awareness.HomePage", "awareness.SectionPage"]
    subpage_types = ["awareness.SectionPage", "awareness.ArticlePage"]
    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), FieldPanel("body")]

    class Meta:
        verbose_name = _("section")

    def children(self) -> list[dict[str, str]]:
        """The public pages below, in the order editors gave them, as {title, url, words}."""
        request = self.references.request
        pages = self.get_children().live().order_by("path")
        return [
            {"title": page.title, "url": page.get_url(request) or "", "words": page.search_description}
            for page in pages
        ]


class ArticlePage(ReadingPage):
    """A long text with contents, notes and, where it is needed, a content note."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    content_note = models.TextField(
        _("content note"), blank=True, max_length=300, help_text=_("What a reader may find hard, said before it comes.")
    )
    body = StreamField(ArticleBody(), verbose_name=_("body"))

    template = "awareness/article_page.html"
    parent_page_types = ["awareness.HomePage", "awareness.SectionPage"]
    subpage_types: list[str] = []
    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), FieldPanel("content_note"), FieldPanel("body")]

    class Meta:
        verbose_name = _("article")

    @property
    def updated(self) -> Any:
        """When this text was last published, in UTC; None before that."""
        return self.last_published_at


class HelpPage(ReadingPage):
    """Phone lines by country, signs, staying safe. Its title says nothing that a watched screen may not show."""

    intro = RichTextField(_("introduction"), features=["bold", "link"])
    body = StreamField(HelpBody(), blank=True, verbose_name=_("below the phone lines"))

    template = "awareness/help_page.html"
    parent_page_types = ["awareness.HomePage"]
    subpage_types: list[str] = []
    max_count = 1
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]

    class Meta:
        verbose_name = _("Get help")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`countries`: all, the chosen one first; `chosen`: it alone; `unknown`: a country was chosen that we lack."""
        context = super().get_context(request, *args, **kwargs)
        code = request.GET.get("country", "").upper()[:2]
        countries = hotlines.by_country(code)
        chosen = next((country for country in countries if country.chosen), None)
        return {
            **context,
            "intro": text.Shown(self.intro, context["references"], rich=True),
            "countries": countries,
            "choices": sorted(countries, key=lambda country: country.name),
            "chosen": chosen,
            "unknown": bool(code) and chosen is None,
        }

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Kept by no cache: not the browser's, nor any in between."""
        response = super().serve(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _linked(self) -> set[int]:
        return super()._linked() | {int(number) for number in text.PAGE_LINK.findall(self.intro)}

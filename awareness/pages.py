"""The page types: front page, section, long article, Get help."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager, PageViewRestriction
from wagtail.query import PageQuerySet
from wagtail.search import index
from wagtail.url_routing import RouteResult

from awareness import help_languages, hotlines, text
from awareness.bodies import ArticleBody, HelpBody, HomeBody
from awareness.body_field import BodyField
from awareness.pictures import fetch_renditions
from awareness.references import Note, References
from awareness.topics import Author, Topic

HOME_DEPTH = 2
SOURCED = re.compile(r'\{(?:figure|source):|"(?:figure|whole|source)": "[^"]|"figures": \[.')
LINKED = re.compile(r'"page": (\d+)|linktype=\\"page\\"[^>]*? id=\\"(\d+)\\"|id=\\"(\d+)\\"[^>]*? linktype=\\"page\\"')
# The addresses of ours that somebody typed, in texts and in links, without the part of the page.
TYPED = re.compile(r'(?:href=\\"|"address": ")(/[^"#?\\]*)')


class ReadingPage(Page):
    """What all our pages share: sourced texts, few queries, and nothing that follows the reader."""

    lists_below = False  # whether its template asks for the pages right below
    known_above: Sequence[Page] = ()  # the pages above, where finding this one has fetched them already

    class Meta:
        abstract = True

    @cached_property
    def references(self) -> References:
        """What this page takes from other rows; made anew by each get_context."""
        return References()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        self.references = context["references"] = References(
            request, self.linked(), self._above(), self.known_above, self.typed(), self if self.lists_below else None
        )
        fetch_renditions(self.body)
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

    def linked(self) -> set[int]:
        """The numbers of the pages that the blocks lead to."""
        raw = json.dumps([*self.body.raw_data])
        return {int(number) for found in LINKED.findall(raw) for number in found if number}

    def typed(self) -> dict[str, str]:
        """The addresses of ours that somebody typed in blocks and intro, without the part of the page, each with the
        `url_path` of its page in this page's language.
        """
        found = TYPED.findall(json.dumps([*self.body.raw_data, getattr(self, "intro", "")]))
        front = (self.url_path or "//").split("/")[1]
        return {address: f"/{front}/{address.strip('/')}/" for address in found if address.strip("/")}


class HomePage(ReadingPage):
    """The front page."""

    headline = models.CharField(_("headline"), max_length=120)
    deck = models.TextField(_("one sentence below"), max_length=300)
    body = BodyField(HomeBody(), blank=True, verbose_name=_("body"))

    template = "awareness/home_page.html"
    parent_page_types = ["wagtailcore.Page"]
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
    body = BodyField(ArticleBody(), blank=True, verbose_name=_("body"))

    template = "awareness/section_page.html"
    parent_page_types = ["awareness.HomePage", "awareness.SectionPage"]
    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), FieldPanel("body")]

    class Meta:
        verbose_name = _("section")

    lists_below = True

    def children(self) -> list[dict[str, str]]:
        """The public pages below, in the order editors gave them, as {title, url, words}."""
        request = self.references.request
        return [
            {"title": page.title, "url": page.get_url(request) or "", "words": page.search_description}
            for page in self.references.pages
            if page.path.startswith(self.path) and page.depth == self.depth + 1 and page.live
        ]


class ArticleQuerySet(PageQuerySet):
    """Fetches the author with the article, because the queries of a page are counted."""

    def only(self, *fields: str) -> Any:
        """Of some fields alone: the author is none of them."""
        return super(ArticleQuerySet, self.select_related(None)).only(*fields)


class ArticleManager(PageManager.from_queryset(ArticleQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("author")


class ArticlePage(ReadingPage):
    """A long text with contents, notes and, where it is needed, a content note."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    content_note = models.TextField(
        _("content note"), blank=True, max_length=300, help_text=_("What a reader may find hard, said before it comes.")
    )
    date = models.DateField(
        _("date"), default=timezone.localdate, help_text=_("Shown in lists of articles and releases; newest first.")
    )
    topics = ParentalManyToManyField(Topic, blank=True, related_name="articles", verbose_name=_("topics"))
    author = models.ForeignKey(
        Author,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("author"),
        help_text=_("Several people who write together are one author: “Ada Brown and Grace Lee”."),
    )
    body = BodyField(ArticleBody(), verbose_name=_("body"))

    objects = ArticleManager()

    template = "awareness/article_page.html"
    parent_page_types = [
        "awareness.HomePage",
        "awareness.SectionPage",
        "awareness.ArticleIndexPage",
        "awareness.NewsroomPage",
    ]
    subpage_types: list[str] = []
    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), FieldPanel("content_note"), FieldPanel("body")]
    promote_panels = [
        MultiFieldPanel(
            [
                FieldPanel("date"),
                FieldPanel("topics", widget=forms.CheckboxSelectMultiple),
                FieldPanel("author"),
            ],
            heading=_("In lists"),
        ),
        *Page.promote_panels,
    ]

    class Meta:
        verbose_name = _("article")

    @property
    def updated(self) -> Any:
        """When this text was last published, in UTC; None before that."""
        return self.last_published_at

    @property
    def line(self) -> str:
        """What lists say beside the title."""
        return date_format(self.date, "DATE_FORMAT")

    @property
    def is_sourced(self) -> bool:
        """Whether the text cites anything. Asked before the text is rendered, so it looks at what is stored."""
        return bool(SOURCED.search(json.dumps([*self.body.raw_data])))


class HelpPage(ReadingPage):
    """Phone lines by country, signs, staying safe. Its title says nothing that a watched screen may not show."""

    intro = RichTextField(_("introduction"), features=["bold", "link"])
    body = BodyField(HelpBody(), blank=True, verbose_name=_("below the phone lines"))

    template = "awareness/help_page.html"
    parent_page_types = ["awareness.HomePage"]
    subpage_types: list[str] = []
    max_count = 1
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]

    class Meta:
        verbose_name = _("Get help")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Below the page stands one more: the numbers on a card to print."""
        if path_components == ["card"] and self.live:
            return RouteResult(self, kwargs={"card": True})
        return super().route(request, path_components)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`countries`: all that we know something of, by name; `languages`: the first screen in other languages."""
        context = super().get_context(request, *args, **kwargs)
        return {
            **context,
            "intro": text.Shown(self.intro, context["references"], rich=True),
            "countries": hotlines.by_country(),
            "languages": help_languages.shown(),
        }

    def get_template(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        return "awareness/help_card.html" if kwargs.get("card") else self.template

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Kept by no cache: not the browser's, nor any in between."""
        response = super().serve(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    def linked(self) -> set[int]:
        return super().linked() | {int(number) for number in text.PAGE_LINK.findall(self.intro)}

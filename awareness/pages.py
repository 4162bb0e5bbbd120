"""Page types: front page, section, long article, Get help."""

import json
import re
from typing import Any

from django import forms
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager, PageViewRestriction
from wagtail.query import PageQuerySet
from wagtail.search import index
from wagtail.url_routing import RouteResult

from awareness import help_languages, hotlines, text
from awareness.body_field import BodyField
from awareness.heroes import HeadedPage
from awareness.reading import ReadingPage
from awareness.stream_bodies import OWN_BANDS, ArticleBody, HelpBody, HomeBody
from awareness.topics import Author, Topic

CARD = "card/"  # below Get help: the numbers, to be printed
SOURCED = re.compile(r'\{(?:figure|source):|"(?:figure|whole|source)": "[^"]|"figures": \[.')


class HomePage(HeadedPage):
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
    content_panels = [
        *Page.content_panels,
        FieldPanel("headline"),
        FieldPanel("deck"),
        HeadedPage.hero_panel,
        FieldPanel("body"),
    ]
    own_bands = OWN_BANDS

    class Meta:
        verbose_name = _("front page")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find any page below and its ancestors by two queries, however deep. Wagtail's own queries twice a level."""
        steps = [f"{self.url_path}{'/'.join(path_components[:end])}/" for end in range(1, len(path_components) + 1)]
        if steps:
            here = Q(page=OuterRef("pk")) | Q(page__aliases=OuterRef("pk"))
            way = Page.objects.filter(url_path__in=[self.url_path, *steps], path__startswith=self.path)
            closed = Exists(PageViewRestriction.objects.filter(here))
            rows = list(way.annotate(closed=closed).select_related("locale").order_by("path"))
            if rows and rows[-1].url_path == steps[-1] and rows[-1].live:
                found = rows[-1].specific
                found.known_above = rows[1:-1]
                found.known_open = not any(row.closed for row in rows) and not found.alias_of_id
                return found.route(request, [])
        return super().route(request, path_components)


class SectionPage(HeadedPage):
    """A short page that links to the pages below it."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    body = BodyField(ArticleBody(), blank=True, verbose_name=_("body"))

    template = "awareness/section_page.html"
    parent_page_types = ["awareness.HomePage", "awareness.SectionPage"]
    search_fields = [*Page.search_fields, index.SearchField("deck"), index.SearchField("body")]
    content_panels = [*Page.content_panels, FieldPanel("deck"), HeadedPage.hero_panel, FieldPanel("body")]

    class Meta:
        verbose_name = _("section")

    lists_below = True

    def children(self) -> list[dict[str, str]]:
        """The public child pages, in the order editors gave them, as {title, url, words}."""
        request = self.references.request
        return [
            {"title": page.title, "url": page.get_url(request) or "", "words": page.search_description}
            for page in self.references.pages
            if page.path.startswith(self.path) and page.depth == self.depth + 1 and page.live
        ]


class ArticleQuerySet(PageQuerySet):
    """Joins the author with the article (select_related), because the queries of a page are counted."""

    def only(self, *fields: str) -> Any:
        """Some fields alone: the author is none of them, so it is not joined."""
        return super(ArticleQuerySet, self.select_related(None)).only(*fields)


class ArticleManager(PageManager.from_queryset(ArticleQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("author")


class ArticlePage(ReadingPage):
    """A long text with table of contents, notes and, where it is needed, a content note."""

    deck = models.TextField(_("one-sentence answer"), max_length=300)
    content_note = models.TextField(
        _("content note"), blank=True, max_length=300, help_text=_("What a reader may find hard, said before it comes.")
    )
    quick_exit = models.BooleanField(
        _("button that leaves at once"),
        default=True,
        help_text=_("Stays in the corner while one reads. For texts about trafficking; rules and releases need none."),
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
    content_panels = [
        *Page.content_panels,
        FieldPanel("deck"),
        FieldPanel("content_note"),
        FieldPanel("quick_exit"),
        FieldPanel("body"),
    ]
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
        """What lists print beside the title."""
        return date_format(self.date, "DATE_FORMAT")

    @property
    def is_sourced(self) -> bool:
        """Whether the text cites anything. Asked before the text is rendered, so it searches what is stored."""
        return bool(SOURCED.search(json.dumps([*self.body.raw_data])))


class HelpPage(ReadingPage):
    """Phone lines by country, signs, staying safe. Its title says nothing that must not be seen on a watched screen."""

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
        """Route for one more page below this one: the numbers on a card to print."""
        if path_components == [CARD.strip("/")] and self.live:
            return RouteResult(self, kwargs={"card": True})
        return super().route(request, path_components)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Context `countries`: all with a known line, by name; `languages`: the first screen in other languages."""
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
        """Send Cache-Control: no-store: no cache may keep it, neither the browser's nor any in between."""
        response = super().serve(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    def linked(self) -> set[int]:
        return super().linked() | {int(number) for number in text.PAGE_LINK.findall(self.intro)}

"""Article lists: by topic and author on the articles page, as press releases in the newsroom."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.search import index

from awareness.listings import BodyPage, ListingPage
from awareness.pages import ArticlePage
from foundation.organisation.languages import plainly


class ArticleIndexPage(ListingPage):
    """Page type: the articles, newest first. Readers filter them by topic or author, by links."""

    template = "awareness/article_index_page.html"
    subpage_types = ["awareness.ArticlePage"]
    params = ("page", "topic", "author")

    class Meta:
        verbose_name = _("articles")

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        articles = articles_below(self)
        topic, author = request.GET.get("topic"), request.GET.get("author")
        articles = articles.filter(topics__slug=topic) if topic else articles
        return articles.filter(author__slug=author) if author else articles

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`topics`, `authors`: those that have articles here; `topic`, `author`: the chosen one, or Http404."""
        context = super().get_context(request, *args, **kwargs)
        signs = _signs(self)
        topics, authors = _sorted(sign.topic for sign in signs), _sorted(sign.author for sign in signs)
        topic, author = _chosen(topics, request.GET.get("topic")), _chosen(authors, request.GET.get("author"))
        rows = list(context["listing"])
        for row in rows:
            names = [sign.topic.name for sign in signs if sign.article == row.pk and sign.topic]
            row.words = " · ".join(map(plainly, [*([row.author.name] if row.author else []), *names]))
        kept = urlencode({"topic": topic.slug} if topic else {"author": author.slug} if author else {})
        chosen = {"topic": topic, "author": author, "kept": kept}
        return {**context, "rows": rows, "topics": topics, "authors": authors, **chosen}


class NewsroomPage(ListingPage):
    """Page type: whom the press may ask, and the press releases."""

    template = "awareness/newsroom_page.html"
    subpage_types = ["awareness.ArticlePage"]
    press_contact = models.CharField(
        _("press contact"),
        max_length=120,
        blank=True,
        help_text=_("A name or a role. The press e-mail and the phone stand under Settings, Organisation."),
    )
    search_fields = [*BodyPage.search_fields, index.SearchField("press_contact")]
    content_panels = [*BodyPage.content_panels, FieldPanel("press_contact")]

    class Meta:
        verbose_name = _("newsroom")

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        return articles_below(self)


def articles_below(page: BodyPage) -> QuerySet[ArticlePage]:
    """Return the public articles below a page, newest first."""
    found: QuerySet[ArticlePage] = ArticlePage.objects.child_of(page).live().order_by("-date", "-pk")
    return found


class Tag(NamedTuple):
    """A topic or an author, as a filter."""

    slug: str
    name: str


class Sign(NamedTuple):
    """One topic of one article here, and its author."""

    article: int
    topic: Tag | None
    author: Tag | None


def _signs(page: BodyPage) -> list[Sign]:
    """Return topics and authors of all articles here, by one query: it serves both filters and every row."""
    fields = ("pk", "topics__slug", "topics__name", "author__slug", "author__name")
    rows = articles_below(page).order_by("topics__name").values_list(*fields)
    return [
        Sign(pk, Tag(topic, said) if topic else None, Tag(author, name) if author else None)
        for pk, topic, said, author, name in rows
    ]


def _sorted(tags: Iterable[Tag | None]) -> list[Tag]:
    return sorted({tag for tag in tags if tag}, key=lambda tag: tag.name)


def _chosen(tags: list[Tag], slug: str | None) -> Tag | None:
    """Return the topic or author of the query string. Http404 where nothing here has it."""
    chosen = next((tag for tag in tags if tag.slug == slug), None)
    if slug and chosen is None:
        raise Http404
    return chosen

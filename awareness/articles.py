"""Lists of articles: by topic on the articles page, as releases in the newsroom."""

from typing import Any

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
    """The articles, newest first. Readers narrow them to a topic by its link."""

    template = "awareness/article_index_page.html"
    subpage_types = ["awareness.ArticlePage"]

    class Meta:
        verbose_name = _("articles")

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        articles = articles_below(self)
        slug = request.GET.get("topic")
        return articles.filter(topics__slug=slug) if slug else articles

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`topics`: those that have articles here; `topic`: the chosen one. Http404 for a topic without any."""
        context = super().get_context(request, *args, **kwargs)
        links = _links(self)
        topics = sorted({link.topic for link in links}, key=lambda topic: topic.name)
        slug = request.GET.get("topic")
        chosen = next((topic for topic in topics if topic.slug == slug), None)
        if slug and chosen is None:
            raise Http404
        rows = list(context["listing"])
        for row in rows:
            names = [link.topic.name for link in links if link.articlepage_id == row.pk]
            row.words = " · ".join(map(plainly, [*([row.author.name] if row.author else []), *names]))
        kept = f"topic={chosen.slug}" if chosen else ""
        return {**context, "rows": rows, "topics": topics, "topic": chosen, "kept": kept}


class NewsroomPage(ListingPage):
    """Whom the press may ask, and what was released."""

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
    """Public articles, newest first."""
    found: QuerySet[ArticlePage] = ArticlePage.objects.child_of(page).live().order_by("-date", "-pk")
    return found


def _links(page: BodyPage) -> list[Any]:
    """Which article here has which topic, in one query: it serves the choice of topics and every row."""
    through = ArticlePage.topics.through.objects.filter(articlepage__in=articles_below(page).order_by())
    return list(through.select_related("topic").order_by("topic__name"))

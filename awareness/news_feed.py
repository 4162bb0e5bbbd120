"""Atom feed of news: articles, press releases, films and episodes of one language, newest first."""

from datetime import datetime, time
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any
from uuid import uuid5

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.models import Page

from awareness.articles import ArticleIndexPage, NewsroomPage
from awareness.films import FilmPage
from awareness.pages import ArticlePage
from awareness.podcast import EpisodePage
from foundation.organisation.models import Organisation

MOST = 30


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """/feed/, the Atom feed. Entries keep their id when a page moves or is renamed."""
    organisation, language = Organisation.load(), get_language() or settings.LANGUAGE_CODE
    here = settings.BASE_URL + reverse("feed")
    made = Atom1Feed(
        title=organisation.name,
        subtitle=_("Articles, releases, films and episodes"),
        link=settings.BASE_URL + ("/" if language == settings.LANGUAGE_CODE else f"/{language}/"),
        description="",
        language=language,
        author_name=organisation.name,
        feed_url=here,
        feed_guid=here,
    )
    for page in _newest(language):
        made.add_item(**_entry(page, request, organisation, language))
    answer = HttpResponse(content_type=Atom1Feed.content_type)
    made.write(answer, "utf-8")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # feed readers on other sites show it
    return answer


def _newest(language: str) -> list[Any]:
    """The newest pages. Rules such as those on privacy and refunds are no news: in no list, needing no exit."""
    articles = ArticlePage.objects.filter(_told(ArticlePage.objects.all()))
    kinds: tuple[Any, ...] = (articles, FilmPage.objects.all(), EpisodePage.objects.all())
    public = (pages.live().public().filter(locale__language_code=language) for pages in kinds)
    rows = chain.from_iterable(pages.order_by("-date", "-pk")[:MOST] for pages in public)
    return sorted(rows, key=lambda page: (page.date, page.pk), reverse=True)[:MOST]


def _told(articles: Any) -> Q:
    lists = Page.objects.type(ArticleIndexPage, NewsroomPage)
    return reduce(or_, (articles.descendant_of_q(each) for each in lists), Q(quick_exit=True))


def _entry(page: Any, request: HttpRequest, organisation: Organisation, language: str) -> dict[str, Any]:
    day = datetime.combine(page.date, time(12), tzinfo=organisation.zone)
    return {
        "title": page.title,
        "link": settings.BASE_URL + str(page.get_url(request)),
        "description": page.search_description or page.deck,
        "unique_id": uuid5(page.translation_key, language).urn,
        "author_name": page.author.name if isinstance(page, ArticlePage) and page.author else organisation.name,
        "pubdate": day,
        "updateddate": page.last_published_at or day,
    }

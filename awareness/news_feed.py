"""The Atom feed of what is new: articles, releases, films and episodes of one language, newest first."""

from datetime import datetime, time
from itertools import chain
from typing import Any
from uuid import uuid5

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.models import Page

from awareness.films import FilmPage
from awareness.pages import ArticlePage
from awareness.podcast import EpisodePage
from foundation.organisation.models import Organisation

MOST = 30


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """/feed/. Entries keep their id when a page moves or is renamed."""
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
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # readers on other sites show it
    return answer


def _newest(language: str) -> list[Any]:
    kinds: tuple[type[Page], ...] = (ArticlePage, FilmPage, EpisodePage)
    public = (kind.objects.live().public().filter(locale__language_code=language) for kind in kinds)
    rows = chain.from_iterable(pages.order_by("-date", "-pk")[:MOST] for pages in public)
    return sorted(rows, key=lambda page: (page.date, page.pk), reverse=True)[:MOST]


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

"""Structured data for search engines (schema.org, JSON-LD): each type of page as what it is."""

import re
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from wagtail.models import Page

from awareness import extras, hotlines, text
from awareness.files import AUDIO, VIDEO, ending
from awareness.films import FilmPage
from awareness.kinds import FaqPage
from awareness.openings import JobPage
from awareness.pages import ArticlePage, HelpPage, HomePage
from awareness.podcast import EpisodePage, PodcastPage
from awareness.reading import ReadingPage
from foundation.drawing import share_answer
from foundation.organisation import countries
from foundation.organisation.models import Organisation
from foundation.organisation.structured import Data, ngo, us

EMPLOYMENT = {"full": "FULL_TIME", "part": "PART_TIME", "intern": "INTERN", "volunteer": "VOLUNTEER"}
ANYWHERE = ("anywhere", "remote", "en cualquier lugar", "a distancia")  # prefixes of a remote place


def of(page: ReadingPage, url: str, organisation: Organisation) -> list[Data]:
    """Return the page's own objects, then its breadcrumbs. Nothing of Get help, which should be found by its words."""
    if isinstance(page, HelpPage):
        return []
    say = SAYERS.get(type(page))
    things = say(page, url, organisation) if say else []
    way = [*page.trail(), {"title": page.title, "url": url.removeprefix(settings.BASE_URL)}]
    return [*things, _breadcrumbs(way)] if not isinstance(page, HomePage) else things


def picture(page: Page, organisation: Organisation) -> str:
    """Return the URL of the page's share image."""
    return share_answer.address(reverse("share", args=[page.pk]), title(page), organisation.name)


def title(page: Page) -> str:
    return page.headline if isinstance(page, HomePage) else page.title


def _breadcrumbs(way: list[dict[str, str]]) -> Data:
    steps = enumerate(way, 1)
    items = [
        {"@type": "ListItem", "position": at, "name": step["title"], "item": settings.BASE_URL + step["url"]}
        for at, step in steps
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def _home(page: HomePage, url: str, organisation: Organisation) -> list[Data]:
    site = {"@type": "WebSite", "name": organisation.name, "url": url, "publisher": us()}
    return [{**ngo(organisation), "description": page.deck}, site]


def _article(page: ArticlePage, url: str, organisation: Organisation) -> list[Data]:
    author = {"@type": "Person", "name": page.author.name} if page.author else us()
    return [
        {
            "@type": "Article",
            "headline": page.title[:110],
            "description": _words(page),
            "datePublished": page.date.isoformat(),
            "dateModified": page.updated.isoformat() if page.updated else "",
            "author": author,
            "publisher": ngo(organisation),
            "image": picture(page, organisation),
            "mainEntityOfPage": url,
            "inLanguage": get_language(),
            "isAccessibleForFree": True,
        }
    ]


def _faq(page: FaqPage, url: str, organisation: Organisation) -> list[Data]:
    """Only questions that stand on the page, with the answers in the same words (FAQPage)."""
    questions = [child.value for child in page.body if child.block_type == "question"]
    asked = [
        {
            "@type": "Question",
            "name": value["question"],
            "url": f"{url}#{extras.anchor(value['question'])}",
            "acceptedAnswer": {"@type": "Answer", "text": text.plain(value["answer"].source, page.references)},
        }
        for value in questions
    ]
    return [{"@type": "FAQPage", "url": url, "mainEntity": asked}] if asked else []


def _film(page: FilmPage, url: str, organisation: Organisation) -> list[Data]:
    """A film that is hosted here, or where its trailer plays (VideoObject)."""
    if not (page.video or page.trailer):
        return []
    return [
        {
            "@type": "VideoObject",
            "name": page.title,
            "description": _words(page),
            "thumbnailUrl": picture(page, organisation),
            "uploadDate": _noon(page.date, organisation),
            "url": url,
            "contentUrl": settings.BASE_URL + page.video.url if page.video else "",
            "embedUrl": page.player.address if page.player else page.trailer,  # a page of another site, not its file
            "encodingFormat": VIDEO[ending(page.video)] if page.video else "",
            "duration": f"PT{page.minutes}M" if page.video else "",
            "transcript": page.transcript,
            "publisher": ngo(organisation),
        }
    ]


def _podcast(page: PodcastPage, url: str, organisation: Organisation) -> list[Data]:
    return [
        {
            "@type": "PodcastSeries",
            "@id": f"{url}#podcast",
            "name": page.title,
            "description": _words(page),
            "url": url,
            "webFeed": f"{url}feed.xml",
            "image": picture(page, organisation),
            "inLanguage": get_language(),
            "publisher": ngo(organisation),
        }
    ]


def _episode(page: EpisodePage, url: str, organisation: Organisation) -> list[Data]:
    series = url.rstrip("/").rpartition("/")[0] + "/"
    sound = {
        "@type": "AudioObject",
        "contentUrl": settings.BASE_URL + page.audio.url,
        "encodingFormat": AUDIO[ending(page.audio)],
        "duration": f"PT{page.minutes}M",
        "transcript": page.transcript,
    }
    return [
        {
            "@type": "PodcastEpisode",
            "name": page.title,
            "description": _words(page),
            "url": url,
            "datePublished": page.date.isoformat(),
            "episodeNumber": page.number,
            "duration": f"PT{page.minutes}M",
            "associatedMedia": sound,
            "partOfSeries": {"@type": "PodcastSeries", "@id": f"{series}#podcast", "url": series},
        }
    ]


def _job(page: JobPage, url: str, organisation: Organisation) -> list[Data]:
    """JobPosting, for job sites. A remote place is work from home, and they want to know from which countries."""
    where: Data = {"jobLocation": {"@type": "Place", "address": page.place}}
    if page.place.casefold().startswith(ANYWHERE):
        live_in = [{"@type": "Country", "name": name} for name in _countries(page.place)]
        where = {"jobLocationType": "TELECOMMUTE", "applicantLocationRequirements": live_in}
    ends = datetime.combine(page.closes_on, time.max, tzinfo=organisation.zone) if page.closes_on else None
    body = [part for child in page.body for part in child.block.get_searchable_content(child.value)]
    return [
        {
            "@type": "JobPosting",
            "title": page.title,
            "description": "\n".join([page.deck, *body]).strip(),
            "datePosted": organisation.day_of(page.first_published_at or timezone.now()).isoformat(),
            "validThrough": ends.isoformat(timespec="seconds") if ends else "",
            "employmentType": EMPLOYMENT[page.kind],
            "hiringOrganization": ngo(organisation),
            "url": url,
            "directApply": False,
            **where,
        }
    ]


def _countries(place: str) -> list[str]:
    """Countries that a place names in the page's language, in English; that of the charity where it names none."""
    rest, found = place, []
    for code, name in sorted(countries.names().items(), key=lambda pair: -len(pair[1])):
        if (without := re.sub(rf"\b{re.escape(name)}\b", "", rest)) != rest:  # no Guinea in Equatorial Guinea
            rest = without
            found.append(code)
    return [countries.name(code, "en") for code in found or [hotlines.HOME_COUNTRY]]


def _words(page: Any) -> str:
    return str(page.search_description or page.deck)


def _noon(day: Any, organisation: Organisation) -> str:
    return datetime.combine(day, time(12), tzinfo=organisation.zone).isoformat()


SAYERS: dict[type[Page], Callable[[Any, str, Organisation], list[Data]]] = {
    HomePage: _home,
    ArticlePage: _article,
    FaqPage: _faq,
    FilmPage: _film,
    PodcastPage: _podcast,
    EpisodePage: _episode,
    JobPage: _job,
}

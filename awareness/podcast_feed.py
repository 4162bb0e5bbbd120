"""Podcast feed: RSS 2.0 with the tags that Apple and other directories ask for."""

from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.feedgenerator import Enclosure, Rss201rev2Feed
from django.views.decorators.http import require_safe
from wagtail.models import Site

from awareness.files import AUDIO, ending
from awareness.podcast import EpisodePage, PodcastPage
from foundation.organisation.models import Organisation

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


class Show(Rss201rev2Feed):
    """Django's feed with the tags of a show and of its episodes."""

    content_type = "application/rss+xml; charset=utf-8"

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:itunes": ITUNES}

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        show: PodcastPage = self.feed["show"]
        organisation: Organisation = self.feed["organisation"]
        handler.addQuickElement("itunes:author", organisation.name)
        handler.addQuickElement("itunes:summary", show.deck)
        handler.addQuickElement("itunes:type", "episodic")
        handler.addQuickElement("itunes:explicit", _truth(show.explicit))
        handler.addQuickElement("itunes:category", "", {"text": show.category})
        if self.feed["picture"]:
            handler.addQuickElement("itunes:image", "", {"href": self.feed["picture"]})
        if organisation.email:
            handler.startElement("itunes:owner", {})
            handler.addQuickElement("itunes:name", organisation.name)
            handler.addQuickElement("itunes:email", organisation.email)
            handler.endElement("itunes:owner")

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        episode = item["episode"]
        handler.addQuickElement("itunes:title", episode.title)
        handler.addQuickElement("itunes:summary", episode.deck)
        handler.addQuickElement("itunes:duration", str(episode.minutes * 60))
        handler.addQuickElement("itunes:episode", str(episode.number))
        handler.addQuickElement("itunes:episodeType", "full")
        handler.addQuickElement("itunes:explicit", _truth(episode.explicit))


@require_safe
def feed(request: HttpRequest, where: str) -> HttpResponse:
    """The RSS feed of the show at that URL. Size and type of each enclosure are the file's own."""
    site = Site.find_for_request(request)
    home = site.root_page.localized.url_path if site else "/"  # of the language in the URL
    show = PodcastPage.objects.live().public().filter(url_path=f"{home}{where}/").first()
    if show is None:
        raise Http404
    answer = HttpResponse(content_type=Show.content_type)
    _filled(show, request).write(answer, "utf-8")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # players on other sites read it
    return answer


def _filled(show: PodcastPage, request: HttpRequest) -> Show:
    organisation = Organisation.load()
    address = settings.BASE_URL + str(show.get_url(request))
    picture = settings.BASE_URL + show.artwork.get_rendition("original|format-jpeg").url if show.artwork else ""
    made = Show(
        title=show.title,
        link=address,
        description=show.deck,
        language=show.locale.language_code,
        feed_url=f"{address}feed.xml",
        show=show,
        organisation=organisation,
        picture=picture,
    )
    for episode in show.episodes():
        made.add_item(
            title=episode.title,
            link=settings.BASE_URL + str(episode.get_url(request)),
            description=episode.deck,
            unique_id=f"urn:uuid:{episode.guid}",
            unique_id_is_permalink=False,
            pubdate=_out_since(episode, organisation),
            enclosures=[
                Enclosure(
                    settings.BASE_URL + episode.audio.url,
                    str(episode.audio.get_file_size() or 0),
                    AUDIO[ending(episode.audio)],
                )
            ],
            episode=episode,
        )
    return made


def _out_since(episode: EpisodePage, organisation: Organisation) -> datetime:
    """Publication time: noon of its day, or earlier, when it was published before noon: apps hide what is to come."""
    noon = datetime.combine(episode.date, time(12), tzinfo=organisation.zone)
    return min(noon, episode.first_published_at or noon)


def _truth(value: bool) -> str:
    return "true" if value else "false"

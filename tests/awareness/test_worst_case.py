"""A page of any type asks the database at most twelve times, however much stands on it, before anything is kept."""

import json
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, Site

from awareness.models import (
    ArticleIndexPage,
    ArticlePage,
    Author,
    DocumentsPage,
    FilmIndexPage,
    FilmPage,
    HomePage,
    JobIndexPage,
    JobPage,
    Navigation,
    NewsroomPage,
    PodcastPage,
    SectionPage,
    Topic,
)
from awareness.podcast import EpisodePage
from tests.awareness.conftest import english
from tests.awareness.test_every_type import ONE_ALONE, PARENTS
from tests.awareness.test_media import document, picture, raw, shot

MOST = 12
LISTS = {
    ArticleIndexPage: ["?topic=t1", "?author=a1", "?page=2"],
    **{model: ["", "?page=2"] for model in (NewsroomPage, FilmIndexPage, PodcastPage, JobIndexPage)},
}


def spanish(kind: type[Page]) -> Any:
    """A page of that type in our second language, where it asks for the most."""
    return kind.objects.filter(locale__language_code="es").order_by("depth", "path").last()


def much(image: int) -> list[dict[str, object]]:
    """Pictures, films, files, links and figures, several of each."""
    film, captions, sound = document("f.mp4"), document("f.vtt"), document("s.mp3")
    sections = [page.pk for page in SectionPage.objects.filter(locale__language_code="en")]
    link = {"label": "Go", "note": "", "address": ""}
    return [
        raw("gallery", {"title": "", "pictures": [shot(image)] * 6}),
        raw("people", {"title": "", "people": [{"name": "A", "picture": shot(image)["image"]}] * 6}),
        raw("columns", {"columns": [{"title": "", "content": [raw("picture", shot(image))]}] * 2}),
        raw("film", {"title": "F", "video": film.pk, "captions": captions.pk, "transcript": "T"}),
        raw("sound", {"title": "S", "sound": sound.pk, "transcript": "T"}),
        *[raw("picture", shot(image)), raw("beside", {**shot(image), "text": "<p>T</p>"})] * 6,
        *[raw("file", {"title": "T", "document": sound.pk})] * 5,
        *[raw("actions", {"actions": [{**link, "page": page, "style": "main"}]}) for page in sections],
        *[raw("stat", {"figure": slug, "words": ""}) for slug in ("detected-2022", "forced-labour-2021") * 3],
    ]


def fill_lists(image: int) -> None:
    """More than a page of each list, with all that a row can have, and the announcement above."""
    Navigation.load()
    Navigation.objects.update(announcement="News.", announcement_label="Read it", announcement_address="/films/")
    topics = [Topic.objects.create(name=f"T{each}", slug=f"t{each}") for each in range(3)]
    authors = [Author.objects.create(name=f"A{each}", slug=f"a{each}") for each in range(2)]
    sound, film, captions = document("s.mp3"), document("f.mp4"), document("c.vtt")
    for each in range(13):
        row = {"title": f"Row {each}", "slug": f"row-{each}", "deck": "D"}
        for parent in (spanish(ArticleIndexPage), spanish(NewsroomPage)):
            page = ArticlePage(**row, body="[]", date=date(2026, 1, 1), author=authors[each % 2])
            page.topics.set(topics)
            parent.add_child(instance=page)
        files = {"poster_id": image, "poster_alt": "A road", "video": film, "captions": captions}
        spanish(FilmIndexPage).add_child(instance=FilmPage(**row, minutes=9, **files))
        heard = {"number": each + 1, "minutes": 9, "audio": sound, "transcript": "T"}
        spanish(PodcastPage).add_child(instance=EpisodePage(**row, **heard))
        spanish(JobIndexPage).add_child(instance=JobPage(**row, kind="full", place="Here", apply_to="a@example.org"))


def asked(client, address: str) -> int:
    """How often a reader's page asks while nothing is kept. Whose first reader asked too often, since the files of its
    pictures were made, is read by a second one.
    """
    questions: list[object] = [None] * (MOST + 1)
    for _reader in range(2):
        if len(questions) > MOST:
            cache.clear()
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200, address
            questions = list(captured)
    return len(questions)


def test_it_asks_little_in_the_worst_case_of_every_type(loaded, client):
    image = picture().pk
    fill_lists(image)
    body = [raw("picture", shot(picture().pk)), *much(image)]
    charts = [raw("ledger_chart", {"title": "Given", "by": by}) for by in ("month", "fund", "currency")]
    found = {}
    for model in (*PARENTS, *ONE_ALONE):
        page = spanish(model)
        more = charts if model is DocumentsPage else []
        known = page.body.stream_block.child_blocks
        page.body = json.dumps([*page.body.raw_data, *(each for each in [*body, *more] if each["type"] in known)])
        page.hero, page.hero_picture_id, page.hero_film = "film", image, FilmPage.objects.first()
        page.artwork_id = image
        page.save(clean=False)
        for query in LISTS.get(model, [""]):
            address = f"{page.get_url()}{query}"
            found[address] = asked(client, address)
    assert {address: count for address, count in found.items() if count > MOST} == {}


def test_it_finds_the_front_page_of_each_of_two_sites_by_the_name_of_the_host(loaded, client, settings):
    settings.ALLOWED_HOSTS = ["localhost", "other.example", "third.example"]
    home, section = english(HomePage), english(SectionPage, slug="about")
    Site.objects.create(hostname="other.example", port=80, root_page=section)
    for host, title in (
        ("localhost", home.headline),
        ("other.example", section.title),
        ("third.example", home.headline),
    ):
        assert f"<h1>{title}</h1>" in client.get("/", headers={"host": host}).content.decode(), host

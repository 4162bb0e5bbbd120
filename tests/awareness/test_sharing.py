"""Found and shared: canonical addresses, pictures for sharing, data for search engines, the feed."""

import io
import json
import re
from datetime import date, timedelta
from xml.etree import ElementTree

import feedparser
import pytest
from django.core.files.base import ContentFile
from django.utils.translation import override
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.models import Page

from awareness import structured
from awareness.models import (
    ArticleIndexPage,
    ArticlePage,
    EpisodePage,
    FaqPage,
    FilmIndexPage,
    FilmPage,
    JobIndexPage,
    JobPage,
    PodcastPage,
)
from awareness.stream_bodies import ArticleBody
from donations.models import Campaign, Currency
from foundation.organisation.models import Organisation
from foundation.organisation.structured import script
from pledges.models import Pledge
from tests.awareness.conftest import english

BASE = "http://localhost:8000"
SHUT = {"deck": "One sentence."}
ENDING = "</script><script>alert(1)</script>"
# What Google's own pages call required for each type.
REQUIRED = {
    "NGO": {"name", "url"},
    "WebSite": {"name", "url"},
    "Article": {"headline", "image", "datePublished", "author", "publisher"},
    "FAQPage": {"mainEntity"},
    "VideoObject": {"name", "description", "thumbnailUrl", "uploadDate"},
    "PodcastSeries": {"name", "url", "webFeed"},
    "PodcastEpisode": {"name", "url", "datePublished", "associatedMedia", "partOfSeries"},
    "JobPosting": {"title", "description", "datePosted", "hiringOrganization", "employmentType"},
    "DonateAction": {"name", "recipient", "target"},
    "BreadcrumbList": {"itemListElement"},
}


def document(name):
    return get_document_model().objects.create(title=name, file=ContentFile(b"x" * 1234, name=name))


def things(html: str) -> dict[str, dict]:
    """By type, what the page tells search engines."""
    found = {}
    for words in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, flags=re.DOTALL):
        data = json.loads(words)
        assert data["@context"] == "https://schema.org"
        assert not re.search(r':(""|null|\[\]|\{\})', words), "a field that says nothing, however deep"
        for thing in data["@graph"]:
            assert REQUIRED[thing["@type"]] <= set(thing), thing
            found[thing["@type"]] = thing
    return found


def meta(html: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', html))


def question(words: str, answer: str) -> dict:
    return {"type": "question", "value": {"question": words, "answer": answer}}


def test_it_tells_of_each_page_what_it_is(loaded, client, read):
    home = things(read("/"))
    assert home["NGO"]["name"] == "The Road Out"
    assert home["DonateAction"]["target"]["urlTemplate"] == f"{BASE}/give/"
    article = things(read("/the-problem/what-is-human-trafficking/"))["Article"]
    assert article["headline"] == "What is human trafficking?"
    assert article["mainEntityOfPage"] == f"{BASE}/the-problem/what-is-human-trafficking/"
    trail = things(read("/about/financials/"))["BreadcrumbList"]["itemListElement"]
    assert [step["item"] for step in trail] == [f"{BASE}/about/", f"{BASE}/about/financials/"]
    assert things(read("/podcast/"))["PodcastSeries"]["webFeed"] == f"{BASE}/podcast/feed.xml"
    assert things(read("/give/"))["DonateAction"]["recipient"]["name"] == "The Road Out"
    assert things(read("/get-help/")) == {}


def test_it_tells_questions_with_the_answers_that_stand_on_the_page(loaded, client, read):
    faq = english(FaqPage, slug="faq")
    shown = [child.value["question"] for child in faq.body if child.block_type == "question"]
    told = things(read("/about/faq/"))["FAQPage"]["mainEntity"]
    assert [each["name"] for each in told] == shown and len(shown) > 3
    assert all(each["acceptedAnswer"]["text"] for each in told)
    faq.body = ArticleBody().to_python(
        [question("How <many>?", "<p>It is {figure:forced-labour-2021} &amp; more.</p>")]
    )
    faq.save_revision().publish()
    (only,) = things(read("/about/faq/"))["FAQPage"]["mainEntity"]
    assert only["name"] == "How <many>?"
    assert only["acceptedAnswer"]["text"] == "It is 27.6 million & more."


def test_it_tells_of_films_episodes_and_jobs(loaded, client, read):
    films, show, jobs = english(FilmIndexPage), english(PodcastPage), english(JobIndexPage)
    trailer = "https://video.example/watch?v=1&t=2"
    films.add_child(instance=FilmPage(title="Far", slug="far", minutes=12, trailer=trailer, **SHUT))
    own = {"video": document("f.mp4"), "captions": document("f.vtt"), "transcript": "All words."}
    films.add_child(instance=FilmPage(title="Near", slug="near", minutes=12, **own, **SHUT))
    films.add_child(instance=FilmPage(title="None", slug="none", minutes=12, **SHUT))
    sound = document("e.mp3")
    show.add_child(instance=EpisodePage(title="E", slug="e", number=1, minutes=20, audio=sound, transcript="W", **SHUT))
    closes = date.today() + timedelta(days=9)
    job = JobPage(title="Cook", slug="cook", kind="intern", place="Anywhere", apply_to="a@example.org", **SHUT)
    job.closes_on = closes
    job.body = ArticleBody().to_python([{"type": "heading", "value": {"text": "Work", "level": "2", "anchor": "work"}}])
    jobs.add_child(instance=job)
    far = things(read("/films/far/"))["VideoObject"]
    assert far["embedUrl"] == trailer and "contentUrl" not in far  # the page of another site is not the film's file
    near = things(read("/films/near/"))["VideoObject"]
    assert near["contentUrl"] == BASE + own["video"].url and near["transcript"] == "All words."
    assert near["uploadDate"][10:13] == "T12" and near["uploadDate"][-6] in "+-"
    assert "VideoObject" not in things(read("/films/none/"))
    episode = things(read("/podcast/e/"))["PodcastEpisode"]
    assert episode["associatedMedia"]["contentUrl"] == BASE + sound.url
    assert episode["partOfSeries"]["@id"] == things(read("/podcast/"))["PodcastSeries"]["@id"]
    posting = things(read("/about/jobs/cook/"))["JobPosting"]
    assert posting["employmentType"] == "INTERN" and posting["jobLocationType"] == "TELECOMMUTE"
    assert [each["name"] for each in posting["applicantLocationRequirements"]] == ["United States"]  # ours
    assert posting["description"] == "One sentence.\nWork"  # its words alone, not how they are set
    assert posting["validThrough"].startswith(f"{closes.isoformat()}T23:59:59")


@pytest.mark.parametrize(
    ("place", "language", "countries"),
    [
        ("Anywhere in Canada or Equatorial Guinea", "en", {"Canada", "Equatorial Guinea"}),
        ("En cualquier lugar de Estados Unidos", "es", {"United States"}),
        ("Remote", "es", {"United States"}),
        ("Tucson", "en", None),
    ],
)
def test_it_says_of_work_from_anywhere_of_which_countries(db, place, language, countries):
    organisation, job = Organisation(), JobPage(title="Cook", kind="intern", place=place, body="[]")
    with override(language):
        (posting,) = structured._job(job, "/job/", organisation)
    named = posting.get("applicantLocationRequirements")
    assert (named and {each["name"] for each in named}) == countries
    assert ("jobLocation" in posting) == (countries is None)


def test_it_lets_no_title_end_the_block_of_data(loaded, client, read):
    page = english(ArticlePage, slug="what-is-human-trafficking")
    page.title = f"A {ENDING} & more"
    page.save_revision().publish()
    html = read("/the-problem/what-is-human-trafficking/")
    assert "alert(1)</script>" not in html
    assert things(html)["Article"]["headline"] == page.title
    assert meta(html)["og:title"] == "A &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"
    assert "\u2028" not in script({"@type": "NGO", "name": "a\u2028b", "url": ENDING})


def test_it_gives_each_page_words_and_a_picture_of_its_own_for_sharing(loaded, whole_site):
    pictures, read = set(), whole_site.pages()
    for page in Page.objects.live().filter(depth__gt=1):
        path = page.get_url()
        said = meta(read[path])
        assert said["og:title"] and said["og:description"] and said["og:image:alt"], path
        assert said["og:url"] == BASE + path
        pictures.add(said["og:image"])
    assert len(pictures) == Page.objects.live().filter(depth__gt=1).count()


def test_it_draws_the_picture_that_it_names(loaded, client, read):
    for path in ("/", "/the-problem/what-is-human-trafficking/", "/give/", "/pledge/"):
        address = meta(read(path))["og:image"]
        answer = client.get(address.removeprefix(BASE))
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png"), address
        assert "immutable" in answer["Cache-Control"]
        assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)
        assert "immutable" not in client.get(address.removeprefix(BASE).partition("?")[0])["Cache-Control"]


def test_it_draws_nothing_of_a_draft_or_of_a_page_that_is_not_there(loaded, client):
    page = english(ArticlePage, slug="what-is-human-trafficking")
    page.unpublish()
    root = Page.objects.get(depth=1)
    for number in (page.pk, root.pk, 10**9, 10**30):
        assert client.get(f"/share/{number}.png").status_code == 404


def test_it_shares_open_campaigns_and_pledges_by_their_words(loaded, client, read):
    euro = Currency.objects.get(code="EUR")
    fields = {"summary": "Rooms.", "currency": euro, "goal": 100_00, "starts_on": date(2026, 1, 1), "live": True}
    campaign = Campaign.objects.create(title="A house", slug="a-house", **fields)
    html = read("/give/a-house/")
    assert meta(html)["og:title"] == "A house" and things(html)["DonateAction"]["name"] == "A house"
    campaign.ended = True
    campaign.save()
    assert "DonateAction" not in things(read("/give/a-house/"))
    assert meta(read("/pledge/"))["og:title"] == Pledge.objects.get(is_main=True).title


@pytest.mark.parametrize(
    "address", ["/", "/about/faq/", "/give/?frequency=monthly", "/pledge/", "/subscribe/", "/search/"]
)
def test_it_names_the_one_address_of_a_page(read, address):
    assert f'<link rel="canonical" href="{BASE}{address.partition("?")[0]}">' in read(address)


def test_it_tells_where_a_page_is_in_other_languages(loaded, client):
    told = {}
    for address in ("/", "/es/"):
        html = client.get(address).content.decode()
        told[address] = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', html))
    assert told["/"] == told["/es/"] == {"en": f"{BASE}/", "es": f"{BASE}/es/", "x-default": f"{BASE}/"}
    mapped = ElementTree.fromstring(client.get("/sitemap.xml").content)
    urls = {url.find("{*}loc").text: url for url in mapped.findall("{*}url")}
    for location in (f"{BASE}/", f"{BASE}/es/", f"{BASE}/give/", f"{BASE}/es/give/"):
        links = {link.get("hreflang"): link.get("href") for link in urls[location].findall("{*}link")}
        assert set(links) == {"en", "es", "x-default"} and location in links.values()


def test_it_feeds_readers_with_what_is_new(loaded, client, read):
    late = date.today()
    body = ArticleBody().to_python([{"type": "paragraph", "value": "<p>Words.</p>"}])
    made = ArticlePage(title="One & <two>", slug="one", body=body, date=late, **SHUT)
    english(ArticleIndexPage).add_child(instance=made)
    assert '<link rel="alternate" type="application/atom+xml" title="The Road Out" href="/feed/">' in read("/about/")
    answer = client.get("/feed/")
    assert answer["Content-Type"].startswith("application/atom+xml") and not answer.cookies
    feed = feedparser.parse(answer.content)
    assert not feed.bozo and feed.version == "atom10"
    assert feed.feed.title == "The Road Out" and feed.feed.id and feed.feed.updated
    first = feed.entries[0]
    assert (first.title, first.summary) == ("One &amp; &lt;two&gt;", "One sentence.") or first.title == "One & <two>"
    assert all(entry.id and entry.link and entry.updated and entry.author for entry in feed.entries)
    assert [entry.published_parsed for entry in feed.entries] == sorted(
        (entry.published_parsed for entry in feed.entries), reverse=True
    )
    links = [entry.link for entry in feed.entries]
    assert not [link for link in links if "/policies/" in link or "/privacy/" in link]  # rules are no news
    assert any("sample-release" in link for link in links) and any("/the-problem/signs/" in link for link in links)
    made.title, made.slug = "Renamed", "renamed"
    made.save_revision().publish()
    again = feedparser.parse(client.get("/feed/").content).entries[0]
    assert again.id == first.id and again.link == f"{BASE}/articles/renamed/"
    assert all(client.get(entry.link.removeprefix(BASE)).status_code == 200 for entry in feed.entries[1:])


def test_it_leaves_drafts_out_of_the_feed(loaded, client):
    for page in [*ArticlePage.objects.all(), *FilmPage.objects.all(), *EpisodePage.objects.all()]:
        page.unpublish()
    assert feedparser.parse(client.get("/feed/").content).entries == []

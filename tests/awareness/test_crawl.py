"""The loaded site, followed link by link: nothing missing, well built, nobody else asked; its other profile."""

from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import html5lib
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from wagtail.models import Page

from foundation.organisation.models import Organisation

pytestmark = pytest.mark.django_db  # so that it comes before the tests that empty the database
VOID_OF_OURS = ("/admin/", "/accounts/")  # for staff, behind a password
MOST_QUERIES = 12
LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADING |= {"embed": "src", "object": "data", "track": "src", "input": "src", "image": "href", "use": "href"}


class Seen(HTMLParser):
    """Links, headings, anchors, pictures and title of a page."""

    def __init__(self, html):
        super().__init__()
        self.links, self.headings, self.ids, self.loaded, self.without_alt, self.title = [], [], set(), [], [], ""
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        have = dict(attrs)
        if have.get("id"):
            self.ids.add(have["id"])
        if tag == "a" and have.get("href"):
            self.links.append(have["href"])
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))
        if tag == "img" and "alt" not in have:
            self.without_alt.append(have)
        if tag in LOADING and have.get(LOADING[tag]):
            self.loaded.append(have[LOADING[tag]])
        if have.get("srcset"):
            self.loaded += [part.split()[0] for part in have["srcset"].split(",")]
        if have.get("poster"):
            self.loaded.append(have["poster"])
        if tag == "link" and have.get("rel") in ("stylesheet", "preload", "icon", "preconnect"):
            self.loaded.append(have["href"])
        self._in_title = tag == "title" and not self.title

    def handle_data(self, data):
        if self._in_title:
            self.title += data
            self._in_title = False


@pytest.fixture(scope="module")
def site(loaded_once, django_db_blocker):
    """Every internal address that a link leads to from the front page or a page of ours: {address: (answer, Seen)}."""
    with django_db_blocker.unblock():
        client = Client()
        waiting = ["/", "/search/", *(urlsplit(page.full_url).path for page in Page.objects.live().filter(depth__gt=1))]
        found = {}
        while waiting:
            address = waiting.pop()
            if address in found or address.startswith(VOID_OF_OURS):
                continue
            answer = client.get(address)
            html = answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code == 200
            seen = Seen(answer.content.decode()) if html else None
            found[address] = (answer, seen)
            if seen:
                for link in seen.links:
                    full = urlsplit(urldefrag(urljoin(f"http://testserver{address}", link)).url)
                    if full.scheme in ("http", "https") and full.netloc == "testserver":
                        waiting.append(full.path + (f"?{full.query}" if full.query else ""))
    return found


@pytest.fixture
def pages(site):
    return {address: seen for address, (_, seen) in site.items() if seen}


def test_it_leads_every_link_to_a_page_that_is_there(site):
    assert len(site) > 35
    assert {address: answer.status_code for address, (answer, _) in site.items() if answer.status_code >= 400} == {}


def test_it_leads_every_anchor_to_a_place_that_is_there(pages):
    missing = []
    for address, seen in pages.items():
        for link in seen.links:
            full, anchor = urldefrag(urljoin(address, link))
            if anchor and full in pages and anchor not in pages[full].ids:
                missing.append((address, link))
    assert missing == []


def test_it_gives_each_page_one_first_heading_and_the_others_in_order(pages):
    wrong = {}
    for address, seen in pages.items():
        jumps = any(after > before + 1 for before, after in zip(seen.headings, seen.headings[1:], strict=False))
        if seen.headings.count(1) != 1 or jumps:
            wrong[address] = seen.headings
    assert wrong == {}


def test_it_gives_each_page_a_title_of_its_own(pages):
    titles = Counter(seen.title.strip() for address, seen in pages.items() if "?" not in address)
    assert [title for title, times in titles.items() if times > 1 or not title] == []


def test_it_gives_each_picture_words_and_loads_nothing_from_elsewhere(pages):
    assert {address: seen.without_alt for address, seen in pages.items() if seen.without_alt} == {}
    assert {
        (address, link) for address, seen in pages.items() for link in seen.loaded if urlsplit(link).netloc
    } == set()


def test_it_asks_the_database_at_most_twelve_times_for_any_page(pages, django_assert_max_num_queries):
    client = Client()
    for address in pages:
        cache.clear()
        with django_assert_max_num_queries(MOST_QUERIES, info=address):
            client.get(address)


def test_it_writes_html_that_a_strict_reader_takes(site, pages):
    wrong = {}
    for address in pages:
        try:
            html5lib.HTMLParser(strict=True).parse(site[address][0].content)
        except html5lib.html5parser.ParseError as error:
            wrong[address] = str(error)
    assert wrong == {}


def test_it_makes_the_whole_site_anothers_with_a_profile(client):
    call_command("load_content", profile="exodus-cry", verbosity=0)
    html = client.get("/about/").content.decode()
    assert "Exodus Cry" in html[html.index("<title") : html.index("</title>")]
    assert "Exodus Cry" in html[html.index("<header") : html.index("</header>")]
    foot = html[html.index("<footer") :]
    for words in (
        "Exodus Cry",
        "501(c)(3)",
        "816.398.7490",
        "San Clemente",
        "info@exoduscry.com",
        "press@exoduscry.com",
    ):
        assert words in foot, words
    assert "no such charity exists" not in html and "The Road Out" not in html
    assert Organisation.load().name == "Exodus Cry"
    # Its own menu and announcement.
    assert "Watch our latest documentary miniseries." in html and '<a href="/films/">Watch now</a>' in html
    seen = Seen(html)
    for area in ("/our-solution/shifting-culture/", "/our-solution/changing-laws/", "/our-solution/reaching-out/"):
        assert seen.links.count(area) == 2, area  # in the menu and in the foot
    ours = {urldefrag(link).url for link in seen.links if link.startswith("/") and not link.startswith(VOID_OF_OURS)}
    assert {link: client.get(link).status_code for link in ours if client.get(link).status_code >= 400} == {}

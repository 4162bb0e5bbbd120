"""The loaded site, followed link by link: nothing missing, well built, nobody else asked; its other profile."""

import re
from collections import Counter
from urllib.parse import urldefrag, urljoin, urlsplit

import html5lib
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from wagtail.models import Page

from tests.awareness.crawling import crawl

pytestmark = pytest.mark.django_db  # so that it comes before the tests that empty the database
MOST_QUERIES = 12
ASKED = ("/", "/get-help/", "/get-help/card/", "/the-problem/", "/the-problem/what-is-human-trafficking/", "/articles/")
FORMS = ("/give/", "/my/", "/pledge/", "/subscribe/", "/about/contact/")
WITH_FORMS = tuple(language + address for language in ("", "/es") for address in FORMS)


@pytest.fixture
def pages(whole_site):
    return {address: seen for address, (_, seen) in whole_site.items() if seen}


def test_it_leads_every_link_to_a_page_that_is_there(whole_site):
    assert len(whole_site) > 35
    assert {
        address: answer.status_code for address, (answer, _) in whole_site.items() if answer.status_code >= 400
    } == {}


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


def test_it_asks_the_database_at_most_twelve_times_for_any_page(whole_site, pages, django_assert_max_num_queries):
    asked = {address: whole_site[address][0].queries for address in pages}
    assert min(asked.values()) > 0 and {*ASKED, *(f"/es{address}" for address in ASKED)} <= set(asked)
    for address in [address for address, queries in asked.items() if queries > MOST_QUERIES]:
        cache.clear()
        with django_assert_max_num_queries(MOST_QUERIES, info=address):  # what the first one ever looked up stays
            Client().get(address)


def test_it_gives_readers_no_cookie_and_no_token(whole_site, pages):
    answers = {address: whole_site[address][0] for address in pages if not address.startswith(WITH_FORMS)}
    assert len(answers) > 80
    assert [address for address, answer in answers.items() if answer.cookies] == []
    assert [address for address, answer in answers.items() if b"csrfmiddlewaretoken" in answer.content] == []


def test_it_writes_html_that_a_strict_reader_takes(whole_site, pages):
    wrong = {}
    for address in pages:
        try:
            html5lib.HTMLParser(strict=True).parse(whole_site[address][0].content)
        except html5lib.html5parser.ParseError as error:
            wrong[address] = str(error)
    assert wrong == {}


def test_it_tells_visitors_nothing_of_what_staff_must_still_check(whole_site, pages):
    """No note for staff and no apology: those are a list in the panel."""
    bodies = [getattr(page, "body", ()) for page in Page.objects.live().specific()]
    notes = [block.value["text"] for body in bodies for block in body if block.block_type == "for_staff"]
    assert len(notes) > 20
    apology = re.compile(
        r"For staff|Para el personal|sample text|text is a sample|not yet entered|not opened it ourselves"
    )
    for address in pages:
        html = whole_site[address][0].content.decode()
        found = apology.search(html)
        assert found is None, (address, found)
        assert not [note for note in notes if note[:40] in html], address


@pytest.fixture(scope="module")
def other_site(loaded_once, django_db_blocker):
    """The site of the other profile, crawled in the first language: {address: (answer, Seen)}."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_content", profile="exodus-cry", verbosity=0)
        ours = Page.objects.live().filter(locale__language_code="en", depth__gt=1)
        found = crawl("/", "/search/", *(urlsplit(page.full_url).path for page in ours))
        transaction.set_rollback(True)
    cache.clear()
    return found


def test_it_brands_the_whole_site_with_another_profile(other_site):
    html = other_site["/about/"][0].content.decode()
    assert "Exodus Cry" in html[html.index("<title") : html.index("</title>")]
    assert "Exodus Cry" in html[html.index("<header") : html.index("</header>")]
    foot = html[html.index("<footer") :]
    facts = (
        "Exodus Cry",
        "501(c)(3)",
        "816.398.7490",
        "638 Camino De Los Mares, Suite H130-650",
        "San Clemente, CA 92673",
    )
    for words in (*facts, "info@exoduscry.com", "press@exoduscry.com"):
        assert words in foot, words
    for address, (answer, seen) in other_site.items():
        html = answer.content.decode() if seen else ""
        assert "no such charity exists" not in html and "The Road Out" not in html, address


def test_it_gives_the_other_profile_its_own_menu_and_announcement(other_site):
    answer, seen = other_site["/about/faq/"]
    html = answer.content.decode()
    assert "Watch our latest documentary miniseries." in html and '<a href="/films/">Watch now</a>' in html
    for area in ("/our-solution/shifting-culture/", "/our-solution/changing-laws/", "/our-solution/reaching-out/"):
        assert seen.links.count(area) == 2, area  # in the menu and in the foot


def test_it_shows_no_invented_job_and_no_invented_release_of_a_charity_that_exists(other_site):
    for address in ("/about/jobs/", "/about/newsroom/", "/podcast/"):
        answer, seen = other_site[address]
        assert answer.status_code == 200 and not [link for link in seen.links if "sample" in link], address
    assert not [address for address in other_site if "sample-" in address or "reading-a-number-aloud" in address]


def test_it_leads_everywhere_under_the_other_profile_too(other_site):
    assert len(other_site) > 35
    assert {
        address: answer.status_code for address, (answer, _) in other_site.items() if answer.status_code >= 400
    } == {}
    pages = {address: seen for address, (_, seen) in other_site.items() if seen}
    titles = Counter(page.title.strip() for address, page in pages.items() if "?" not in address)
    assert [title for title, times in titles.items() if times > 1 or not title] == []
    for address, page in pages.items():
        jumps = [pair for pair in zip(page.headings, page.headings[1:], strict=False) if pair[1] > pair[0] + 1]
        assert page.headings.count(1) == 1 and not jumps and not page.without_alt, address
        assert not [link for link in page.loaded if urlsplit(link).netloc], address
        for link in page.links:
            full, anchor = urldefrag(urljoin(address, link))
            assert not anchor or full not in pages or anchor in pages[full].ids, (address, link)
        html5lib.HTMLParser(strict=True).parse(other_site[address][0].content)

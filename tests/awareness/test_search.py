"""Search: what is looked for is found on both databases, and stands in no address, cookie, history or log."""

import logging
import re
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import translate_url
from django.utils.text import slugify
from wagtail import blocks

from awareness import page_words
from awareness.models import ArticlePage, Figure, PageWords, SectionPage
from awareness.stream_bodies import ArticleBody
from donations.models import Campaign, Currency
from foundation.organisation.sought import MOST_WORDS, Sought
from tests.awareness.conftest import english, main_of

HOSTILE = [
    "'",
    '"',
    '" OR 1=1 --',
    "'; DROP TABLE awareness_pagewords; --",
    "body:law NEAR(a b) * ^ { } ( ) AND OR NOT",
    "law AND",
    "NOT",
    "a:* & !b | <-> c",
    "\\ %s %(x)s {0} $1 ?",
    "<script>alert(1)</script>",
    "</mark><img src=x onerror=alert(1)>",
    "🙂🙂 💔",
    "\x00\x01law\x00",
    "law\x00",
    "ﷺ ½ ŉ ß İ Ⅷ",
    "- -- --- * **",
    "طفل 児童 дети",
    "word " * 2000,
    "x" * 10_240,
    "é" * 5_000,
]


@pytest.fixture
def look(loaded, client):
    """look("words") answers the HTML of what was found."""

    def _look(words: str, address: str = "/search/") -> str:
        answer = client.post(address, {"words": words})
        assert answer.status_code == 200
        return answer.content.decode()

    return _look


def results(html: str) -> list[tuple[str, str]]:
    """(address, title without markup) of each answer, in their order."""
    rows = re.findall(r'<h3 class="unit"><a href="([^"]+)">(.*?)</a></h3>', html)
    return [(url, re.sub(r"<[^>]+>", "", title)) for url, title in rows]


def addresses(html: str) -> list[str]:
    return [url for url, _ in results(html)]


def text(title: str, words: str, **fields) -> ArticlePage:
    body = ArticleBody().to_python([{"type": "paragraph", "value": f"<p>{words}</p>"}])
    page = ArticlePage(title=title, slug=slugify(title), deck="One sentence.", body=body, **fields)
    return english(SectionPage, slug="the-problem").add_child(instance=page)


def test_it_finds_pages_by_words_in_any_form_and_marks_them(look):
    html = look("victims LAW")
    assert "<mark>" in html
    marked = {word.lower() for word in re.findall(r"<mark>([^<]+)</mark>", html)}
    assert {"victim", "law"} <= marked
    assert all(word.startswith(("victim", "law")) for word in marked)
    assert addresses(look("traffickings"))  # no text has this form


def test_it_finds_the_beginning_of_a_word_and_words_without_their_accents(look):
    text("Émigré homes", "Zweckgemeinschaft words.")
    for words in ("zweckgem", "EMIGRE", "émigrés"):
        assert addresses(look(words)) == ["/the-problem/emigre-homes/"]


def test_it_leads_to_the_part_of_a_page_that_says_it(look, client):
    url, _ = next(found for found in results(look("palermo protocol")) if "what-is-human-trafficking" in found[0])
    page, _, anchor = url.partition("#")
    assert anchor and f'id="{anchor}"' in client.get(page).content.decode()


def test_it_leads_to_a_question_by_its_own_address(look, client):
    page = PageWords.objects.get(page__slug="faq", language="en")
    question = next(each for each in page.passages if each.anchor and each.text)
    found = dict(results(look(question.title)))
    assert found[f"/about/faq/#{question.anchor}"] == question.title
    assert f'id="{question.anchor}"' in client.get("/about/faq/").content.decode()


def test_it_puts_a_page_called_so_before_pages_that_only_say_so(look):
    for number in range(5):
        text(f"Text {number}", "Quarry quarry quarry quarry.")
    named = text("A quarry", "Other words.")
    assert addresses(look("quarry"))[0] == named.get_url()


def test_it_shows_pages_with_some_of_the_words_when_none_has_all(look):
    text("A text", "Quarry words.")
    html = look("quarry zzyzx")
    assert "/the-problem/a-text/" in addresses(html)
    assert "No page has all of these words." in html
    assert "No page has all" not in look("quarry words")


def test_it_finds_articles_figures_campaigns_pledges_and_phone_lines(look):
    euro = Currency.objects.get(code="EUR")
    fields = {"summary": "Rooms by the harbour.", "currency": euro, "goal": 100_00, "starts_on": date(2026, 1, 1)}
    Campaign.objects.create(title="A lighthouse", slug="a-lighthouse", live=True, **fields)
    Campaign.objects.create(title="A draft lighthouse", slug="a-draft", live=False, **fields)
    figure = Figure.objects.current().get(slug="forced-labour-2021")
    assert "/give/a-lighthouse/" in addresses(look("harbours"))
    assert "/give/a-draft/" not in addresses(look("harbours"))
    assert "/give/" in addresses(look("donate monthly"))
    assert "/pledge/" in addresses(look("abolitionist"))
    assert f"/the-problem/facts-and-sources/#{figure.slug}" in addresses(look("forced labour 27.6 million"))
    assert results(look("hotline Mexico"))[0] == ("/get-help/#country-mx", "Mexico")


def test_it_never_shows_a_figure_that_is_out_of_use(look):
    for figure in Figure.objects.corrected():
        assert f"#{figure.slug}" not in look(f"{figure.text} {figure.counts}")


def test_it_leaves_the_place_of_a_number_open_and_names_no_row(look):
    text("A text", "Quarry: {figure:forced-labour-2021} people{source:palermo-protocol}.")
    html = look("quarry")
    assert "<mark>Quarry</mark>: … people." in html
    assert "forced-labour-2021" not in html and "palermo-protocol" not in html


def test_it_looks_for_words_and_not_for_how_a_block_is_set(look):
    """A button's style, the level of a heading and an emblem have names for staff, and a link has an address."""
    choices = {choice for child in ArticleBody().child_blocks.values() for choice in _indexed_choices(child)}
    assert choices == set()
    assert addresses(look("outline")) == [] and "frequency=monthly" not in main_of(look("Give every month"))


def _indexed_choices(block):
    if isinstance(block, blocks.ChoiceBlock):
        return [block.name] if block.search_index else []
    inner = getattr(block, "child_blocks", {}) or {"": getattr(block, "child_block", None)}
    return [name for child in inner.values() if child for name in _indexed_choices(child)]


def test_it_forgets_a_page_that_is_no_longer_public_and_never_shows_a_draft(look):
    page = text("A text", "Quarry words.")
    page.body = ArticleBody().to_python([{"type": "paragraph", "value": "<p>Gravel words.</p>"}])
    page.save_revision()
    assert addresses(look("quarry")) == ["/the-problem/a-text/"]
    assert addresses(look("gravel")) == []
    page.get_latest_revision().publish()
    assert addresses(look("gravel")) == ["/the-problem/a-text/"]
    page.refresh_from_db()
    page.unpublish()
    assert addresses(look("gravel")) == []


def test_it_shows_no_page_behind_a_password(look):
    page = text("A text", "Quarry words.")
    page.view_restrictions.create(restriction_type="password", password="x")
    assert "quarry" not in look("quarry").lower().replace('value="quarry"', "")


def test_it_learns_pages_that_were_there_before_it(look):
    PageWords.objects.all().delete()
    assert addresses(look("palermo")) == []
    page_words.keep_all()
    assert any("what-is-human-trafficking" in url for url in addresses(look("palermo")))


def test_it_helps_when_nothing_is_found(look):
    html = look("zzyzx")
    assert "Nothing here has these words." in html and 'href="/get-help/"' in html
    assert "Please type at least one word" in look("")
    assert "Please type at least one word" in look("🙂 ???")


def test_it_shows_no_number_of_a_card_again_and_looks_for_none(look):
    html = look("palermo 4242 4242 4242 4242")
    assert "looks like the number of a card" in html and "4242" not in html and 'id="found"' not in html


@pytest.mark.parametrize("words", HOSTILE, ids=lambda words: ascii(words[:24]))
def test_it_takes_whatever_is_typed_as_words(look, words):
    html = look(words)
    assert "<script>alert" not in html and "<img src=x" not in html
    assert len(html) < 120_000


@pytest.mark.parametrize("words", HOSTILE, ids=lambda words: ascii(words[:24]))
def test_it_makes_of_them_letters_and_digits_alone(words):
    for stem in Sought(words, "en").stems:
        assert re.fullmatch(r"[^\W_]+", stem) and len(stem) <= 100
    assert len(Sought(words, "en").stems) <= MOST_WORDS


def test_it_escapes_what_it_marks(look):
    text("A <b>quarry</b> & more", "Quarry &lt;script&gt;alert(1)&lt;/script&gt; words.")
    html = look("quarry script")
    assert "A &lt;b&gt;<mark>quarry</mark>&lt;/b&gt; &amp; more" in html
    assert "<script>alert" not in html


def test_it_shows_the_empty_form_by_get_whatever_stands_behind_the_address(loaded, client):
    for address in ("/search/", "/search/?words=palermo", "/search/?q=palermo"):
        answer = client.get(address)
        html = answer.content.decode()
        assert answer.status_code == 200 and "palermo" not in html.lower() and "<mark>" not in html
        assert '<form class="form mt5 measure" method="post" action="/search/" role="search">' in html
    assert client.put("/search/").status_code == 405


def test_it_sets_no_cookie_wants_no_token_and_is_kept_by_no_cache(loaded):
    stranger = Client(enforce_csrf_checks=True, headers={"origin": "null"})
    for answer in (stranger.get("/search/"), stranger.post("/search/", {"words": "palermo"})):
        assert answer.status_code == 200 and not answer.cookies
        assert "csrfmiddlewaretoken" not in answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "cookie" not in answer.get("Vary", "").lower()


def test_it_tells_no_browser_to_keep_the_words(loaded, client):
    html = client.post("/search/", {"words": "palermo"}).content.decode()
    field = re.search(r"<input[^>]+>", html).group()
    assert 'autocomplete="off"' in field and 'spellcheck="false"' in field and 'maxlength="100"' in field
    assert "palermo" not in html[: html.index("</head>")].lower()
    links = re.findall(r'(?:href|action)="([^"]*)"', html)
    assert not [link for link in links if "palermo" in link.lower() and "#" not in link]


@pytest.mark.parametrize("words", ["palermo", "zzyzx", "'\"; --", "x" * 3000])
def test_it_writes_no_word_of_it_into_a_log(look, caplog, words):
    with caplog.at_level(logging.DEBUG):
        look(words)
    assert words not in caplog.text and words[:100] not in caplog.text


def test_it_asks_the_database_little_whatever_is_found(loaded, client, django_assert_max_num_queries):
    for words in ("trafficking", "hotline mexico", "zzyzx", "give pledge law people figure"):
        cache.clear()
        with django_assert_max_num_queries(12):
            client.post("/search/", {"words": words})


def test_it_finds_pages_of_the_language_that_is_read(loaded, client):
    assert translate_url("/search/", "es") == "/es/search/"
    html = client.post("/es/search/", {"words": "victimas"}).content.decode()
    found = addresses(html)
    assert found and all(url.startswith("/es/") for url in found)
    assert re.search(r"<mark>v[ií]ctimas?</mark>", html, flags=re.IGNORECASE)


def test_it_is_reached_from_every_page_and_from_one_that_is_not_there(loaded, client):
    page = client.get("/about/").content.decode()
    assert page.count('href="/search/"') == 2  # in the menu and in the foot
    lost = client.get("/no-such-page/").content.decode()
    assert '<form class="form mt5 measure" method="post" action="/search/" role="search">' in lost
    assert main_of(lost)

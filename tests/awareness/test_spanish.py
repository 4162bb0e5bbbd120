"""The site in Spanish: every public string has its words, and every address answers in its own language."""

import datetime
import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from wagtail.models import Page

from config.management.commands import catalogue
from donations.giving import checkout
from donations.models import Gift
from foundation.organisation.languages import here
from tests.awareness.test_figures import statistics_in, texts_of_page
from tests.english import english_in

pytestmark = pytest.mark.django_db
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%|\]\(\{\w+\}\)")
OTHERS = ["es"]
ARTICLE = "/the-problem/what-is-human-trafficking/"


def _pairs(message, texts):
    """Each translated form beside the English one that it says: a plural's first form beside the singular."""
    ours = message if isinstance(message, tuple) else (message,)
    theirs = texts if isinstance(texts, tuple) else (texts,)
    return list(zip((*ours, *[ours[-1]] * (len(theirs) - len(ours))), theirs, strict=True))


@pytest.mark.parametrize("language", OTHERS)
def test_it_has_words_for_every_public_string(language):
    known = catalogue.read(language)
    found = catalogue.public()
    assert len(found) > 600  # the strings of pages, forms and letters were found at all
    missing = [m for m in found if not (e := known.get(m)) or e.fuzzy or not all(t for _, t in _pairs(m, e.string))]
    assert not missing


@pytest.mark.parametrize("language", OTHERS)
def test_it_keeps_every_place_of_a_string(language):
    wrong = []
    for entry in catalogue.read(language):
        if entry.id:
            wrong += [
                (ours, theirs)
                for ours, theirs in _pairs(entry.id, entry.string)
                if sorted(PLACES.findall(ours)) != sorted(PLACES.findall(theirs))
            ]
    assert not wrong


def test_it_sets_the_marks_of_spanish():
    texts = [text for entry in catalogue.read("es") if entry.id for _, text in _pairs(entry.id, entry.string)]
    assert [text for text in texts if any(text.count(a) != text.count(b) for a, b in ("¿?", "¡!", "«»"))] == []
    pages = [path.read_text() for path in (settings.BASE_DIR / "content/es/pages").glob("*.md")]
    assert len(pages) > 30
    assert [text[:200] for text in [*texts, *pages] if re.search("[“”]", text)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_it_ships_the_compiled_catalogue_of_these_words(language):
    assert (catalogue.folder(language) / "django.mo").read_bytes() == catalogue.compiled(catalogue.read(language))


@pytest.mark.parametrize(("address", "words"), [("give/", "Donar"), ("pledge/", "Firm"), ("subscribe/", "cartas")])
def test_it_answers_in_the_language_of_the_address_alone(client, loaded, address, words):
    spanish = client.get(f"/es/{address}", headers={"accept-language": "en"})
    english = client.get(f"/{address}", headers={"accept-language": "es"})
    assert '<html lang="es"' in spanish.content.decode() and words in spanish.content.decode()
    assert '<html lang="en"' in english.content.decode()
    assert (spanish["Content-Language"], english["Content-Language"]) == ("es", "en")
    assert "accept-language" not in (spanish.get("Vary", "") + english.get("Vary", "")).lower()


@pytest.mark.parametrize("address", ["/", "/get-help/"])
def test_it_names_the_other_language_on_both_pages(client, loaded, address):
    for mine, other in ((address, f"/es{address}"), (f"/es{address}", address)):
        html = client.get(mine).content.decode()
        assert f'hreflang="es" href="{settings.BASE_URL}/es{address}"' in html
        assert f'hreflang="en" href="{settings.BASE_URL}{address}"' in html
        assert f'<a href="{other}" hreflang=' in html
        assert "Skip to the content" not in html or mine == address


def test_it_leads_from_a_page_without_a_translation_to_the_one_there_is(client, loaded):
    """And from there the switch leads to the front page, and says that it does."""
    Page.objects.get(slug="faq", locale__language_code="es").specific.unpublish()
    answer = client.get("/es/about/faq/")
    assert (answer.status_code, answer["Location"]) == (302, "/about/faq/")
    html = client.get("/about/faq/").content.decode()
    assert '<a href="/es/" hreflang="es" lang="es">Español: página de inicio</a>' in html
    assert '<link rel="alternate" hreflang' not in html
    for nowhere in ("/es/no-such-page/", "/es/about/newsroom/?page=9", "/es/articles/?topic=nothing"):
        assert client.get(nowhere).status_code == 404, nowhere


def test_it_opens_stripes_page_in_the_language_of_the_gift():
    gift = Gift(reference="G-1", language="es", currency="USD", amount=2500, session_attempt=1)
    with translation.override("en"):
        params = checkout.orders.params(_order(gift))
    assert params["locale"] == "es"
    assert f"{settings.BASE_URL}/es/give/thanks/" in params["success_url"]


def _order(gift):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkout, "_product", lambda *_: "prod")
        return checkout._order(gift, "acct")


def test_it_keeps_addresses_in_the_language_that_is_read():
    with translation.override("es"):
        assert (here("/give/"), here("/static/a.css"), here("https://a.example/")) == (
            "/es/give/",
            "/static/a.css",
            "https://a.example/",
        )
        assert reverse("supporters:my") == "/es/my/"
    assert here("/give/") == "/give/"


def test_it_types_no_statistic_in_another_language_either(loaded):
    pages = Page.objects.filter(locale__language_code__in=OTHERS).specific()
    assert len(pages) >= 2
    assert [hit for page in pages for _, text in texts_of_page(page) for hit in statistics_in(text)] == []


def test_it_writes_days_as_each_language_does():
    day = datetime.date(2026, 11, 4)
    for language, words in (("en", "4 November 2026"), ("es", "4 de noviembre de 2026")):
        with translation.override(language):
            assert date_format(day) == words


def test_it_leaves_the_order_of_a_date_to_the_language():
    """A format typed in a template or a function reads "4 noviembre 2026" in Spanish."""
    files = [path for app in catalogue.APPS for path in (settings.BASE_DIR / app).rglob("*") if path.is_file()]
    read = [path for path in files if path.suffix in (".html", ".txt", ".py")]
    assert [path.name for path in read if re.search("['\"](?:j )?F Y['\"]", path.read_text())] == ["formats.py"]


def test_it_reads_no_word_out_of_a_random_code():
    """The tests of letters and pages would fail by chance: "SAW" is a word that Spanish does not have."""
    assert english_in("Código: 7SAW2KMAY9QQQQQQ, K7QM-3SAW-9PWT, RO-2026-SAW") == set()
    assert english_in("They saw it.") >= {"saw"}

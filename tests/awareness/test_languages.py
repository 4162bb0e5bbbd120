"""Another language than the first: complete pages, words of rows, and an honest remark until a speaker has read it."""

import datetime
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override
from wagtail.models import Page

from awareness import markup
from awareness.facts import Figure
from awareness.navigation import Navigation
from foundation.organisation.languages import plainly, said
from foundation.organisation.models import LanguageReview

pytestmark = pytest.mark.django_db
PAGES = Path(settings.BASE_DIR) / "content" / "pages"
# What is the same in every language: blocks, rows that are named, where links lead, choices.
KEPT = re.compile(
    r"^```\w+|\{(?:figure|source):[\w-]+\}|^(?:figure|source|whole|part|per_dot|by|style|apart|emblem|level|inbox) = .*"
    r"|\]\([^)]*\)|address = \"[^\"]*\"|^  \"(?:old|contested)-[\w-]+\"",
    re.MULTILINE,
)
READ = "Ninguna persona que hable español ha revisado todavía esta traducción."


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_it_says_every_page_in_spanish_with_the_same_blocks_figures_sources_and_links(path):
    (head, text), (es_head, es_text) = (
        markup.read(each) for each in (path, settings.BASE_DIR / "content" / "es" / "pages" / path.name)
    )
    assert sorted(KEPT.findall(text)) == sorted(KEPT.findall(es_text))
    assert set(head) == set(es_head)
    assert [head.get(name) for name in ("type", "path", "order", "topics", "author", "date")] == [
        es_head.get(name) for name in ("type", "path", "order", "topics", "author", "date")
    ]
    assert [len(mark) for mark in re.findall(r"^(##+) ", text, re.MULTILINE)] == [
        len(mark) for mark in re.findall(r"^(##+) ", es_text, re.MULTILINE)
    ]


def test_it_keeps_the_anchors_so_that_a_link_into_a_page_works_in_both_languages(read):
    article = "/the-problem/what-is-human-trafficking/"
    anchors = [re.findall(r'<h[23][^>]* id="([^"]+)"', read(address)) for address in (article, f"/es{article}")]
    assert anchors[0] == anchors[1] and len(anchors[0]) > 20


def test_it_says_a_figure_in_the_readers_language_and_its_new_number_at_once(read):
    assert "27,6 millones" in read("/es/") and "27.6 million" not in read("/es/")
    Figure.objects.filter(slug="forced-labour-2021").update(text="31.4 million", short="31.4m")
    assert "31,4 millones" in read("/es/")
    assert "31.4m" in read("/")


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("27.6 million", "27,6 millones"),
        ("69,627", "69.627"),
        ("600,000 to 800,000", "entre 600.000 y 800.000"),
        ("US$236 billion", "236 mil millones de dólares"),
        ("5.3 in 1,000", "5,3 de cada 1.000"),
        ("2013–2014", "2013–2014"),
        ("2021", "2021"),
        ("", ""),
    ],
)
def test_it_takes_the_numbers_of_a_row_over_as_the_language_writes_them(english, spanish):
    with override("es"):
        assert said(english) == spanish
    assert said(english) == english


def test_it_says_every_word_of_the_figures_that_ship(loaded):
    with override("es"):
        for figure in Figure.objects.all():
            words = [figure.text, figure.short, figure.counts, figure.measured, figure.method, figure.correction]
            assert [each for each in words if said(each) is None] == [], figure.slug


def test_it_marks_words_that_nobody_has_said_in_this_language_with_their_own(read, client):
    Figure.objects.filter(slug="forced-labour-2021").update(counts="souls in bondage")
    html = read("/es/the-problem/facts-and-sources/")
    assert '<span lang="en">souls in bondage</span>' in html
    assert "<td" in html and '<span lang="en">' not in read("/the-problem/facts-and-sources/")
    with override("es"):
        assert plainly("souls in bondage") == "souls in bondage"


def test_it_leads_from_the_menu_of_spanish_to_pages_in_spanish(read, loaded):
    faq = Page.objects.get(slug="faq", locale__language_code="en")
    row = Navigation.load()
    block = Navigation._meta.get_field("header").stream_block
    row.header = block.to_python([{"type": "link", "value": {"label": "Questions people ask", "page": faq.pk}}])
    row.save()
    menu = re.search(r'<nav class="nav".*?</nav>', read("/es/about/"), re.DOTALL).group()
    assert 'href="/es/about/faq/"' in menu and "Preguntas frecuentes" in menu
    assert 'href="/about/faq/"' in read("/about/")


def test_it_keeps_links_inside_texts_in_the_language(read):
    html = read("/es/the-problem/")
    main = html[html.index("<main") : html.index("</main>")]
    assert 'href="/es/get-help/"' in main
    assert [address for address in re.findall(r'href="(/[^"]*)"', main) if not address.startswith("/es/")] == []


def test_it_says_on_every_page_that_no_speaker_has_read_it_until_staff_enter_who_did(read):
    for address in ("/es/", "/es/give/", "/es/pledge/", "/es/get-help/"):
        assert READ in read(address)
    assert READ not in read("/") and "No speaker of this language" not in read("/")
    LanguageReview.objects.create(language="es", reviewer="Inés", checked_on=datetime.date(2026, 11, 25))
    for address in ("/es/", "/es/give/", "/es/pledge/", "/es/get-help/"):
        assert READ not in read(address)

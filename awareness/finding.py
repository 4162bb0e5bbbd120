"""Site search: find pages, figures and phone lines by the words that somebody typed, ranked."""

from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from wagtail.models import Page
from wagtail.search.backends import get_search_backend
from wagtail.search.query import Or, PlainText

from awareness import hotlines
from awareness.facts import Figure
from awareness.facts_page import FactsPage
from awareness.page_words import PageWords, Passage
from awareness.pages import HelpPage
from foundation.organisation import countries
from foundation.organisation.languages import here
from foundation.organisation.sought import Sought, stems

MOST_PAGES, LOOKED_AT, MOST_FIGURES = 20, 100, 6
BY_TITLE = 10  # weight: a word in a title counts as much as so many in a text


class Found(NamedTuple):
    """One search result: its URL, title and excerpt, with the words highlighted."""

    url: str
    title: SafeString
    words: SafeString
    below: str = ""  # the page that a passage stands on, or who published a figure


class Answers(NamedTuple):
    countries: list[Found]
    figures: list[Found]
    pages: list[Found]
    all_words: bool  # False: no page has all of them, these have some


def answers(sought: Sought) -> Answers:
    """Return the ranked results. Few queries, however much is found."""
    rows, figures, places = _rows(sought), _figures(sought), _countries(sought)
    known = _public([row.page_id for row in rows], sought.language)
    urls = {page.pk: here("/" + page.url_path.split("/", 2)[2]) for page in known.values()}  # asks for no site
    facts, helping = (_address(kind, known, urls) for kind in (FactsPage, HelpPage))
    pages, all_words = _best([row for row in rows if row.page_id in known], sought)
    return Answers(
        [_country(country, helping, sought) for country in places if helping],
        [_figure(figure, facts, sought) for figure in figures if facts],
        [_page(row, known[row.page_id].title, urls[row.page_id], sought) for row in pages],
        all_words,
    )


def _rows(sought: Sought) -> list[PageWords]:
    """Return pages with any of the words, by the search index; those that have more of them come first."""
    query = Or([PlainText(stem) for stem in sought.stems])
    rows = PageWords.objects.filter(language=sought.language)
    return list(get_search_backend().autocomplete(query, rows)[:LOOKED_AT])


def _figures(sought: Sought) -> list[Figure]:
    current = Figure.objects.current().select_related("source")
    return [row for row in current if sought.is_in(row.text, row.counts)][:MOST_FIGURES]


def _countries(sought: Sought) -> list[hotlines.Country]:
    """Return countries whose whole name was asked for, or whose name has every word: "help in Mexico", "States"."""
    wanted, named = set(sought.stems), set()
    for code, name in countries.names().items():
        own = set(stems(name, sought.language))
        if own and (own <= wanted or wanted <= own):
            named.add(code)
    return [country for country in hotlines.by_country() if country.code in named] if named else []


def _public(found: list[int], language: str) -> dict[int, Page]:
    """Return the public pages by id, with the two that figures and phone lines stand on. None that wants a password."""
    homes = Q(content_type__in=ContentType.objects.get_for_models(FactsPage, HelpPage).values())
    here = Page.objects.live().public().filter(homes | Q(pk__in=found), locale__language_code=language)
    return {page.pk: page for page in here}


def _best(rows: list[PageWords], sought: Sought) -> tuple[list[PageWords], bool]:
    """Rank the rows. Those with all of the words; if there is none, those that have some."""
    whole = [row for row in rows if sought.is_in(*(text for piece in row.passages for text in piece[1:]))]
    return sorted(whole or rows, key=lambda row: -_worth(row, sought))[:MOST_PAGES], bool(whole) or not rows


def _worth(row: PageWords, sought: Sought) -> int:
    return BY_TITLE * len(sought.hits(row.passages[0].title)) + max(_weight(each, sought) for each in row.passages)


def _weight(passage: Passage, sought: Sought) -> int:
    return 2 * len(sought.hits(passage.title, passage.text)) + len(sought.hits(passage.title))


def _page(row: PageWords, title: str, url: str, sought: Sought) -> Found:
    """Return the page, or the passage of it with the highest weight; the first of them where several have it."""
    head, *parts = row.passages
    best = max([head, *parts], key=lambda passage: _weight(passage, sought))
    if best is head:
        return Found(url, sought.marked(title), sought.excerpt(head.text))
    return Found(f"{url}#{best.anchor}", sought.marked(best.title), sought.excerpt(best.text), title)


def _figure(figure: Figure, page: str, sought: Sought) -> Found:
    return Found(
        f"{page}#{figure.slug}", sought.marked(figure.text), sought.marked(figure.counts), figure.source.publisher
    )


def _country(country: hotlines.Country, page: str, sought: Sought) -> Found:
    words = escape(gettext("Phone lines and the emergency number"))
    return Found(f"{page}#country-{country.code.lower()}", sought.marked(country.name), words)


def _address(kind: type[Page], known: dict[int, Page], urls: dict[int, str]) -> str:
    number = ContentType.objects.get_for_model(kind).pk
    return next((urls[page.pk] for page in known.values() if page.content_type_id == number), "")

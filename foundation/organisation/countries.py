"""The countries, by the names and in the order of a language: to choose from, and to call one by its name."""

import unicodedata
from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language

# Codes in Babel's list that are no place to live in: unions, pseudo-locales, exceptional reservations.
NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])


def names(language: str = "") -> Mapping[str, str]:
    """All that has a two-letter code, the European Union too, sorted by name without accents.

    `language`: empty is that of the page; an unknown one gets English.
    """
    return _names(language or get_language() or "en")


def choices(language: str = "") -> tuple[tuple[str, str], ...]:
    """(two-letter code, name) pairs of the places where somebody may live."""
    return _choices(language or get_language() or "en")


def name(code: str, language: str = "") -> str:
    """The country's name, or the code itself where nobody knows it."""
    return names(language).get(code, code)


@cache
def _choices(language: str) -> tuple[tuple[str, str], ...]:
    return tuple((code, name) for code, name in _names(language).items() if code not in NO_COUNTRIES)


@cache
def _names(language: str) -> Mapping[str, str]:
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    places = [(code, name) for code, name in locale.territories.items() if len(code) == 2 and code.isalpha()]
    return dict(sorted(places, key=lambda place: _plain(place[1])))


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).casefold()

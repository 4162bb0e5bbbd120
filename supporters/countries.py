"""The countries to choose from, in the reader's language and its order."""

import unicodedata
from functools import cache

from babel import Locale, UnknownLocaleError

# Codes in Babel's list that are no place to live in: unions, pseudo-locales, exceptional reservations.
NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])


@cache
def choices(language: str) -> tuple[tuple[str, str], ...]:
    """(two-letter code, name) pairs, sorted by name without accents. Unknown languages get English."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    places = [(code, name) for code, name in locale.territories.items() if len(code) == 2 and code not in NO_COUNTRIES]
    return tuple(sorted(places, key=lambda place: _plain(place[1])))


def name(code: str, language: str = "en") -> str:
    """The country's name, or the code itself where nobody knows it."""
    return dict(choices(language)).get(code, code)


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).casefold()

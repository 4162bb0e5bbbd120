"""Localised URLs, and translations of the words of rows, in the reader's language."""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal
from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import get_language, gettext, to_locale

# Served in one language only: files, figures as data, what machines read, and the panel.
ONE_FOR_ALL = ("/static/", "/media/", "/documents/", "/api/", "/admin/", "/accounts/", "/figures.", "/demo/", "//")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
LETTER = re.compile(r"[^\W\d_]")
PLACE = re.compile(r"\{(\d+)\}")


def here(address: str) -> str:
    """Return a URL of ours as readers of the language of this moment reach it: /give/ is /es/give/ in Spanish."""
    language = get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE or not address.startswith("/") or address.startswith(ONE_FOR_ALL):
        return address
    return address if address.startswith(f"/{language}/") else f"/{language}{address}"


def said(words: str) -> str | None:
    """Translate what a row says (a figure, a heading of the menu); None where there is no translation.

    The catalogues know the words of a figure without its numbers, "{1} million". So no number is typed in a
    translation: when staff change one, every language shows the new one.
    """
    if not words or (get_language() or settings.LANGUAGE_CODE) == settings.LANGUAGE_CODE:
        return words
    if (known := gettext(words)) != words:
        return known
    shape = shape_of(words)
    known = gettext(shape)
    if known == shape and LETTER.search(shape):
        return None
    numbers = NUMBER.findall(words)
    return PLACE.sub(lambda place: _number(numbers[int(place[1]) - 1]), known)


def plainly(words: str) -> str:
    """The same, or the words as they are where there is no translation: for attributes and drawings."""
    return said(words) or words


def marked(words: str) -> str:
    """The same as HTML; words without a translation stand marked with their own language (lang)."""
    known = said(words)
    return as_typed(words) if known is None else known


def as_typed(words: str) -> str:
    """Words in our first language as HTML, marked as such in a page of another."""
    if (get_language() or settings.LANGUAGE_CODE) == settings.LANGUAGE_CODE:
        return words
    return format_html('<span lang="{}">{}</span>', settings.LANGUAGE_CODE, words)


def shape_of(words: str) -> str:
    """The words with numbered places for the numbers: "27.6 million" is "{1} million"."""
    places = iter(range(1, len(words) + 1))
    return NUMBER.sub(lambda _: f"{{{next(places)}}}", words)


def _number(english: str) -> str:
    """1,000 and 27.6 as the language writes them. Bare digits may be a year and stay."""
    if not {",", "."} & set(english):
        return english
    digits = len(english.partition(".")[2])
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    locale = Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))
    return str(format_decimal(Decimal(english.replace(",", "")), format=pattern, locale=locale))

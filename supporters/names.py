"""Validation of names: any script and any length up to 200, but no links, control or direction characters."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST = 200
# Bidirectional control characters, which turn the direction of the text behind them. Emoji and Persian need U+200C and
# U+200D: they stay.
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# Blank characters: they count as letters or signs, and show nothing.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159")
MARKS = 8  # combining marks above and below one letter: no script stacks more (Zalgo text)
# Spam: robots put an advertisement where a name belongs, and let our letters carry it.
ADVERTISEMENT = re.compile(r"://|\bwww\.|\.(com|net|org|info|biz|io|ru|cn|xyz|top|shop|site|online|link|click)\b", re.I)
LONGEST_GREETED = 40  # characters; a longer one is no name to call somebody by
STACKED = re.compile("M{4}")  # marks on one letter of a first name, by their categories: no living script has so many
LONGEST_FIRST = 20  # characters of a first name on a page that everybody reads
# First words that are no given names: titles and articles, in the languages of the site; and what joins two people.
NOT_GIVEN = frozenset(
    [
        *["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "sir", "dame", "lord", "lady", "the", "an", "family"],
        *["sr", "sra", "srta", "dra", "don", "doña", "el", "la", "los", "las", "familia"],
    ]
)
JOINED = frozenset(["&", "and", "y", "e"])
FAMILY_FIRST = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")

# A link: with its scheme, or with something behind the name of a site.
LINK = re.compile(r"://|\bwww\.|[^\W_]\.[^\W\d_]{2,}(?::\d+)?(?:/|[?#]\w)", re.I)


def clean(name: str, sites: bool = False) -> str:
    """Return the name on one line, without control characters and direction marks.

    Raises ValidationError for a name of which nothing can be seen, for a link, and for the bare name of a site, unless
    `sites` says that a firm may be called by one: it was paid for, or nobody but ourselves reads it. Everything else
    stays as it was typed, formulas too: what shows or exports a name makes it inert.
    """
    kept = "".join(" " if _separates(char) else char for char in name if char not in DIRECTION_MARKS)
    kept = _calm(unicodedata.normalize("NFC", " ".join(kept.split())))
    if name.strip() and not any(_shows(char) for char in kept):
        raise ValidationError(_("Please write your name in letters that can be seen."), code="invisible")
    if LINK.search(kept) or (not sites and ADVERTISEMENT.search(kept)):
        raise ValidationError(_("Please write your name without a web address."), code="web-address")
    return kept


def greeting(name: str) -> str:
    """Return what to call somebody by: "Ada" of "Ada Lovelace". Empty for what is long, odd or an advertisement.

    The whole name where its first word is no given name, as a title, an initial, or in a script whose names begin with
    that of the family; and where it names two people.
    """
    try:
        words = clean(name).split()
    except ValidationError:
        return ""
    whole = " ".join(words).rstrip(".")
    if not whole or len(whole) > LONGEST_GREETED or not all(_greets(char) for char in whole):
        return ""
    first = words[0]
    odd = len(first) == 1 or "." in first or "&" in first or first.casefold() in NOT_GIVEN
    family_first = unicodedata.name(first[0], "").startswith(FAMILY_FIRST)
    return whole if odd or family_first or JOINED.intersection(words) else first


def first_name(name: str) -> str:
    """Return the first name alone: "Ada" of "Ada Lovelace". Empty wherever it is not sure to be one, as behind a title,
    of two people, in a script that begins with the family, and for what is long, odd or an advertisement.
    """
    first, *rest = greeting(name).split() or [""]
    odd = rest or len(first) < 2 or len(first) > LONGEST_FIRST or "." in first or "&" in first
    family_first = first and unicodedata.name(first[0], "").startswith(FAMILY_FIRST)
    stacked = STACKED.search("".join(unicodedata.category(char)[0] for char in first))
    return "" if odd or family_first or stacked or first.casefold() in NOT_GIVEN else first


def _greets(char: str) -> bool:
    """Whether it is a letter, a mark on one, or what stands between the parts of a name."""
    return unicodedata.category(char)[0] in "LM" or char in " .'’-&\u200c"


def _shows(char: str) -> bool:
    """Whether a character is visible: letters, digits, signs and emoji, as far as they leave a trace on paper."""
    return unicodedata.category(char)[0] in "LNPS" and char not in BLANK


def _calm(name: str) -> str:
    """Drop the combining marks that would cover the lines above and below."""
    kept, marks = [], 0
    for char in name:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= MARKS:
            kept.append(char)
    return "".join(kept)


def _separates(char: str) -> bool:
    """Whether a character becomes a space: line breaks, tabs and all other control characters."""
    return unicodedata.category(char) in ("Cc", "Zl", "Zp")

"""The names that people type: any script and any length up to 200, but nothing that acts."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST = 200
# Marks that turn the direction of the text behind them. Emoji and Persian need U+200C and U+200D: they stay.
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# Robots put an advertisement where a name belongs, and let our letters carry it.
ADVERTISEMENT = re.compile(r"://|\bwww\.|\.(com|net|org|info|biz|io|ru|cn|xyz|top|shop|site|online|link|click)\b", re.I)


def clean(name: str) -> str:
    """The name on one line, without control characters and direction marks.

    Raises ValidationError for a web address. Everything else stays as it was typed, formulas too: what shows
    or exports a name makes it inert.
    """
    kept = "".join(" " if _separates(char) else char for char in name if char not in DIRECTION_MARKS)
    kept = unicodedata.normalize("NFC", " ".join(kept.split()))
    if ADVERTISEMENT.search(kept):
        raise ValidationError(_("Please write your name without a web address."), code="web-address")
    return kept


def _separates(char: str) -> bool:
    """Line breaks, tabs and all other control characters become a space."""
    return unicodedata.category(char) in ("Cc", "Zl", "Zp")

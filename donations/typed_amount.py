"""Parse a number as people write it: in any digits, with any country's marks, if it can be read in one way only."""

import re
import unicodedata

DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
MARKS = str.maketrans({"٫": ".", "．": ".", "٬": "'", "،": ",", "，": ",", "’": "'", "ʼ": "'", "￥": "¥"})
NOTHING_BEHIND = re.compile(r"(?<=[0-9])(?:[.,]|[.,:/][-\N{EN DASH}\N{EM DASH}]{1,2})\Z")  # "25." "25,-" "25:-" "25/-"
LAKHS = re.compile(r"\A[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(?![0-9,])")  # "1,00,000", a hundred thousand
NUMBER = re.compile(
    r"(?P<whole>0|[1-9][0-9]*|[1-9][0-9]{0,2}(?P<mark>[ ',.])[0-9]{3}(?:(?P=mark)[0-9]{3})*)?"
    r"(?:(?P<point>[.,])(?P<part>[0-9]{1,3}))?"
)


class UnreadableError(ValueError):
    """The text is no number."""


class AmbiguousAmountError(ValueError):
    """Ambiguous: a thousand in one country, one in another. `whole` and `group`: before and behind the mark."""

    def __init__(self, whole: str, group: str) -> None:
        super().__init__(whole, group)
        self.whole, self.group = whole, group


def plain(text: str) -> str:
    """Normalise to European digits and plain marks and spaces. "²" and "①" are no digits, and stay as they are."""
    return "".join(_plain(char) for char in text.translate(MARKS) if char not in DIRECTION_MARKS).strip()


def _plain(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    return " " if unicodedata.category(char) == "Zs" else char


def read(text: str, groups: str, lakhs: bool) -> tuple[str, str]:
    """Parse a text that went through `plain`: return the digits before the decimal point and those behind it.

    A mark with one or two digits behind it is the point, whichever it is; marks between groups of three are not. One
    mark with three digits behind it can be either: those in `groups` group, and others raise AmbiguousAmountError.
    `lakhs`: groups of two before the last three are read as well. UnreadableError for the rest.
    """
    text = NOTHING_BEHIND.sub("", text)
    if lakhs:
        text = LAKHS.sub(lambda found: found[0].replace(",", ""), text)
    match = NUMBER.fullmatch(text)
    if not match or match[0] == "" or match["mark"] == match["point"] is not None:
        raise UnreadableError(text)
    whole, mark, point, part = match["whole"] or "0", match["mark"], match["point"], match["part"] or ""
    if len(part) == 3 and not mark and whole != "0" and len(whole) <= 3:
        if point in groups:
            return whole + part, ""
        raise AmbiguousAmountError(whole, part)
    return re.sub("[^0-9]", "", whole), part

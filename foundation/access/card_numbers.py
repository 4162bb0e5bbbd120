"""Payment card numbers where none belong: found among other digits, refused by forms, masked in names."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

SHORTEST, LONGEST = 13, 19  # digits
PHONE = 15  # digits behind a plus, at most
GAP = 3  # so many marks may stand between two groups of digits, and as many blanks as there are, which count as one
DOT = "\N{BULLET}"


def stands_in(text: str) -> bool:
    """Whether digits of any script, however they are grouped, could be the number of a card."""
    return next(_found(text), None) is not None


def masked(text: str) -> str:
    """Mask every number that could be a card's: its last four digits alone are left."""
    while (found := next(_found(text), None)) is not None:
        first, last, digits = found
        text = f"{text[:first]}{DOT * 4} {digits[-4:]}{text[last + 1 :]}"
    return text


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """Where such a number begins and ends in the text, and its digits."""
    if sum(map(str.isdigit, text)) < SHORTEST:  # as nearly every text that people type
        return
    for run in _runs(text):
        for first in range(len(run)):
            for last in range(first, len(run)):
                digits = "".join(digit for group in run[first : last + 1] for _place, digit in group)
                start, end = run[first][0][0], run[last][-1][0]
                if len(digits) > LONGEST:
                    if first == last:  # card, month and code in one
                        yield from _at_the_head(run[first])
                    break
                phone = start and text[start - 1] == "+" and len(digits) <= PHONE
                if len(digits) >= SHORTEST and not phone and _adds_up(digits):
                    yield start, end, digits


def _at_the_head(group: list[tuple[int, str]]) -> Iterator[tuple[int, int, str]]:
    for length in (16, 15):
        digits = "".join(digit for _place, digit in group[:length])
        if len(group) <= 27 and digits[0] in "3456" and _adds_up(digits):
            yield group[0][0], group[-1][0], digits


def _runs(text: str) -> Iterator[list[list[tuple[int, str]]]]:
    """Groups of digits that only a few marks stand between. What nobody sees divides nothing."""
    run: list[list[tuple[int, str]]] = []
    gap = 0
    for place, char in enumerate(text):
        digit = unicodedata.digit(char, None)
        if digit is not None:
            if not run or gap:
                run.append([])
            run[-1].append((place, str(digit)))
            gap = 0
        elif unicodedata.category(char) == "Cf" or not run or (char.isspace() and text[place - 1].isspace()):
            continue
        elif char.isalnum() or gap == GAP:
            yield run
            run, gap = [], 0
        else:
            gap += 1
    yield run


def _adds_up(digits: str) -> bool:
    """Luhn checksum, of digits that are not all the same."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[::-2]))) % 10 == 0 and len(set(digits)) > 1


class NoCardNumbers(forms.BaseForm):
    """Form mixin that takes no card number in any field, and shows none again: it is gone before anybody reads it.

    `with_cards`: the fields that held one.
    """

    with_cards: Sequence[str] = ()

    def full_clean(self) -> None:
        refused = [name for name in self.fields if self.is_bound and self._has_card(name)]
        self.with_cards = refused
        if refused:
            data = cast(QueryDict, self.data).copy()
            for name in refused:
                data[self.add_prefix(name)] = ""
            self.data = data
        super().full_clean()
        for name in refused:
            self.errors.pop(name, None)
            words = _("This looks like the number of a card. Please take it out: we never want to know it.")
            self.add_error(name, forms.ValidationError(words, code="card"))

    def _has_card(self, name: str) -> bool:
        field = self.fields[name]
        if not isinstance(field, forms.CharField) or field.widget.is_hidden:
            return False
        typed = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return isinstance(typed, str) and stands_in(typed)

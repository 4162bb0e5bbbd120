"""The menu of countries. Django's own draws each of its 250 lines by a template: half of the pledge page's time."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

Pairs = tuple[tuple[str, str], ...]


class Choices(BaseChoiceIterator):
    """Pairs (value, label) that are in order already: Django goes through any others once for each form."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)


class CountryField(forms.ChoiceField):
    """Django's goes through the menu line by line to find what was chosen."""

    def valid_value(self, value: str) -> bool:
        return any(value == code for code, _label in cast(Choices, self.choices))


class CountrySelect(forms.Select):
    """The same HTML as Django's. Its choices have no groups."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        lines = _lines(tuple(self.choices))
        chosen = next((at for at, (code, _label) in enumerate(self.choices) if code == str(value or "")), None)
        parts = [line.replace('">', '" selected>', 1) if at == chosen else line for at, line in enumerate(lines)]
        whole = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        return format_html("<select{}>{}</select>", flatatt(whole), mark_safe("".join(parts)))  # noqa: S308 - of _lines


@lru_cache(maxsize=16)
def _lines(pairs: Pairs) -> list[SafeString]:
    """The lines of a menu, escaped."""
    return [format_html('<option value="{}">{}</option>', code, label) for code, label in pairs]

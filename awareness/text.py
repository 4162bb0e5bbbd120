"""Placeholders in texts: {figure:short-name} prints a number and its footnote, {source:short-name} a footnote."""

import re
from collections.abc import Iterator
from html import unescape

from django.core.exceptions import ValidationError
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from wagtail.rich_text import expand_db_html

from awareness.facts import Figure, Source
from awareness.references import References
from foundation.organisation.languages import plainly

NAME = re.compile(r"\{(figure|source):([a-z0-9-]+)\}")
# Consecutive figures from one source are cited once, at the end of the run; a paragraph or list item ends every run.
STOP = re.compile(NAME.pattern + r"|</(?:p|li)>")
PAGE_LINK = re.compile(r'<a\b(?=[^>]*\blinktype="page")[^>]*\bid="(\d+)"[^>]*>')

OUR_ADDRESS = re.compile(r'<a href="(/[^"]*)"')


class Shown:
    """A lazy text that is resolved when it is printed, so that footnotes are numbered in the order of reading."""

    def __init__(self, raw: str, references: References, rich: bool) -> None:
        self.raw, self.references, self.rich = raw, references, rich
        self._html: SafeString | None = None

    def __html__(self) -> SafeString:
        if self._html is None:
            self._html = resolve(html(self.raw, self.references) if self.rich else escape(self.raw), self.references)
        return self._html

    def __str__(self) -> str:
        return self.__html__()

    def __bool__(self) -> bool:
        return bool(self.raw.strip())


def html(source: str, references: References) -> str:
    """Return stored rich text as HTML. URLs of pages come from what was prefetched for the whole page."""

    def link(match: re.Match[str]) -> str:
        address = references.address(int(match[1]))
        return f'<a href="{escape(address)}">' if address else "<a>"

    def ours(match: re.Match[str]) -> str:
        address = references.typed(unescape(match[1]))
        return f'<a href="{escape(address)}"' if address else "<a"

    return OUR_ADDRESS.sub(ours, expand_db_html(PAGE_LINK.sub(link, source)))


def resolve(text: str, references: References) -> SafeString:
    """Return the HTML with every placeholder replaced. The HTML itself must be safe already."""
    found = list(STOP.finditer(text))
    parts, at = [], 0
    for index, match in enumerate(found):
        if not match[1]:
            continue
        parts += [text[at : match.start()], _printed(match, found[index + 1 :], references)]
        at = match.end()
    return mark_safe("".join([*parts, text[at:]]))  # noqa: S308 - escaped or expanded by the callers


def _printed(match: re.Match[str], rest: list[re.Match[str]], references: References) -> str:
    kind, slug = match[1], match[2]
    if kind == "source":
        source = references.source(slug)
        return references.cite(source) if source else ""
    figure = references.figure(slug)
    if figure is None:
        return ""
    number = f"<bdi>{escape(plainly(figure.text))}</bdi>"
    return number if rest and _cites(rest[0], figure.source, references) else number + references.cite(figure)


def _cites(match: re.Match[str], source: Source, references: References) -> bool:
    if match[1] == "source":
        return match[2] == source.slug
    after = references.figure(match[2]) if match[1] else None
    return after is not None and after.source_id == source.pk


def named(text: str) -> Iterator[tuple[str, str]]:
    """Yield the placeholders in order: ("figure" or "source", slug)."""
    for match in NAME.finditer(text):
        yield match[1], match[2]


def last_figure(text: str) -> str:
    """Return the slug of the figure that a text ends with, or nothing. A full stop may follow it."""
    found = list(named(text))
    at_end = bool(found) and text.rstrip(" .").endswith("}")
    return found[-1][1] if at_end and found[-1][0] == "figure" else ""


def check(text: str) -> None:
    """Raise ValidationError when a text names a fact that does not exist, or a figure that is not current."""
    for kind, slug in named(text):
        rows = Figure.objects.current() if kind == "figure" else Source.objects.all()
        if not rows.filter(slug=slug).exists():
            raise ValidationError(
                _("There is no %(kind)s in use called “%(slug)s”."), params={"kind": kind, "slug": slug}
            )


def plain(source: str, references: References) -> str:
    """Return rich text as plain words, each number in its place and no footnote."""

    def said(match: re.Match[str]) -> str:
        figure = references.figure(match[2]) if match[1] == "figure" else None
        return figure.text if figure else ""

    spaced = re.sub(r"</(?:p|li)>", " ", NAME.sub(said, source))
    return " ".join(unescape(strip_tags(spaced)).split())


def without_names(text: str) -> str:
    """Return the text for the search index: a number becomes “…”, since it has its own row and may change there."""
    return NAME.sub(lambda match: "…" if match[1] == "figure" else "", text)

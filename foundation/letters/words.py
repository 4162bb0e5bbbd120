"""Templates of letters, words with named places, {like_this}: validate them, and fill facts in as text and as HTML."""

import re
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from foundation.organisation.models import Organisation

PLACE = re.compile(r"\{([^{}]*)\}")
LINK = re.compile(r"\[([^\[\]]+)\]\(\{([a-z_]+)\}\)")  # alone in its paragraph it is a button
TOKEN = re.compile(f"{LINK.pattern}|{PLACE.pattern}")
SAMPLE = "https://example.org/"  # where the addresses of examples lead
FACTS = "{facts}"
Facts = Sequence[Sequence[object]]


class WordsError(Exception):
    """These words cannot become a letter. The text is a sentence for the person who wrote them."""


def check(text: str, places: Sequence[str], needed: Sequence[str] = ()) -> None:
    """Raise WordsError for a place that this letter does not know, a lone brace, or a needed place that is missing."""
    named = list(PLACE.findall(text))
    known = ", ".join(f"{{{name}}}" for name in places)
    for name in named:
        if name not in places:
            raise WordsError(
                _("“{%(name)s}” is no place of this letter. It knows these: %(known)s") % {"name": name, "known": known}
            )
    if re.search(r"[{}]", PLACE.sub("", text)):
        raise WordsError(_("A brace stands alone. Places are written like this: %(known)s") % {"known": known})
    missing = [name for name in needed if name not in named]
    if missing:
        raise WordsError(_("The letter does nothing without “{%(name)s}”. Please put it back.") % {"name": missing[0]})


def check_paragraphs(text: str, needed: Sequence[str] = ()) -> None:
    """Raise WordsError where readers would see brackets in place of a link, or where what a letter needs, or its table,
    would be missing from some letters or from all.
    """
    if "](" in LINK.sub("", text):
        raise WordsError(_("A link leads to one of the places, as in [Words]({link}), and holds no other brackets."))
    for paragraph in _split(text):
        held = set(PLACE.findall(paragraph))
        if "facts" in held and paragraph != FACTS:
            raise WordsError(_("“{facts}” is a table: it stands alone, between two empty lines."))
        if "name" in held and held & set(needed):
            raise WordsError(
                _("What a letter needs stands in another paragraph than “{name}”: without a name that one is left out.")
            )


def common() -> dict[str, str]:
    """Places that every letter has."""
    organisation = Organisation.load()
    return {"organisation": organisation.name, "contact": organisation.email}


def line(text: str, values: Mapping[str, object]) -> str:
    """A subject: one line."""
    return " ".join(_fill(text, values).split())


def as_text(text: str, values: Mapping[str, object], facts: Facts = ()) -> str:
    """The text part. A paragraph in which a place has nothing to say is left out."""
    parts = []
    for paragraph in _paragraphs(text, values):
        button = LINK.fullmatch(paragraph)
        if button:
            parts.append(f"{_fill(button[1], values)}:\n{values.get(button[2], '')}")
        elif paragraph == FACTS:
            parts += ["\n".join(f"{label}: {value}" for label, value in facts)] if facts else []
        else:
            parts.append(_fill(LINK.sub(r"\1 ({\2})", paragraph), values))
    return "\n\n".join(parts)


def as_html(text: str, values: Mapping[str, object], facts: Facts = ()) -> SafeString:
    """The same, paragraph by paragraph. Whatever was typed, by staff or donors, is shown and never acts."""
    return mark_safe("\n".join(_html(paragraph, values, facts) for paragraph in _paragraphs(text, values)))  # noqa: S308


def _html(paragraph: str, values: Mapping[str, object], facts: Facts) -> str:
    button = LINK.fullmatch(paragraph)
    if button and _is_ours(values.get(button[2], "")):
        label = _fill(button[1], values)
        return format_html('<p><a class="button" href="{}">{}</a></p>', values.get(button[2], ""), label)
    if paragraph == FACTS:
        rows = "".join(
            format_html('<tr><th scope="row">{}</th><td><bdi>{}</bdi></td></tr>', *row).replace("\n", "<br>")
            for row in facts
        )
        return f'<table class="facts">{rows}</table>' if rows else ""
    shown, at = "", 0
    for token in TOKEN.finditer(paragraph):
        words, target, place = token.groups()
        said = _fill(words or "", values)
        shown += escape(paragraph[at : token.start()]) + _shown(values.get(target or place, ""), said)
        at = token.end()
    return "<p>" + (shown + escape(paragraph[at:])).replace("\n", "<br>") + "</p>"


def _shown(value: object, words: str = "") -> str:
    """Only an address of our own becomes a link: a name that looks like one does not."""
    if _is_ours(value):
        return format_html('<a href="{}">{}</a>', value, words or value)
    return format_html("{} (<bdi>{}</bdi>)", words, value) if words else format_html("<bdi>{}</bdi>", value)


def _is_ours(value: object) -> bool:
    return str(value).startswith((f"{settings.BASE_URL}/", SAMPLE))


def shown(text: str, values: Mapping[str, object]) -> str:
    """The words without the paragraphs that have nothing to say to these values; their places are still open."""
    return "\n\n".join(_paragraphs(text, values))


def _paragraphs(text: str, values: Mapping[str, object]) -> list[str]:
    return [
        part
        for part in _split(text)
        if all(name == "facts" or values.get(name, "") != "" for name in PLACE.findall(part))
    ]


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]


def _fill(text: str, values: Mapping[str, object]) -> str:
    return PLACE.sub(lambda place: str(values.get(place[1], "")), text)

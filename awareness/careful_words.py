"""Style linter: words that harm or sell, and what to write instead; hints for editors, a rule for texts that ship."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page
from wagtail.search.index import SearchField

MENTIONED = re.compile("“[^”]*”")  # a word in quotation marks is spoken about, not used
TYPED_SO = re.compile(r'“[^”]*”|"[^"\n]*"')  # editors type straight ones too; in files they are part of the format
MOST = 8  # hints at once

PERSON = _("the person and what was done: “a person who was trafficked”, “survivor” if they chose the word")
CHILD = _("“a sexually exploited child”: a child cannot consent")
LEFT = _("“left”, “was identified”, “was helped to leave”: they put the person first and not the helper")
EACH = _("what it is in each case: forced labour, debt bondage, trafficking")
SOURCED = _("the number that a source gives, with its year")
CALM = _("the fact alone: it is strong enough")

# Forbidden in the texts that ship. The order matters: the longer words stand before the shorter.
HARMFUL: list[tuple[str, Promise]] = [
    (r"modern-day\ slavery", EACH),
    (r"(?:sex\ |modern(?:-day)?\ )?slaves?", PERSON),
    (r"rescu(?:e|es|ed|ing|er|ers) | saviou?rs? | set\ free", LEFT),
    (r"our\ victims | former\ prostitutes? | trafficked\ (?:girls|women)", PERSON),
    (r"child\ prostitutes? | (?:underage|child)\ sex\ workers? | teen\ escorts?", CHILD),
    (r"prostitutes?", PERSON),
    (r"(?:child\ )?porn\w*", _("“child sexual abuse material”, if that is what it is")),
    (r"pimps?", _("“trafficker”, “exploiter” or “buyer”, as it was")),
    (r"fastest[ -]growing | every\ (?:\d+|thirty|few)\ (?:seconds|minutes)", SOURCED),
    (
        r"heart-?breaking | horrif\w+ | horrors? | shocking | unimaginable | nightmares? | evil | monsters?"
        r" | voiceless | innocent | stolen\ childhoods? | unspeakable | predators?",
        CALM,
    ),
]
# Right in some places: hints alone.
DEPENDS: list[tuple[str, Promise]] = [
    (r"victims?", _("“survivor”, if the person chose the word; “victim” where the law says so or it still goes on")),
    (r"johns", _("“buyer”")),
    (r"\d+\ ?(?:%|percent|per\ cent)\ (?:are|were|get)\ (?:rescued|found|identified)", SOURCED),
]


def _one(words: Iterable[tuple[str, Promise]]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(pattern for pattern, _better in words)})\b", re.IGNORECASE | re.VERBOSE)


AVOID = _one(HARMFUL)
HINTS = [(_one([word]), word[1]) for word in [*HARMFUL, *DEPENDS]]


def harmful(text: str) -> list[str]:
    """Return the forbidden words in a text that ships."""
    return [found[0] for found in AVOID.finditer(MENTIONED.sub(" ", text))]


def hints(text: str) -> list[tuple[str, Promise]]:
    """Return (the word as it stands there, what may be better), each word once, in the order of the list."""
    plain = TYPED_SO.sub(" ", text)
    told: dict[str, tuple[str, Promise]] = {}
    for pattern, better in HINTS:
        for found in pattern.finditer(plain):
            told.setdefault(found[0].lower(), (found[0], better))
    return list(told.values())


def text_of(page: Page) -> str:
    """Return all text that an editor typed and readers read, search engines included."""
    parts: list[Any] = [page.seo_title, page.search_description]
    for field in page.search_fields:
        if isinstance(field, SearchField):
            value = field.get_value(page)
            parts += value if isinstance(value, list) else [value]
    return "\n".join(str(part) for part in parts if part)


def advice(page: Page) -> SafeString | None:
    """Return one message for the editor, after a save; None without hints. The list is of English words."""
    if page.locale.language_code != "en":
        return None
    found = hints(text_of(page))[:MOST]
    if not found:
        return None
    lines = format_html_join("", "<li>“{}”: {}</li>", found)
    return format_html("{}<ul>{}</ul>", gettext("Words to look at once more. The page is saved as it is."), lines)

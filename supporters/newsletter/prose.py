"""Words of a newsletter as staff type them: paragraphs, headings, lists and links; as plain text and as HTML."""

import re
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from foundation.letters import kinds, words

PLACES = ("name", *kinds.ALWAYS)
HEADING = re.compile(r"(#{1,2})\s+(.+)")
LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)")  # alone in its paragraph it is a button
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
INLINE = re.compile(f"{LINK.pattern}|{BOLD.pattern}|{words.PLACE.pattern}")
ADDRESS = re.compile(r"https?://\S+|/(?!/)\S*|mailto:[^\s@]+@[^\s@]+")
UNREAD = re.compile(r"\S*\]\(\S*")  # what looks like a link and is none
ITEM = "- "
Values = Mapping[str, str]


def check(text: str) -> None:
    """Raise words.WordsError, with a sentence for whoever wrote it, for what would not become a letter."""
    words.check(text, PLACES)
    wrong = [address for _words, address in LINK.findall(text) if not ADDRESS.fullmatch(address)]
    wrong += UNREAD.findall(LINK.sub("", text))
    if wrong:
        raise words.WordsError(
            _("“%(wrong)s” is no link. One is written like this: [words](https://example.org/)") % {"wrong": wrong[0]}
        )


def as_text(text: str, values: Values) -> str:
    """The text part: every address stands behind its words."""
    return "\n\n".join(_text_of(block, values) for block in _blocks(text, values))


def as_html(text: str, values: Values) -> SafeString:
    """The same, block by block. Whatever was typed is shown and never acts; a name is never read as a link."""
    return mark_safe("\n".join(_html_of(block, values) for block in _blocks(text, values)))  # noqa: S308 - escaped below


def _blocks(text: str, values: Values) -> Iterator[str]:
    """The paragraphs. One in which a place has nothing to say is left out, as in every letter."""
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        block = part.strip()
        if block and all(values.get(name, "") for name in words.PLACE.findall(block)):
            yield block


def _text_of(block: str, values: Values) -> str:
    if heading := HEADING.fullmatch(block):
        line = _inline_text(heading[2], values)
        return f"{line}\n{('=' if len(heading[1]) == 1 else '-') * min(len(line), 72)}"
    if button := LINK.fullmatch(block):
        return f"{_filled(button[1], values)}:\n{_address(button[2])}"
    return _inline_text(block, values)


def _html_of(block: str, values: Values) -> str:
    if heading := HEADING.fullmatch(block):
        level = len(heading[1])
        return f"<h{level}>{_inline_html(heading[2], values)}</h{level}>"
    if button := LINK.fullmatch(block):
        filled = _filled(button[1], values)
        return format_html('<p><a class="button" href="{}">{}</a></p>', _address(button[2]), filled)
    lines = block.split("\n")
    if all(line.startswith(ITEM) for line in lines):
        return "<ul>" + "".join(f"<li>{_inline_html(line.removeprefix(ITEM), values)}</li>" for line in lines) + "</ul>"
    return "<p>" + _inline_html(block, values).replace("\n", "<br>") + "</p>"


def _inline_text(text: str, values: Values) -> str:
    def said(token: re.Match[str]) -> str:
        link, address, bold, place = token.groups()
        if link:
            return f"{_filled(link, values)} ({_address(address)})"
        return _filled(bold, values) if bold else values.get(place, "")

    return INLINE.sub(said, text)


def _inline_html(text: str, values: Values) -> str:
    shown, at = "", 0
    for token in INLINE.finditer(text):
        link, address, bold, place = token.groups()
        shown += escape(text[at : token.start()])
        at = token.end()
        if link:
            shown += format_html('<a href="{}">{}</a>', _address(address), _filled(link, values))
        elif bold:
            shown += format_html("<strong>{}</strong>", _filled(bold, values))
        else:
            shown += format_html("<bdi>{}</bdi>", values.get(place, ""))
    return shown + escape(text[at:])


def _filled(text: str, values: Values) -> str:
    return words.PLACE.sub(lambda place: values.get(place[1], ""), text)


def _address(typed: str) -> str:
    """As it was typed: no link is rewritten. One that begins with a slash leads to a page of this site."""
    return f"{settings.BASE_URL}{typed}" if typed.startswith("/") else typed

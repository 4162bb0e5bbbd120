"""Finds English on pages and in letters of another language: words that our catalogue knows in English alone."""

import re
from functools import cache
from typing import cast

from bs4 import BeautifulSoup, NavigableString, Tag
from django.conf import settings

from config.management.commands import catalogue

WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)?")
SAID_BY_ATTRIBUTES = ("alt", "title", "placeholder", "aria-label", "aria-description", "content", "data-label")
# Names, addresses, and what browsers and machines read: the same in every language. Between the digits of a random code
# any word may stand ("7SAW2K"), so what holds a digit is no word.
NAMES = re.compile(
    r"https?://\S+|\S+@\S+|The Road Out(?: \(sample charity\))?|Stripe|Exodus Cry|width=device-width, initial-scale=1"
    r"|Apple Pay|Google Pay|\bLink\b"
    r"|[A-Z]+-\d{4}-[\w-]+|\b[A-Z0-9]{4}(?:-[A-Z0-9]{4})+\b|\b\w*\d\w*\b|\{\w+\}|%\(\w+\)s"
)
UNSEEN = {"script", "style", "svg"}


@cache
def english_alone() -> frozenset[str]:
    """Words of the English messages that occur in no Spanish one and in no Spanish page."""
    english, spanish = set(), set()
    for entry in catalogue.read("es"):
        english |= {word for text in _forms(entry.id) for word in words_of(text)}
        spanish |= {word for text in _forms(entry.string) for word in words_of(text)}
    for path in (settings.BASE_DIR / "content" / "es").rglob("*.md"):
        spanish |= set(words_of(path.read_text(encoding="utf-8").rpartition("+++")[2]))
    return frozenset(word for word in english - spanish if len(word) > 1)


def _forms(message: object) -> tuple[str, ...]:
    """Of one thing and of several, where the message counts. Babel's types know lists, its catalogues hold tuples."""
    return cast(tuple[str, ...], message if isinstance(message, tuple) else (message,))


def words_of(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(NAMES.sub(" ", text))]


def english_in(text: str) -> set[str]:
    """The English words of a text that should hold none."""
    return set(words_of(text)) & english_alone()


def english_messages_in(squeezed: str) -> set[str]:
    """The English messages that stand in a paper, whose text is read without its spaces."""
    found = set()
    for entry in catalogue.read("es"):
        for text in _forms(entry.id):
            bare = "".join(NAMES.sub("", text).split())
            if len(words_of(text)) > 1 and english_in(text) and bare in squeezed:
                found.add(text)
    return found


def english_on(html: str, language: str = "es") -> set[str]:
    """Every text and every attribute that speaks to the reader and holds an English word, where the page says that
    it speaks the language. What is marked with a language of its own, or as a name, is left alone.
    """
    found = set()
    for node in BeautifulSoup(html, "html.parser").descendants:
        texts = [str(node)] if type(node) is NavigableString else []
        if isinstance(node, Tag) and node.get("name") not in ("viewport", "robots", "theme-color"):
            texts = [str(node[name]) for name in SAID_BY_ATTRIBUTES if node.get(name)]
        holders = [node, *node.parents]
        if texts and _speaks(holders, language):
            found |= {" ".join(text.split()) for text in texts if english_in(text)}
    return found


def _speaks(holders: list, language: str) -> bool:
    tags = [each for each in holders if isinstance(each, Tag)]
    if any(tag.name in UNSEEN or tag.get("translate") == "no" for tag in tags):
        return False
    return next((tag["lang"] for tag in tags if tag.get("lang")), "") == language

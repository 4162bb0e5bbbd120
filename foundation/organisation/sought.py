"""Search query: its words in their simplest form (stems), which texts have them, and where."""

import re
import unicodedata
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

LONGEST, MOST_WORDS = 100, 8
SHORT = 2  # letters: "of", "in", "de" are in every text, so they count only where nothing longer was asked
BEFORE, SHOWN = 60, 220  # characters of an excerpt: before the first word that was found, and in all
WORD = re.compile(r"[^\W_]+")
STEMMERS = {"en": "english", "es": "spanish"}


class Sought:
    """A search query. Its words are letters and digits alone, so that no database reads anything else in them."""

    def __init__(self, typed: str, language: str) -> None:
        self.typed, self.language = " ".join("".join(filter(str.isprintable, typed)).split())[:LONGEST], language
        words = WORD.findall(simple(self.typed))
        telling = [word for word in words if len(word) > SHORT or word.isdigit()] or words
        self.stems = list(dict.fromkeys(stem(word, language) for word in telling))[:MOST_WORDS]

    def __bool__(self) -> bool:
        return bool(self.stems)

    def hits(self, *texts: str) -> set[str]:
        """Those of its words that the texts have. A beginning of a word is enough: "traffic" finds "trafficking"."""
        have = {word for text in texts for word in stems(text, self.language)}
        return {wanted for wanted in self.stems if any(word.startswith(wanted) for word in have)}

    def is_in(self, *texts: str) -> bool:
        """Whether the texts have all of its words between them."""
        return bool(self.stems) and len(self.hits(*texts)) == len(self.stems)

    def marked(self, text: str) -> SafeString:
        """The text as HTML, with what was found in <mark>."""
        parts, at = [], 0
        for start, end in self._places(text):
            parts += [escape(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
            at = end
        return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 - every piece is escaped above

    def excerpt(self, text: str) -> SafeString:
        """A short piece of a long text around the first word that was found, marked."""
        first = next(iter(self._places(text)), (0, 0))[0]
        start = text.rfind(" ", 0, first - BEFORE) + 1 if first > BEFORE else 0
        end = text.rfind(" ", start, start + SHOWN) if len(text) > start + SHOWN else len(text)
        piece = text[start : end if end > start else start + SHOWN]
        return self.marked(f"{'… ' if start else ''}{piece}{' …' if start + len(piece) < len(text) else ''}")

    def _places(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in WORD.finditer(text) if self.hits(match[0])]


def stems(text: str, language: str) -> list[str]:
    """The words of a text in their simplest form: "The Victims" is the, victim."""
    return [stem(word, language) for word in WORD.findall(simple(text))]


def simple(text: str) -> str:
    """Small letters without accents: whoever types "trafico" means "tráfico"."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _stemmers() -> Any:
    """9 MB, for thirty languages, which a process in which nobody searches need not hold."""
    return import_module("snowballstemmer")


@lru_cache(maxsize=20_000)
def stem(word: str, language: str) -> str:
    """A word without its ending. A stemmer of its own each time: they keep state, and threads share this module."""
    name = STEMMERS.get(language.partition("-")[0])
    return str(_stemmers().stemmer(name).stemWord(word)) if name else word

"""Kinds of letters, their templates: one folder of templates/letters each, described beside its words."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from foundation.letters import words

FOLDER = "letters"
ALWAYS = ("organisation", "contact")  # places that every letter may use; see words.common


@dataclass(frozen=True)
class Kind:
    """One kind of letter. Its folder holds about.txt (what it is, for staff), subject.txt and words.txt.

    `sample` names every place that its words may use, with an example in English, which the catalogues translate;
    `needed` those that its words must keep; `facts` is an example of its table. `news`: nobody must get it, so it needs
    consent and can be stopped. `stranger`: anybody can have it sent to any address, which is forgotten with the words.
    `receipt`: of a demonstration, its subject and head say that it is not one. `closing`: a paragraph (a file beside
    the folders) that ends the letter where its words, ours or those of staff, lack the places of it.
    """

    name: str
    order: int
    sample: dict[str, str]
    needed: tuple[str, ...] = ()
    facts: list[list[str]] = field(default_factory=list)
    news: bool = False
    receipt: bool = False
    stranger: bool = False
    closing: str = ""

    @property
    def label(self) -> str:
        return self._part("about")

    @property
    def places(self) -> list[str]:
        return [*self.sample, *ALWAYS]

    def subject(self) -> str:
        """Our own, in the language of this moment, with its places still open."""
        return self._part("subject")

    def words(self) -> str:
        return self.closed(self._part("words"))

    def closed(self, body: str) -> str:
        """The words with the closing paragraph, unless they lead where it leads: no wording can leave it out."""
        if not self.closing:
            return body
        end = str(render_to_string(f"{FOLDER}/{self.closing}.txt")).strip()
        leads = {place for _shown, place in words.LINK.findall(end)}
        return body if leads <= set(words.PLACE.findall(body)) else f"{body}\n\n{end}"

    def _part(self, name: str) -> str:
        return str(render_to_string(f"{FOLDER}/{self.name}/{name}.txt")).strip()


@cache
def _all() -> dict[str, Kind]:
    folder = Path(settings.BASE_DIR) / "templates" / FOLDER
    kinds = [_read(path) for path in folder.glob("*/kind.json")]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: (kind.order, kind.name))}


def _read(path: Path) -> Kind:
    known: dict[str, Any] = json.loads(path.read_text())
    return Kind(name=path.parent.name, **{**known, "needed": tuple(known.get("needed", ()))})


def every() -> list[Kind]:
    """All kinds, in the order of a donor's life."""
    return list(_all().values())


def get(name: str) -> Kind | None:
    """None for a letter whose words are not meant to be edited: it has templates of its own."""
    return _all().get(name)

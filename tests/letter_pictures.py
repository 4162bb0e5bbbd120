"""Draws every letter as a mail program shows it, to be looked at: on a phone, light, dark, and without its pictures.

    DATA_DIR=… python -m tests.letter_pictures FOLDER [LANGUAGE]

The database of DATA_DIR is migrated already; its organisation stands in the letters. docs/testing.md says when.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import django
from playwright.sync_api import sync_playwright

from tests.browsers import CHROMIUM, QUIET, SIZES

WAYS: dict[str, Literal["light", "dark"]] = {"light": "light", "dark": "dark", "without-pictures": "light"}
NEWS = """Dear {name},

# Twelve beds in a new house

The house opened in **November**, and all of its rooms are let. [Read how it began](/about/), or look at what is next.

## What comes next

- A second kitchen
- A teacher, two days a week

[Give a bed](/give/)

Thank you for reading us."""


def letters(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, HTML as a browser shows it, and HTML as it stands in the message, of each kind with its sample."""
    from django.utils import translation  # noqa: PLC0415 - once Django is set up

    from foundation.letters import kinds, writing  # noqa: PLC0415
    from foundation.letters.message import on_a_page  # noqa: PLC0415

    with translation.override(language):
        for kind in kinds.every():
            html = writing.compose(kind, kind.subject(), kind.words(), writing.sample(kind)).html
            yield kind.name, on_a_page(html), html
    yield "newsletter", *_newsletter(language)


def _newsletter(language: str) -> tuple[str, str]:
    from wagtail.images import get_image_model  # noqa: PLC0415

    from foundation.letters.message import on_a_page  # noqa: PLC0415
    from supporters.newsletter import writing  # noqa: PLC0415

    first = get_image_model().objects.order_by("pk").first()
    words = writing.Words("News", "Two things", NEWS, first.pk if first else None, "A house with a blue door")
    html = writing.sample(words, language).html
    return on_a_page(html, words.document), html


def draw(folder: Path, language: str) -> int:
    """Write FOLDER/name-way.png for each. Returns how many."""
    found = list(letters(language))
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for way, scheme in WAYS.items():
            page = chromium.new_page(viewport=SIZES["phone"], color_scheme=scheme, java_script_enabled=False)
            for name, shown, sent in found:
                page.set_content(sent if way == "without-pictures" else shown)
                page.screenshot(path=folder / f"{name}-{way}.png", full_page=True)
            page.close()
        chromium.close()
    return len(found) * len(WAYS)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(f"{draw(Path(sys.argv[1]), (sys.argv[2:] or ['en'])[0])} pictures in {sys.argv[1]}")

"""The error page as a file on disk, for when the site itself fails: with the phone numbers of now in it, and without a
look at the database. Each worker writes it for the machine it runs on, when something was published and each minute
(config/page_filling.py).
"""

import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.utils import translation

from awareness import hotlines
from foundation.organisation.models import Organisation

FOLDER = Path(settings.DATA_DIR) / "finished"


def trouble() -> str:
    """Return the error page of the active language: as it was rendered last, with the organisation's number, or without
    any where none was rendered. No query.
    """
    try:
        return _file(translation.get_language() or settings.LANGUAGE_CODE).read_text()
    except OSError:
        return render_to_string("500.html")


def finish() -> None:
    """Render 500.html with what a reader in danger needs, once for each language."""
    if not can_be_drawn():
        return
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            home = next((each for each in hotlines.by_country() if each.code == hotlines.HOME_COUNTRY), None)
            context = {"organisation": Organisation.load(), "country": home}
            _write(_file(code), render_to_string("500.html", context).encode())


def can_be_drawn() -> bool:
    """Whether static files were collected. Not when content is loaded first: the site starts after that."""
    try:
        staticfiles_storage.url("favicon.svg")
    except ValueError:
        return False
    return True


def _file(language: str) -> Path:
    return FOLDER / f"trouble.{language}.html"


def _write(path: Path, content: bytes) -> None:
    """Atomic write: a reader never meets half a page, and a full disk leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        fresh.chmod(0o644)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise

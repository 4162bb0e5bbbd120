"""Prerendered pages: Get help as static files on disk, so that it can be read while the database is down.

config/wsgi.py serves them before Django is asked. A file is rendered anew when an editor publishes the page or changes
a phone line or a setting, when the site or a worker starts, and every minute by each worker, for the machine it runs
on. Beside them stands the error page for when the site itself fails, with the current phone numbers in it.
"""

import gzip
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from wagtail.signals import page_published, page_unpublished

from awareness import hotlines, visitor
from awareness.navigation import Navigation
from awareness.pages import HelpPage
from foundation.jobs import queue as jobs
from foundation.organisation.models import Organisation

FOLDER = Path(settings.FINISHED_DIR)
ADDRESS = re.compile(r"/(?:[a-z0-9-]+/)+")
CARD = "card/"


class Finished(NamedTuple):
    """One prerendered response: Django's headers, and the page, plain and gzipped."""

    headers: list[tuple[str, str]]
    body: bytes
    packed: bytes


def find(address: str) -> Finished | None:
    """Return the prerendered response of a path, read from disk; None where there is none."""
    if not ADDRESS.fullmatch(address):
        return None
    try:
        raw = _file(address).read_bytes()
    except OSError:
        return None
    head, _, rest = raw.partition(b"\n")
    told = json.loads(head)
    body, packed = rest[: told["length"]], rest[told["length"] :]
    return Finished([(name, value) for name, value in told["headers"]], body, packed)


def trouble() -> str:
    """Return the error page of the active language: as it was rendered last, with the organisation's number, or without
    any where none was rendered. No query.
    """
    try:
        return _trouble_file(translation.get_language() or settings.LANGUAGE_CODE).read_text()
    except OSError:
        return render_to_string("500.html")


@jobs.each_worker
def finish() -> None:
    """Render every file, each minute in each worker, and delete those whose page is no longer published. A page that
    cannot be rendered now, because the database is down or is being restored, keeps the file that it has.
    """
    if not _can_be_drawn():
        return
    wanted = set()
    for page in HelpPage.objects.live():
        address = urlsplit(page.get_url() or "").path
        for finished in (address, address + CARD):
            if _make(finished):
                wanted.add(_file(finished))
    for old in FOLDER.glob("*.page"):
        if old not in wanted:
            old.unlink(missing_ok=True)
    _make_trouble()


@receiver([page_published, page_unpublished], sender=HelpPage)
@receiver(post_save, sender=Navigation)
@receiver(post_save, sender=Organisation)
def finish_soon(**kwargs: Any) -> None:
    """Signal receiver: render after commit, when the page was published or what stands on every page was changed."""
    transaction.on_commit(finish, robust=True)


def _can_be_drawn() -> bool:
    """Whether static files were collected. Not when content is loaded first: the site starts after that."""
    try:
        staticfiles_storage.url("favicon.svg")
    except ValueError:
        return False
    return True


def _make_trouble() -> None:
    """Render 500.html with what a reader in danger needs, once for each language."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            home = next((each for each in hotlines.by_country() if each.code == hotlines.HOME_COUNTRY), None)
            context = {"organisation": Organisation.load(), "country": home}
            _write(_trouble_file(code), render_to_string("500.html", context).encode())


def _trouble_file(language: str) -> Path:
    return FOLDER / f"trouble.{language}.html"


def _make(address: str) -> bool:
    """Render one path. No file (False) for a response that is not 200 or sets a cookie. On a 5xx the file stays."""
    response = visitor.answer(address)
    if response.status_code >= 500:
        return True
    if not isinstance(response, HttpResponse) or response.status_code != 200 or response.cookies:
        return False
    body = response.content
    packed = gzip.compress(body, mtime=0)
    headers = [(name, value) for name, value in response.items() if name.lower() != "content-length"]
    head = json.dumps({"headers": headers, "length": len(body)})
    _write(_file(address), head.encode() + b"\n" + body + packed)
    return True


def _file(address: str) -> Path:
    return FOLDER / (address.strip("/").replace("/", ",") + ".page")


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

"""What the tests of the pages share: the starter content, loaded once for all, rolled back after the last."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from wagtail.models import Page

from awareness import renditions
from foundation.jobs.models import Job
from tests import loading
from tests.awareness.crawling import Found, crawl


@pytest.fixture(scope="package")
def loaded_once(django_db_setup, django_db_blocker) -> Iterator[str]:
    with loading.content(django_db_blocker) as said:
        # A worker that a test runs has that test's work alone: not, first, the files of all pictures that ship.
        Job.objects.filter(kind=renditions.KIND).delete()
        yield said


@pytest.fixture
def loaded(loaded_once: str, db) -> str:
    """The starter content, and what was said while it was loaded into an empty database."""
    return loaded_once


@pytest.fixture(scope="package")
def whole_site(loaded_once: str, django_db_blocker) -> Found:
    """The starter content as its readers meet it, from the front page, the search and every page of ours: read once
    for all tests that judge every page. The files of its pictures are made by that, and stay.
    """
    with django_db_blocker.unblock():
        pages = (urlsplit(page.full_url or "").path for page in Page.objects.live().filter(depth__gt=1))
        return crawl("/", "/search/", *pages)


@pytest.fixture
def read(loaded, client: Client) -> Callable[[str], str]:
    """read("/address/") answers the HTML of a page of the loaded site."""

    def _read(address: str) -> str:
        response = client.get(address)
        assert response.status_code == 200, address
        return response.content.decode()

    return _read


def english(kind: type[Page], **which) -> Any:
    """The page of that type in our first language: each that ships stands in Spanish too."""
    return kind.objects.get(locale__language_code="en", **which)


def main_of(html: str) -> str:
    """What stands in <main>, as text without markup."""
    inner = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", " ", inner, flags=re.DOTALL)).split())

"""Pages of every type can be kept in front of Django: none sets a cookie or holds a token but those with a form."""

import html
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import pytest
from wagtail.models import Page, PageViewRestriction

from awareness import visitor
from awareness.models import ContactPage
from config import page_front
from foundation.page_store.front import PageStore, request_for
from foundation.page_store.generation import Watch
from foundation.page_store.store import Key, Store


class Told:
    def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)


class Front:
    """The site with a store in front of it, which counts what the site is asked."""

    def __init__(self, folder: Any) -> None:
        self.asked: list[str] = []
        self.number = 1
        store, self.watch = Store(folder), Watch(lambda: self.number, period=600)
        self.front = PageStore(self.application, store, self.watch, page_front.reads, ["localhost:8000"], ["sessionid"])

    def application(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        return visitor.application(environ, start)

    def ask(self, path: str, query: str = "") -> tuple[str, dict[str, str], bytes]:
        return _told(self.front, path, query)


def _told(application: Any, path: str, query: str = "") -> tuple[str, dict[str, str], bytes]:
    told = Told()
    body = b"".join(application(request_for(Key("http", "localhost:8000", path, query)), told.start))
    return told.status, told.headers, body


@pytest.mark.django_db
def test_it_keeps_pages_of_every_type_and_asks_django_once(loaded: str, tmp_path: Any) -> None:
    front = Front(tmp_path)
    pages = {
        urlsplit(page.full_url or "").path: page.specific_class for page in Page.objects.live().filter(depth__gt=1)
    }
    assert len(pages) > 50
    for path in pages:
        first, second = front.ask(path), front.ask(path)
        assert first[0] == "200 OK", path
        if front.asked.count(path) == 1:
            assert first == second, path
    asked_again = {pages[path] for path in pages if front.asked.count(path) > 1}
    assert asked_again <= {ContactPage}, "a form with a token"
    _look_at_lists(front, pages)


def _look_at_lists(front: Front, pages: Iterable[str]) -> None:
    """Each link by a parameter leads to what the site itself answers."""
    links = set()
    for path in pages:
        found = re.findall(r'href="([^":?#]*)\?([^"#]+)', front.ask(path)[2].decode())
        links |= {(where or path, html.unescape(query)) for where, query in found if page_front.reads(where or path)}
    assert links
    for path, query in sorted(links):
        kept, said = front.ask(path, query), _told(visitor.application, path, query)
        assert (kept[0], kept[2]) == (said[0], said[2]), (path, query)
        for name in set(said[1]) - {"Content-Security-Policy"}:  # whose parts stand in any order
            assert kept[1][name] == said[1][name], (path, name)
        assert front.ask(path, f"{query}&utm_source=x") == kept


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["page=01", "page=%2B1", "page=0", "page=9999", "topic=none-such", "author=nobody"])
def test_it_keeps_one_address_of_a_list_and_no_spellings(loaded: str, tmp_path: Any, query: str) -> None:
    front = Front(tmp_path)
    assert front.ask("/articles/", query)[0] == "404 Not Found"
    assert len(front.front.store.stored()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["password", "login"])
def test_it_forgets_a_page_that_is_no_longer_for_everybody(loaded: str, tmp_path: Any, kind: str) -> None:
    front = Front(tmp_path)
    front.ask("/about/jobs/")
    page = Page.objects.get(slug="jobs", locale__language_code="en")
    PageViewRestriction.objects.create(page=page, restriction_type=kind, password="open sesame")
    front.number += 1
    front.watch.look()
    front.front.fill(front.front.store.stored(), older=0)  # here; its threads see nothing of a test's transaction
    assert front.front.store.stored() == []
    for _ in range(2):
        assert b"posting" not in front.ask("/about/jobs/")[2]
    assert front.front.store.stored() == []

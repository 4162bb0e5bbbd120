"""Pages of every type can be kept in front of Django: none sets a cookie or holds a token but those with a form."""

import io
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse
from wagtail.models import Page

from awareness.models import ContactPage, HelpPage
from config import page_front
from foundation.page_store.front import PageStore
from foundation.page_store.generation import Watch
from foundation.page_store.store import Store

# A form with a token, and what no cache outside may keep: it stands as a file of its own (awareness/finished.py).
NOT_KEPT = (ContactPage, HelpPage)


class Told:
    def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, headers


@pytest.mark.django_db
def test_it_keeps_pages_of_every_type_and_asks_django_once(loaded: str, tmp_path: Any) -> None:
    asked: list[str] = []
    handler = (
        WSGIHandler()
    )  # itself it would close the connection after each request, and with it the test's transaction

    def application(environ: dict[str, Any], start: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        answer = handler.get_response(WSGIRequest(environ))
        assert isinstance(answer, HttpResponse)
        cookies = [("Set-Cookie", each.OutputString()) for each in answer.cookies.values()]
        start(f"{answer.status_code} {answer.reason_phrase}", [*answer.items(), *cookies])
        return [answer.content]

    watch = Watch(lambda: 1, period=600)
    front = PageStore(application, Store(tmp_path), watch, page_front.reads, ["sessionid"], page_front.PARAMS)
    pages = {
        urlsplit(page.full_url or "").path: page.specific_class for page in Page.objects.live().filter(depth__gt=1)
    }
    assert len(pages) > 50
    for path in pages:
        first, second = _ask(front, path), _ask(front, path)
        assert first[0] == "200 OK", path
        if asked.count(path) == 1:
            assert first == second, path
    assert {pages[path] for path in pages if asked.count(path) > 1} <= set(NOT_KEPT)


def _ask(front: PageStore, path: str) -> tuple[str, list[tuple[str, str]], bytes]:
    told = Told()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "HTTP_HOST": "localhost:8000"}
    environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "8000", "REMOTE_ADDR": "127.0.0.1", "SCRIPT_NAME": ""}
    body = b"".join(front({**environ, "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO()}, told.start))
    return told.status, told.headers, body

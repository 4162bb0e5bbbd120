"""In-process requests to our own pages as a visitor without cookies gets them, through the whole middleware."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation

from foundation.page_store.front import request_for
from foundation.page_store.store import Key


def answer(address: str) -> HttpResponseBase:
    """Return the response to a path of ours (a query may follow it). Not for files: nobody would close them."""
    site, wanted = urlsplit(settings.BASE_URL), urlsplit(address)
    return _answer(request_for(Key(site.scheme, site.netloc, wanted.path, wanted.query)))


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The site as a WSGI application for pages, within a process that may have a transaction open: Django's own closes
    the connection to the database after each request.
    """
    response = _answer(environ)
    cookies = [("Set-Cookie", each.OutputString()) for each in response.cookies.values()]
    start(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
    return [response.content] if isinstance(response, HttpResponse) else []


def _answer(environ: dict[str, Any]) -> HttpResponseBase:
    with translation.override(None):  # config/languages.py takes it from the path, not from who pressed the button
        return _handler().get_response(WSGIRequest(environ))


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()

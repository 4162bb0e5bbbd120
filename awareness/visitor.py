"""In-process requests to our own pages as a visitor without cookies gets them, through the whole middleware."""

from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.response import HttpResponseBase
from django.utils import translation


def answer(address: str) -> HttpResponseBase:
    """Return the response to a path of ours (a query may follow it). Not for files: nobody would close them."""
    with translation.override(None):  # config/languages.py takes it from the path, not from who pressed the button
        return _handler().get_response(_request(address))


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


def _request(address: str) -> WSGIRequest:
    site, wanted = urlsplit(settings.BASE_URL), urlsplit(address)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": wanted.path,
        "QUERY_STRING": wanted.query,
        "SERVER_NAME": site.hostname or "localhost",
        "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": BytesIO(),
    }
    return WSGIRequest(environ)

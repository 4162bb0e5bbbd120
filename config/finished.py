"""WSGI middleware for prerendered pages: they are answered before Django, and without its database."""

from collections.abc import Callable, Iterable
from typing import Any

from awareness import finished

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


class FinishedFirst:
    """Answer GET and HEAD of a prerendered page. Nothing is recorded about who asks for what: no log line, no row."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        page = finished.find(environ.get("PATH_INFO", "")) if method in ("GET", "HEAD") else None
        if page is None:
            return self.application(environ, start)
        packs = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        body = page.packed if packs else page.body
        headers = [*page.headers, ("Vary", "Accept-Encoding"), ("Content-Length", str(len(body)))]
        if packs:
            headers.append(("Content-Encoding", "gzip"))
        start("200 OK", headers)
        return [b"" if method == "HEAD" else body]

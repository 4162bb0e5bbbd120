"""One of Stripe's events handed to a WSGI application, without a server: the same for us and for a peer."""

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any


class RefusedError(Exception):
    """The application did not take the event."""


def post(application: Callable[[dict[str, Any], Any], Iterable[bytes]], path: str, body: bytes, signature: str) -> None:
    """Post an event, as Stripe does. Raises RefusedError."""
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": "", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": "localhost", "HTTP_STRIPE_SIGNATURE": signature,
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.multithread": True,
    }  # fmt: skip
    answer = application(environ, lambda status, *_headers: told.append(status))
    try:
        text = b"".join(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    if not told[0].startswith("200"):
        raise RefusedError(f"{path} answered {told[0]}: {text[:200]!r}")

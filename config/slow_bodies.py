"""Slow request bodies (slowloris): a concurrency limit, so that few of the threads ever wait for one.

Django gets a body whole, unless it is a large file of staff's.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any, BinaryIO

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from foundation.access.slots import Slots
from foundation.page_store.front import Application, Start

# Of the server's threads (config/processes.py): with those that wait for Stripe (donations/stripe/concurrency.py) a
# third at most. Neither takes what is the other's: slow bodies stop no gift, and a slow Stripe stops no form.
PLACES = 8
# Seconds. All slots are taken and none was taken or freed for so long: those who hold them are slow on purpose, and a
# new request is refused at once. Before that one waits: a crowd of honest forms passes in moments.
STUCK = 1.0
LONGEST = 5.0
WAIT = "60"  # seconds, for Retry-After


class SlowBodies:
    """A request with a body takes a slot, until the body is read or the answer is there. 503 when there is none."""

    def __init__(self, application: Application, places: int = PLACES) -> None:
        self.application = application
        self.places = Slots(places, STUCK, LONGEST)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        length = _length(environ)
        if length <= 0:
            return self.application(environ, start)
        if not self.places.enter():
            return _refuse(environ, start)
        if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            try:
                whole = _read(environ["wsgi.input"], length)
            finally:
                self.places.leave()
            if len(whole) < length:  # the sender is gone
                start("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", "0")])
                return [b""]
            environ["wsgi.input"] = BytesIO(whole)
            return self.application(environ, start)
        body = Body(environ["wsgi.input"], length, self.places.leave)
        environ["wsgi.input"] = body
        try:
            return self.application(environ, start)
        finally:
            body.done()


class Body:
    """The stream of a request body. It calls `leave` once, when it was read to its end or is not wanted any more."""

    def __init__(self, stream: BinaryIO, length: int, leave: Callable[[], None]) -> None:
        self.stream, self.rest, self.leave, self.held = stream, length, leave, True

    def read(self, size: int = -1) -> bytes:
        return self._count(self.stream.read(size) if size >= 0 else self.stream.read(), size)

    def readline(self, size: int = -1) -> bytes:
        return self._count(self.stream.readline(size) if size >= 0 else self.stream.readline(), size)

    def done(self) -> None:
        if self.held:
            self.held = False
            self.leave()

    def _count(self, part: bytes, size: int) -> bytes:
        self.rest -= len(part)
        if self.rest <= 0 or (size != 0 and not part):
            self.done()
        return part


def _read(stream: BinaryIO, length: int) -> bytes:
    """Read the body, or as much of it as comes."""
    parts, rest = [], length
    while rest > 0 and (part := stream.read(rest)):
        parts.append(part)
        rest -= len(part)
    return b"".join(parts)


def _length(environ: dict[str, Any]) -> int:
    """Return Content-Length in bytes. A body without it is never read: Django takes it for empty."""
    try:
        return int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _refuse(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    language = translation.get_language_from_path(environ.get("PATH_INFO", "")) or settings.LANGUAGE_CODE
    with translation.override(language):
        words = _(
            "Very much is sent to us at once. Yours has not arrived. Please go back and send it again in a minute."
        )
    body = f"{words}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Language", language),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Retry-After", WAIT),
    ]
    status = HTTPStatus.SERVICE_UNAVAILABLE
    start(f"{status.value} {status.phrase}", headers)
    return [body]

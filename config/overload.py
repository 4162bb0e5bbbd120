"""Overload protection: a concurrency limit (semaphore) in front of Django, so that what hangs never holds every thread.

A database may accept every query and never answer. The threads left over answer Get help from its files, and everybody
else with 503.
"""

from collections.abc import Iterable
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.utils import translation

from awareness import finished
from config.error_pages import WAIT
from config.processes import THREADS
from foundation.access.slots import Slots
from foundation.page_store.front import FOR_ALL, Application, Start

# Requests in Django at once, each with a connection (config/connection_pool.py). Eight at most wait for Stripe.
PLACES = 24
READERS = 8  # threads of the server that only readers of kept pages and of static files get
# seconds. No page takes as long by itself. A request that waits meanwhile holds one of the threads that are left over.
STUCK = 10.0
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'"


class Crowd:
    """Who asks for more than a kept page holds a thread, also while others are before them: never all threads. Who
    comes when so many are here already is refused at once, and readers do not notice.
    """

    def __init__(self, application: Application, most: int = THREADS - READERS) -> None:
        self.application, self.rest = application, BoundedSemaphore(most)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if _is_static(environ) or FOR_ALL in environ:
            return self.application(environ, start)
        if not self.rest.acquire(blocking=False):
            return _refuse(environ, start)
        try:
            return self.application(environ, start)
        finally:
            self.rest.release()


class OverloadGuard:
    """Each request to Django takes a slot until the answer begins. Static files need no database, take none, and
    are asked of `static`.
    """

    def __init__(
        self,
        application: Application,
        places: int = PLACES,
        stuck: float = STUCK,
        static: Application | None = None,
    ) -> None:
        self.application, self.static = application, static or application
        self.places = Slots(places, stuck, stuck)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if _is_static(environ):
            return self.static(environ, start)
        if not self.places.enter(first=FOR_ALL in environ):
            return _refuse(environ, start)
        try:
            return self.application(environ, start)
        finally:
            self.places.leave()


def _is_static(environ: dict[str, Any]) -> bool:
    return str(environ.get("PATH_INFO", "")).startswith(settings.STATIC_URL)


def _refuse(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    language = translation.get_language_from_path(environ.get("PATH_INFO", "")) or settings.LANGUAGE_CODE
    with translation.override(language):
        body = finished.trouble().encode()
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Language", language),
        ("Content-Security-Policy", f"{POLICY}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Retry-After", str(WAIT)),
    ]
    status = HTTPStatus.SERVICE_UNAVAILABLE
    start(f"{status.value} {status.phrase}", headers)
    return [body]

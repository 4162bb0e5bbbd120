"""Overload protection: a concurrency limit (semaphore) in front of Django, so that what hangs never holds every thread.

A database may accept every query and never answer. The threads left over answer Get help from its files, and everybody
else with 503.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils import translation

from awareness import finished
from config.error_pages import WAIT
from config.processes import THREADS
from config.slots import Slots
from foundation.page_store.front import Application, Start

# Slow bodies (config/slow_bodies.py) and requests that wait for Stripe (donations/stripe/concurrency.py) hold a
# third each at most: readers still have six then.
PLACES = THREADS - 2
# seconds. No page takes as long by itself. A request that waits meanwhile holds one of the threads that are left over.
STUCK = 10.0
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'"


class OverloadGuard:
    """Each request to Django takes a slot until the answer begins. Static files need no database and take none."""

    def __init__(self, application: Application, places: int = PLACES, stuck: float = STUCK) -> None:
        self.application, self.places = application, Slots(places, stuck, stuck)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(settings.STATIC_URL):
            return self.application(environ, start)
        if not self.places.enter():
            return _refuse(environ, start)
        try:
            return self.application(environ, start)
        finally:
            self.places.leave()


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

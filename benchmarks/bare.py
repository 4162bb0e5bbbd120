"""The baseline server: a bare WSGI response, and behind it a bare Django."""

import os
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.bare_settings"
django = get_wsgi_application()

from django.db.backends.signals import connection_created  # noqa: E402
from django.dispatch import receiver  # noqa: E402

from benchmarks.bare_views import PAGES  # noqa: E402 - needs the settings above

RAW = "/raw/"


@receiver(connection_created)
def teach(connection: Any, **told: Any) -> None:
    """The table of signatures calls this function of ours on SQLite, where each connection must know it."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("staff_fold", 1, str.lower, deterministic=True)


def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if not path.startswith(RAW):
        return django(environ, start)
    body = PAGES[path.removeprefix(RAW)]
    start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]

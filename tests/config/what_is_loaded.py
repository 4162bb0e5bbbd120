"""A WSGI application that says whether the process that serves it had the site's views before it was asked to."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

THERE = "config.urls" in sys.modules


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{THERE} {os.getppid()}".encode()]

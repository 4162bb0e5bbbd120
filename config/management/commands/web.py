"""manage.py web: serve the site's pages, from one process or from several that share what the first has loaded."""

import gc
import importlib.util
import runpy
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import get_resolver

from config.processes import THREADS

APPLICATION = "config.wsgi:application"


class Command(BaseCommand):
    help = "Serve the site until SIGTERM, behind a proxy. After an update start it anew: its processes share the code."
    requires_system_checks: list[str] = []  # some ask the database, and while it is away kept pages are served

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=1, help="processes: one on SQLite, else one a core")
        parser.add_argument("--grace", type=int, default=30, help="seconds to end in, before a process is killed")
        parser.add_argument("--application", default=APPLICATION, help="instead of the site's: for drills")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what all views stand on, then let the server fork: its processes share that memory until they write to
        it, which the garbage collector no longer does. (macOS starts processes anew, and each loads it for itself.)
        """
        get_resolver().url_patterns  # noqa: B018 - loads them
        gc.collect()
        gc.freeze()
        words = (options[name] for name in ("host", "port", "workers", "grace", "application"))
        module, *sys.argv[1:] = server(*words)
        runpy.run_module(module, run_name="__main__")


def server(host: str, port: int, workers: int, grace: int, application: str) -> list[str]:
    """A module with its arguments: granian, three times as fast; gunicorn where granian has no build for the machine.

    A process that is told to stop while it accepts a connection does not tell that connection (granian 2.8), and would
    serve it for as long as its client keeps it open. So its end is waited for, but not for ever.
    """
    if importlib.util.find_spec("granian"):
        return [
            "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers),
            "--workers-kill-timeout", str(grace), "--blocking-threads", str(THREADS), "--no-ws",
            "--log-level", "warning", application,
        ]  # fmt: skip
    return [
        "gunicorn", "--bind", f"{host}:{port}", "--workers", str(workers), "--threads", str(THREADS),
        "--graceful-timeout", str(grace), "--log-level", "warning", application,
    ]  # fmt: skip

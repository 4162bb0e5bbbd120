"""Benchmark of room for deep calls (config/call_stack.py): the giving page with it, against the same without."""

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref.util import setup_testing_defaults

from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from config import wsgi

EACH = 20
PATH = "/give/"


def room(ground: Ground) -> Iterator[Pair]:
    """In threads, as the web server calls: each thread has a stack of its own."""

    def page(application: Any) -> None:
        said: list[str] = []
        environ: dict[str, Any] = {"PATH_INFO": PATH, "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
        setup_testing_defaults(environ)
        environ["wsgi.input"] = io.BytesIO()
        answer: Iterable[bytes] = application(environ, lambda status, headers, error=None: said.append(status))
        body = b"".join(answer)
        insist(said == ["200 OK"] and b"</html>" in body, f"{PATH} answers {said}.")

    def pages(application: Any) -> Sample:
        with ThreadPoolExecutor(1) as thread:
            return here(EACH, lambda: list(thread.map(page, [application] * EACH)))

    roomy = wsgi.inner
    bare = roomy.__wrapped__  # type: ignore[attr-defined]
    name = "The giving page, room for its calls"
    yield Pair(name, "the same without", "pages", lambda: pages(roomy), lambda: pages(bare))

"""WSGI middleware: a reader's page is answered from the store, before Django. See docs/page-store.md."""

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from foundation.page_store import pages
from foundation.page_store.generation import Watch
from foundation.page_store.pages import Headers, Page
from foundation.page_store.store import Key, Store

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

# A network in front of us may answer by itself for ten seconds, and while we do not answer, for a day. A browser asks.
CACHE_CONTROL = "public, max-age=0, s-maxage=10, stale-while-revalidate=60, stale-if-error=86400"
FRESH = 10.0  # seconds a page is answered without a look whether it changed: sums and counts on it may be so old
GRACE = 1.0  # seconds in which readers get the old page while the new one is made
PAUSE = 5.0  # seconds after a page could not be made anew, until the next try
# What links bring along for those who count clicks. No page of ours reads them.
TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|ttclid|twclid|yclid|_hs(enc|mi)|ref")
LONGEST_QUERY = 200
LONGEST_WAIT = 5.0  # seconds for somebody else's making of a page that nobody has yet
MOST_PASSED = 2_000
# Of a request that a page is made for: nothing of the reader who happens to ask for it.
NEUTRAL: tuple[str, ...] = (
    "HTTP_COOKIE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_REFERER",
)
NEUTRAL += ("HTTP_ACCEPT_LANGUAGE", "HTTP_USER_AGENT", "HTTP_RANGE", "HTTP_AUTHORIZATION")


class Answer:
    """What the application says, read to its end. Raises what it raises."""

    def __init__(self, application: Application, environ: Environ) -> None:
        self.status, self.headers = "", list[tuple[str, str]]()
        parts = application(environ, self._start)
        try:
            self.body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    def _start(self, status: str, headers: Headers, *_: Any) -> None:
        self.status, self.headers = status, list(headers)

    @property
    def failed(self) -> bool:
        return self.status.startswith("5")

    @property
    def is_for_everybody(self) -> bool:
        """Whether it may be given to any reader: a page, without a cookie and without words for one alone."""
        told = {name.lower(): value.lower() for name, value in self.headers}
        kept = not re.search("private|no-store", told.get("cache-control", ""))
        return (
            self.status.startswith("200") and kept and "set-cookie" not in told and "cookie" not in told.get("vary", "")
        )


class PageStore:
    """Answer what `reads` says is a page for readers; ask the application for all else, and to make each page once.

    `reads` tells by the path. `personal` are names of cookies with which one is always answered by the application:
    an editor sees what no reader sees. `params` are the parameters of a query that pages go by.
    """

    def __init__(
        self,
        application: Application,
        store: Store,
        watch: Watch,
        reads: Callable[[str], bool],
        personal: Iterable[str],
        params: Iterable[str] = (),
    ) -> None:
        self.application, self.store, self.watch, self.reads = application, store, watch, reads
        self.personal = tuple(f"{name}=" for name in personal)
        self.params = frozenset(params)
        self.making: dict[Key, threading.Event] = {}
        self.paused: dict[Key, float] = {}  # pages that could not be made: when the next try is due
        self.passed: dict[Key, int | None] = {}  # what turned out to be for one reader alone, in which generation
        self.lock = threading.Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.application(environ, start)
        cookies = environ.get("HTTP_COOKIE")
        if cookies and any(name in cookies for name in self.personal):
            return self.application(environ, start)
        key = Key(_scheme(environ), environ.get("HTTP_HOST", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        page = self.store.held(key)
        if page is not None and self._is_fresh(page):
            return _tell(page, environ, start)
        return self._look(environ, start, key)

    def _is_fresh(self, page: Page) -> bool:
        return page.generation == self.watch.number and time.time() - page.made < FRESH

    def _look(self, environ: Environ, start: Start, asked: Key) -> Iterable[bytes]:
        """The way of what is not held, or not fresh."""
        if not self.reads(asked.path):
            return self.application(environ, start)
        self.watch.start()
        key, known = self._normalised(asked)
        if key in self.passed and self.passed[key] == self.watch.number:
            return self.application(environ, start)
        page = self.store.held(key)
        if page is None or not self._is_fresh(page):
            page = self.store.find(key)
        if page is not None and (self._is_fresh(page) or self.watch.is_down() or self._is_paused(key)):
            return _tell(page, environ, start)
        if page is None and not known:
            return self.application(
                environ, start
            )  # nothing is kept by what no page reads: anybody could fill the store
        with self.lock:
            made = self.making.get(key)
            if made is None:
                mine = self.making[key] = threading.Event()
        if made is None:
            try:
                return self._make(environ, start, key, page)
            finally:
                with self.lock:
                    del self.making[key]
                mine.set()
        return self._meanwhile(environ, start, key, page, made)

    def _make(self, environ: Environ, start: Start, key: Key, page: Page | None) -> Iterable[bytes]:
        """Ask the application as a reader without cookies does, and keep it. Where it fails, the old page holds."""
        generation = self.watch.number
        plain = {name: value for name, value in environ.items() if name not in NEUTRAL}
        try:
            answer = Answer(self.application, {**plain, "REQUEST_METHOD": "GET", "QUERY_STRING": key.query})
        except Exception:
            if page is None:
                raise
            self._pause(key)
            return _tell(page, environ, start)
        if answer.failed and page is not None:
            self._pause(key)
            return _tell(page, environ, start)
        if answer.is_for_everybody and generation is not None:
            told = [*answer.headers]
            if not any(name.lower() == "cache-control" for name, _value in told):
                told.append(("Cache-Control", CACHE_CONTROL))
            made = pages.finish(generation, time.time(), told, answer.body)
            self.store.put(key, made, pages.kept_headers(told))
            self.paused.pop(key, None)
            return _tell(made, environ, start)
        if not answer.failed:
            self.store.drop(key)
            self._pass(key, generation)
        if environ.get("HTTP_COOKIE") or environ.get("QUERY_STRING", "") != key.query:
            return self.application(environ, start)  # it may be another for this reader
        start(answer.status, answer.headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]

    def _meanwhile(
        self, environ: Environ, start: Start, key: Key, page: Page | None, made: threading.Event
    ) -> Iterable[bytes]:
        """Somebody else makes the page: the old one is good enough for a moment, and better than none after it."""
        if page is not None:
            published = page.generation != self.watch.number and time.monotonic() - self.watch.changed > GRACE
            if published and made.wait(GRACE):
                page = self.store.held(key) or page
            return _tell(page, environ, start)
        made.wait(LONGEST_WAIT)
        page = self.store.held(key)
        return self.application(environ, start) if page is None else _tell(page, environ, start)

    def _normalised(self, asked: Key) -> tuple[Key, bool]:
        """The key by the parameters that pages go by, in order, and whether no others stood there but of tracking."""
        if not asked.query:
            return asked, True
        typed = parse_qsl(asked.query[:LONGEST_QUERY], keep_blank_values=True)
        kept = sorted({name: value for name, value in typed if name in self.params}.items())
        known = all(name in self.params or TRACKING.fullmatch(name) for name, _value in typed)
        return asked._replace(query=urlencode(kept)), known and len(asked.query) <= LONGEST_QUERY

    def _pause(self, key: Key) -> None:
        self.paused[key] = time.monotonic() + PAUSE

    def _is_paused(self, key: Key) -> bool:
        return self.paused.get(key, 0) > time.monotonic()

    def _pass(self, key: Key, generation: int | None) -> None:
        if len(self.passed) >= MOST_PASSED:
            self.passed.clear()
        self.passed[key] = generation


def _scheme(environ: Environ) -> str:
    """As the reader sees it: behind a proxy it is what that says. Whoever lies about it makes a page of his own."""
    return "https" if environ.get("HTTP_X_FORWARDED_PROTO") == "https" else str(environ["wsgi.url_scheme"])


def _tell(page: Page, environ: Environ, start: Start) -> Iterable[bytes]:
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known and page.etag in known:
        start("304 Not Modified", list(page.unchanged))
        return [b""]
    variant = page.variant(environ.get("HTTP_ACCEPT_ENCODING", ""))
    start("200 OK", list(variant.headers))
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]

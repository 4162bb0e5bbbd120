"""WSGI middleware: a reader's page is answered from the store, before Django. See docs/page-store.md."""

import io
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qsl

from foundation.page_store import pages
from foundation.page_store.generation import Watch
from foundation.page_store.pages import Headers, Page
from foundation.page_store.store import Key, Store

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
FOR_ALL = "page_store.for_all"  # in the environ of what is made for all who read it: they wait, so it goes first
log = logging.getLogger(__name__)

# A network in front of us may answer by itself for ten seconds, and while we do not answer, for a day. A browser asks.
CACHE_CONTROL = "public, max-age=0, s-maxage=10, stale-while-revalidate=60, stale-if-error=86400"
FRESH = 10.0  # seconds a page is answered without a look whether it changed: sums and counts on it may be so old
STALE = 60.0  # seconds: so old, it is still answered while the new one is made. Else readers wait for the new one
GRACE = 0.4  # seconds in which an old page is answered after the new one was published, while that is made
PAUSE = 5.0  # seconds after a page could not be made anew, until the next try
LONGEST_WAIT = 5.0  # seconds for the making of a page; then the old one is given after all
LONGEST_PATH, LONGEST_QUERY = 255, 200  # what is longer is no page of ours: asked of the site, and not remembered
MAKERS = 2  # threads that make pages anew, in each process
MOST_PASSED = 2_000
SAME = re.compile(r"accept-encoding|", re.IGNORECASE)  # what an answer may depend on, by Vary: we pack it ourselves


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
        """Whether it may be given to any reader: a page, without a cookie, a nonce or words for one alone. `no-store`
        is for browsers and networks; who means this store too says `private`.
        """
        told = {name.lower(): value for name, value in self.headers}
        same = all(SAME.fullmatch(name.strip()) for name in told.get("vary", "").split(","))
        once = "set-cookie" in told or "'nonce-" in told.get("content-security-policy", "")
        return self.status.startswith("200") and same and not once and "private" not in told.get("cache-control", "")


class PageStore:
    """Answer what `reads` says is a page for readers; ask the application for all else, and to make each page once.

    `reads` tells by the path; `hosts` are the names under which pages are kept. `personal` are names of cookies with
    which one gets a page that is kept only if the database, asked at that moment, knows of nothing newer: an editor who
    has published looks at once. `proxied`: whether a proxy of ours says in X-Forwarded-Proto how the reader came.
    """

    def __init__(
        self,
        application: Application,
        store: Store,
        watch: Watch,
        reads: Callable[[str], bool],
        hosts: Iterable[str],
        personal: Iterable[str] = (),
        proxied: bool = False,
    ) -> None:
        self.application, self.store, self.watch, self.reads = application, store, watch, reads
        self.hosts, self.proxied = frozenset(hosts), proxied
        self.personal = tuple(f"{name}=" for name in personal)
        self.making: dict[Key, threading.Event] = {}
        self.paused: dict[Key, float] = {}  # pages that could not be made: when the next try is due
        self.passed: dict[Key, str] = {}  # what turned out to be for one reader alone, in which generation
        self.lock = threading.Lock()
        self.wanted: SimpleQueue[Key] = SimpleQueue()
        self.makers = 0
        self.told = 0

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("SCRIPT_NAME"):
            return self.application(environ, start)
        cookies = environ.get("HTTP_COOKIE", "")
        own = any(name in cookies for name in self.personal) and not self.watch.is_down()
        key = Key(
            self._scheme(environ),
            environ.get("HTTP_HOST", ""),
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
        )
        page = self.store.held(key)
        if page is not None and self._is_fresh(page) and not own:
            self.told += 1
            return _tell(page, environ, start)
        return self._look(environ, start, key, own)

    def fill(self, keys: Iterable[Key], older: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """Make these pages anew, which are not on disk, of an earlier generation or made before `older` (seconds since
        1970); and those that they link to by a parameter. Whether all of them stand there now. It ends early where the
        database does not answer. Raises what the application raises.
        """
        wanted = list(dict.fromkeys(keys))
        known, well = set(wanted), True
        for key in wanted:  # it grows meanwhile
            if stop():
                return False
            page: Page | Answer | None = self.store.find(key)
            if not isinstance(page, Page) or page.generation != self.watch.generation or page.made < older:
                page = self._make(key)
            if isinstance(page, Answer) and page.failed:
                well = False
                if not self.watch.look():
                    return False
            if isinstance(page, Page):
                more = {key._replace(query=query) for query in page.queries(key.path)} - known
                known |= more
                wanted += sorted(more)
        return well

    def _scheme(self, environ: Environ) -> str:
        """As the reader sees it, and as Django does: behind a proxy of ours it is what that says."""
        if self.proxied and environ.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip() == "https":
            return "https"
        return str(environ["wsgi.url_scheme"])

    def _is_fresh(self, page: Page) -> bool:
        return page.generation == self.watch.generation and time.time() - page.made < FRESH

    def _is_newest(self, page: Page) -> bool:
        """Whether it is fresh also by what the database says now."""
        return self._is_fresh(page) and page.generation == self.watch.now()

    def _look(self, environ: Environ, start: Start, asked: Key, own: bool) -> Iterable[bytes]:
        """The way of what is not held, or not fresh, and of editors."""
        if asked.host not in self.hosts or len(asked.path) > LONGEST_PATH or not self.reads(asked.path):
            return self.application(environ, start)
        self.watch.start()
        key = asked._replace(query="")
        if key in self.passed and self.passed[key] == self.watch.generation:
            return self.application(environ, start)
        found = self._page(key)
        if asked.query and isinstance(found, Page):
            key = key._replace(query=_normalised(asked.query, found))
            found = self._page(key) if key.query else found
        if isinstance(found, Page) and (not own or self._is_newest(found)):
            return _tell(found, environ, start)
        if isinstance(found, Page) or found is None or environ.get("HTTP_COOKIE") or asked.query != key.query:
            return self.application(environ, start)  # it may be another for this reader
        start(found.status, found.headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else found.body]

    def _page(self, key: Key) -> Page | Answer | None:
        """The page, or what was answered where it cannot be kept; None: whoever asks finds out."""
        page, making = self.store.held(key), self.making.get(key)
        if making is None and (page is None or not self._is_fresh(page)):
            page = self.store.find(key)  # another process may have made it anew
        if page is None:
            return self._first(key)
        if self._is_fresh(page):
            return page
        if self.watch.is_down():  # what is no longer there, its file is not either: others heard, and we did not
            return page if page.generation == self.watch.generation or self.store.stands(key) else None
        if self.paused.get(key, 0) > time.monotonic():
            return page
        made = self._make_soon(key)
        published = page.generation != self.watch.generation
        late = time.monotonic() - self.watch.changed > GRACE if published else time.time() - page.made > STALE
        if late:
            made.wait(LONGEST_WAIT)
        return self.store.held(key) if late else page

    def _first(self, key: Key) -> Page | Answer | None:
        """Make a page that nobody has; one does, the others wait."""
        with self.lock:
            others = self.making.get(key)
            if others is None:
                self.making[key] = threading.Event()
        if others is not None:
            others.wait(LONGEST_WAIT)
            return self.store.held(key)
        try:
            return self._make(key)
        finally:
            self._is_made(key)

    def _make_soon(self, key: Key) -> threading.Event:
        """Let one of our threads make it: no reader waits for a database that hangs. Returns what is set afterwards."""
        with self.lock:
            made = self.making.get(key)
            if made is None:
                made = self.making[key] = threading.Event()
                self.wanted.put(key)
                if self.makers < MAKERS:
                    self.makers += 1
                    threading.Thread(target=self._work, daemon=True, name="page maker").start()
        return made

    def _work(self) -> None:
        while True:
            key = self.wanted.get()
            try:
                made = self._make(key)
                failed = isinstance(made, Answer) and made.failed
            except Exception as error:  # the thread makes other pages after this one
                log.warning("a page could not be made: %s", type(error).__name__)
                failed = True
            if failed:
                self.paused[key] = time.monotonic() + PAUSE
            else:
                self.paused.pop(key, None)
            self._is_made(key)

    def _is_made(self, key: Key) -> None:
        with self.lock:
            self.making.pop(key).set()

    def _make(self, key: Key) -> Page | Answer:
        """Ask the application, with nothing of whoever asks for it, and keep the page. Where it fails the old holds."""
        generation = self.watch.generation
        answer = Answer(self.application, request_for(key))
        if answer.failed:
            return answer
        if answer.is_for_everybody and generation:
            told = [*answer.headers]
            if not any(name.lower() == "cache-control" for name, _value in told):
                told.append(("Cache-Control", CACHE_CONTROL))
            page = pages.finish(generation, time.time(), told, answer.body, self.store.find(key))
            self.store.put(key, page)
            return page
        self.store.drop(key)
        if answer.status.startswith("200") and generation:
            if len(self.passed) >= MOST_PASSED:
                self.passed.clear()
            self.passed[key] = generation
        return answer


def request_for(key: Key) -> Environ:
    """The request of somebody of whom nothing is known: what a page depends on is in its key."""
    name, _, port = key.host.partition(":")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": key.path,
        "QUERY_STRING": key.query,
        "SERVER_NAME": name,
        "SERVER_PORT": port or ("443" if key.scheme == "https" else "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": key.host,
        "HTTP_X_FORWARDED_PROTO": key.scheme,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": key.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        FOR_ALL: True,
    }


def _normalised(query: str, page: Page) -> str:
    """The parameters that the page goes by. What is too long names no page."""
    return pages.normalised(dict(parse_qsl(query)), page.params) if len(query) <= LONGEST_QUERY else ""


def _tell(page: Page, environ: Environ, start: Start) -> Iterable[bytes]:
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known and page.etag in known:
        start("304 Not Modified", list(page.unchanged))
        return [b""]
    variant = page.variant(environ.get("HTTP_ACCEPT_ENCODING", ""))
    start("200 OK", list(variant.headers))
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]

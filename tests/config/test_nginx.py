"""nginx in front of the site, with the lines of docs/deploy.md that let it keep pages: run as they stand there."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import nginx
from benchmarks.server import Server
from foundation.page_store.front import CACHE_CONTROL
from tests.lacking import skip
from tests.waiting import wait_for

pytestmark = pytest.mark.processes
STAFF = {"Cookie": "theme=dark; __Host-sessionid=abc"}


class Site(BaseHTTPRequestHandler):
    """Answers /page as readers get it, and with a session cookie as staff do; /mine as what is for one alone."""

    page = b"as published"
    asked: list[str] = []
    broken = False
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.broken:
            self.asked.append("broken")
            self.send_error(503)
            return
        same = self.headers["If-None-Match"] == self.tag
        self.asked.append("same?" if same else self.path)
        self.send_response(304 if same else 200)
        self.send_header("ETag", self.tag)
        self.send_header("Cache-Control", "private" if self.path == "/mine" else CACHE_CONTROL)
        body = b"" if same else b"as a draft" if "sessionid=" in self.headers.get("Cookie", "") else self.page
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def tag(self) -> str:
        return f'"{self.page.decode()}"'

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    Site.page, Site.asked, Site.broken = b"as published", [], False
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(site: ThreadingHTTPServer, tmp_path: Path) -> Iterator[Server]:
    if not nginx.binary():
        skip("nginx")
    with nginx.in_front(tmp_path, site.server_port, "/ready") as server:
        yield server


def get(front: Server, path: str = "/page", **headers: str) -> bytes:
    return front.one(path, **headers)[0]


def is_kept(front: Server) -> bool:
    """Whether nginx answered by itself."""
    before = len(Site.asked)
    get(front)
    return len(Site.asked) == before


def wait_until_kept(front: Server) -> None:
    """It keeps a page for a second, and a slow machine may ask later than that: then it keeps it anew."""
    wait_for(lambda: is_kept(front))


def test_it_keeps_a_page_and_asks_whether_it_is_still_the_same(front):
    wait_until_kept(front)
    wait_for(lambda: get(front) == b"as published" and "same?" in Site.asked, "the question")
    wait_until_kept(front)
    assert get(front) == b"as published"


def test_it_gives_what_was_published_since(front):
    wait_until_kept(front)
    Site.page = b"as published since"
    wait_for(lambda: get(front) == b"as published since", "the new page")


def test_it_lets_staff_through_and_shows_nobody_what_they_saw(front):
    wait_until_kept(front)
    for _ in range(2):
        seen = len(Site.asked)
        assert get(front, **STAFF) == b"as a draft" and len(Site.asked) == seen + 1
    assert get(front) == b"as published"


def test_it_keeps_nothing_that_is_for_one_alone(front):
    assert [get(front, "/mine") for _ in range(3)] == [b"as published"] * 3
    assert Site.asked.count("/mine") == 3


def test_it_answers_with_what_it_has_while_the_site_does_not(front):
    assert get(front) == b"as published"
    Site.broken, Site.asked = True, []
    wait_for(lambda: get(front) == b"as published" and Site.asked, "the second of the page")
    assert get(front) == b"as published"

"""Pages of readers, kept in front of Django: made once, given to everybody, never anything of one alone."""

import gzip
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import time_machine
from django.db import DatabaseError, transaction

from foundation.page_store import front, generation
from foundation.page_store.front import PageStore
from foundation.page_store.generation import Watch
from foundation.page_store.pages import Headers
from foundation.page_store.store import Key, Store
from tests.foundation.crowd import together
from tests.waiting import PATIENCE, wait_for

TEXT: Headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Language", "en")]
HOSTS = ("site.example", "other.example")
LISTING = ("No-Vary-Search", 'params, except=("page" "topic")')


class Site:
    """An application that counts who asks it, and a store in front of it that looks nowhere else."""

    def __init__(self, folder: Path, **limits: int) -> None:
        self.status, self.headers, self.words = "200 OK", list(TEXT), "First words."
        self.asked: list[dict[str, Any]] = []
        self.waits: Callable[[], object] = lambda: None
        self.number = 1
        self.watch = Watch(lambda: self.number, period=PATIENCE)  # it looks when the tests say so
        self.watch.look()
        self.store = Store(folder, **limits)
        self.front = PageStore(self.application, self.store, self.watch, self.reads, HOSTS, ["sessionid"], proxied=True)

    def reads(self, path: str) -> bool:
        return path.startswith("/read/")

    def application(self, environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        self.asked.append(environ)
        self.waits()
        start(self.status, [*self.headers, ("Content-Length", "7")])
        return [f"{self.words}{environ['QUERY_STRING']}".encode()]

    def publish(self, words: str) -> None:
        """So long ago that nobody gets the old page any more."""
        self.words, self.number = words, self.number + 1
        self.watch.look()
        self.watch.changed -= front.GRACE

    def ask(self, path: str = "/read/", query: str = "", method: str = "GET", **more: str) -> "Told":
        told = Told()
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "site.example"}
        body = self.front({**environ, "wsgi.url_scheme": "http", **more}, told.start)
        told.body = b"".join(body)
        return told


class Told:
    def start(self, status: str, headers: Headers) -> None:
        self.status, self.headers = status, dict(headers)

    body = b""

    @property
    def words(self) -> str:
        return self.body.decode()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """It stands still: a slow machine lets nothing grow old."""
    monkeypatch.setattr(front, "PAUSE", 3600.0)
    monkeypatch.setattr(front, "LONGEST_WAIT", PATIENCE)
    monkeypatch.setattr(generation, "LATE", 3600.0)
    monkeypatch.setattr(generation, "close_old_connections", lambda: None)  # there is no database here
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False) as still:
        yield still


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_it_asks_once_and_gives_everybody_the_same_bytes(site: Site) -> None:
    first, second = site.ask(), site.ask(HTTP_COOKIE="csrftoken=abc", HTTP_USER_AGENT="another")
    assert first.body == second.body == b"First words." and len(site.asked) == 1
    assert (first.status, first.headers) == (second.status, second.headers)
    assert first.headers["Content-Length"] == "12" and first.headers["Content-Language"] == "en"


def test_it_packs_once_and_gives_each_reader_what_they_take(site: Site) -> None:
    site.words = "Words. " * 400
    plain = site.ask()
    packed, smallest = site.ask(HTTP_ACCEPT_ENCODING="gzip, deflate"), site.ask(HTTP_ACCEPT_ENCODING="gzip, br")
    assert gzip.decompress(packed.body) == brotli.decompress(smallest.body) == plain.body
    assert (packed.headers["Content-Encoding"], smallest.headers["Content-Encoding"]) == ("gzip", "br")
    assert len(smallest.body) < len(packed.body) < len(plain.body) and "Content-Encoding" not in plain.headers
    for told in (plain, packed, smallest):
        assert told.headers["Vary"] == "Accept-Encoding" and told.headers["Content-Length"] == str(len(told.body))
    assert site.ask(HTTP_ACCEPT_ENCODING="br;q=0").body == plain.body and len(site.asked) == 1


def test_it_answers_a_look_at_the_head_and_whoever_has_the_page_already_in_a_line(site: Site) -> None:
    page, head = site.ask(), site.ask(method="HEAD")
    assert (head.body, head.headers) == (b"", page.headers)
    known = site.ask(HTTP_IF_NONE_MATCH=f'"other", {page.headers["ETag"]}')
    assert (known.status, known.body) == ("304 Not Modified", b"")
    assert known.headers["ETag"] == page.headers["ETag"] and "Content-Length" not in known.headers
    assert site.ask(HTTP_IF_NONE_MATCH='"other"').status == "200 OK" and len(site.asked) == 1


def test_it_tells_networks_between_how_long_they_may_answer_by_themselves(site: Site) -> None:
    assert site.ask().headers["Cache-Control"] == front.CACHE_CONTROL
    site.headers.append(("Cache-Control", "public, max-age=3600"))
    assert site.ask("/read/feed/").headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    "header",
    [
        ("Set-Cookie", "a=b"),
        ("Vary", "Accept-Language, Cookie"),
        ("Vary", "Accept-Language"),
        ("Cache-Control", "private"),
        ("Content-Security-Policy", "script-src 'nonce-abc'"),
    ],
    ids=str,
)
def test_it_keeps_nothing_that_is_for_one_reader_alone(site: Site, header: tuple[str, str]) -> None:
    site.headers.append(header)
    for number in (1, 2, 3):
        told = site.ask(HTTP_USER_AGENT=f"reader {number}")
        assert told.headers[header[0]] == header[1] and len(site.asked) == number
    assert list(site.store.folder.glob("*")) == []


def test_it_keeps_what_no_cache_outside_may_keep(site: Site) -> None:
    site.headers.append(("Cache-Control", "no-store"))
    assert [site.ask().headers["Cache-Control"] for _ in range(3)] == ["no-store"] * 3 and len(site.asked) == 1


def test_it_asks_again_with_the_readers_own_cookies_where_a_page_is_for_one_alone(site: Site) -> None:
    site.headers.append(("Set-Cookie", "a=b"))
    site.ask(HTTP_COOKIE="csrftoken=mine")
    assert site.asked[-1]["HTTP_COOKIE"] == "csrftoken=mine"


@pytest.mark.parametrize("status", ["404 Not Found", "302 Found", "500 Internal Server Error", "503 Unavailable"])
def test_it_keeps_nothing_but_pages(site: Site, status: str) -> None:
    site.status = status
    assert [site.ask().status for _ in range(3)] == [status] * 3 and len(site.asked) == 3


def test_it_makes_a_page_without_anything_of_who_asked(site: Site) -> None:
    sent = {"HTTP_COOKIE": "csrftoken=a", "HTTP_REFERER": "http://x/", "HTTP_ACCEPT_LANGUAGE": "fr"}
    sent |= {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_FOR": "1.2.3.4", "HTTP_RANGE": "bytes=0-1"}
    assert site.ask(**sent, HTTP_X_FORWARDED_PROTO="https, http").status == "200 OK"
    (asked,) = site.asked
    assert {name for name in asked if name.startswith("HTTP_")} == {"HTTP_HOST", "HTTP_X_FORWARDED_PROTO"}
    assert asked["HTTP_X_FORWARDED_PROTO"] == asked["wsgi.url_scheme"] == "https"


@pytest.mark.parametrize(
    "more",
    [
        {"method": "POST"},
        {"path": "/give/"},
        {"SCRIPT_NAME": "/elsewhere"},
        {"HTTP_HOST": "evil.example"},
        {"path": f"/read/{'x' * 250}/"},
    ],
    ids=str,
)
def test_it_lets_the_site_answer_forms_and_all_that_is_no_page(site: Site, more: dict[str, str]) -> None:
    for number in (1, 2):
        site.ask(**more)
        assert len(site.asked) == number
    site.ask()
    site.words = "Others."
    assert site.ask(**more).words == "Others."


EDITOR = {"HTTP_COOKIE": "other=1; sessionid=staff"}


def test_it_shows_an_editor_at_once_what_was_published_and_keeps_nothing_of_theirs(site: Site) -> None:
    site.ask()
    assert site.ask(**EDITOR).words == "First words." and len(site.asked) == 1
    site.words, site.number = "Published now.", site.number + 1  # which this process has not heard of yet
    assert site.ask(**EDITOR).words == "Published now." and site.asked[-1].get("HTTP_COOKIE") == EDITOR["HTTP_COOKIE"]
    assert site.ask().words == "First words." and len(site.asked) == 2


def test_it_lets_the_site_answer_an_editor_where_nobody_knows_whether_a_page_is_the_newest(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.ask()
    site.words = "Others."
    with monkeypatch.context() as broken:
        broken.setattr(site.watch, "ask", lambda: 1 // 0)
        assert site.ask(**EDITOR).words == "Others." and len(site.asked) == 2
    assert site.ask(**EDITOR).words == "First words." and len(site.asked) == 2
    for _ in range(generation.MOST):  # as many as may hang in a database that hangs
        assert site.watch._places.acquire(blocking=False)
    assert site.ask(**EDITOR).words == "Others." and len(site.asked) == 3


def test_it_lets_the_site_answer_an_editor_what_readers_may_not_see(site: Site) -> None:
    site.status = "302 Found"
    assert site.ask(**EDITOR).status == "302 Found" and site.asked[-1]["HTTP_COOKIE"] == EDITOR["HTTP_COOKIE"]


def test_it_goes_by_the_parameters_that_a_page_names_and_by_no_others(site: Site) -> None:
    site.headers.append(LISTING)
    assert site.ask(query="topic=a&page=2").words == site.ask(query="page=2&utm_source=letter&topic=a").words
    assert [each["QUERY_STRING"] for each in site.asked] == ["", "page=2&topic=a"]
    assert site.ask(query="page=3&topic=a").words == "First words.page=3&topic=a" and len(site.asked) == 3
    for query in ("fbclid=1", "x=1", "page=", f"page={'1' * 300}", "%ff=%00", "&&&=", ";page=7"):
        assert site.ask(query=query).words == "First words.", query
    assert len(site.asked) == 3 and len(list(site.store.folder.glob("*.page"))) == 3


def test_it_holds_no_more_however_many_addresses_and_parameters_somebody_invents(site: Site) -> None:
    """A hundred thousand cost no more than these: nothing is remembered of what names no page."""
    for number in range(300):
        site.ask(query=f"page={number}")
        site.ask(HTTP_HOST=f"site.example:{number}")
        site.ask(f"/nowhere/{number}/")
    site.status = "404 Not Found"
    for number in range(300):
        site.ask(f"/read/{number}/", HTTP_COOKIE="a=b")
    held = (site.store._pages, site.front.passed, site.front.paused, site.front.making)
    assert [len(each) for each in held] == [1, 0, 0, 0]
    assert len(list(site.store.folder.glob("*"))) == 1


def test_it_gives_the_answer_of_the_site_where_that_keeps_nothing(site: Site) -> None:
    site.status = "301 Moved"
    assert site.ask(query="sent=1").words == "First words.sent=1" and site.ask(method="HEAD").words == ""


def test_it_keeps_hosts_and_schemes_apart(site: Site) -> None:
    for more in ({}, {"HTTP_HOST": "other.example"}, {"HTTP_X_FORWARDED_PROTO": "https"}):
        site.ask(**more)
        site.ask(**more)
    assert len(site.asked) == 3
    site.front.proxied = False
    site.ask("/read/direct/")
    site.ask("/read/direct/", HTTP_X_FORWARDED_PROTO="https")
    assert len(site.asked) == 4, "without a proxy of ours that header is anybody's"


def test_it_gives_the_new_page_to_the_first_who_asks_after_it_was_published(site: Site) -> None:
    site.ask()
    site.publish("New words.")
    assert site.ask().words == "New words." and site.ask().words == "New words." and len(site.asked) == 2


def test_it_looks_again_after_ten_seconds_at_what_changes_without_being_published(site: Site, clock: Any) -> None:
    site.ask()
    site.words = "More signatures."
    clock.shift(front.FRESH - 0.1)
    assert site.ask().words == "First words."
    clock.shift(0.2)
    wait_for(lambda: site.ask().words == "More signatures.", "the new page")
    assert len(site.asked) == 2
    site.words = "Many more."
    clock.shift(front.STALE + 0.1)
    assert site.ask().words == "Many more.", "so old a page nobody gets"


def test_it_packs_nothing_anew_that_is_the_same(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.ask()
    monkeypatch.setattr(brotli, "compress", None)
    site.publish("First words.")
    told = site.ask(HTTP_ACCEPT_ENCODING="br")
    assert brotli.decompress(told.body) == b"First words." and len(site.asked) == 2


def test_it_forgets_a_page_that_is_gone(site: Site) -> None:
    site.ask()
    site.status = "410 Gone"
    site.publish("")
    assert site.ask().status == "410 Gone" and list(site.store.folder.glob("*.page")) == []


def test_it_makes_a_page_once_however_many_ask_at_once(site: Site) -> None:
    site.waits = lambda: threading.Event().wait(0.05)  # short: the crowd is there before it is made
    told = together(30, lambda _: site.ask().words)
    assert told == ["First words."] * 30 and len(site.asked) == 1


@pytest.mark.parametrize("how", ["old", "published"])
def test_it_gives_the_old_page_while_the_new_one_is_made(site: Site, clock: Any, how: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(front, "GRACE", PATIENCE)
    site.ask()
    go_on = threading.Event()
    site.waits = lambda: go_on.wait(PATIENCE)
    if how == "published":
        site.publish("New words.")
        site.watch.changed += front.GRACE
    else:
        site.words = "New words."
        clock.shift(front.FRESH + 1)
    assert [site.ask().words for _ in range(5)] == ["First words."] * 5
    go_on.set()
    wait_for(lambda: site.ask().words == "New words.", "the new page")
    assert len(site.asked) == 2


def test_it_lets_nobody_read_the_old_page_a_moment_after_it_was_published(site: Site) -> None:
    site.ask()
    site.publish("New words.")
    site.waits = lambda: threading.Event().wait(0.05)  # short: the crowd is there before it is made
    assert together(10, lambda _: site.ask().words) == ["New words."] * 10 and len(site.asked) == 2


def test_it_gives_the_old_page_after_all_where_making_the_new_one_hangs(site: Site, monkeypatch: Any) -> None:
    site.ask()
    site.publish("New words.")
    monkeypatch.setattr(front, "LONGEST_WAIT", 0.01)
    go_on = threading.Event()
    site.waits = lambda: go_on.wait(PATIENCE)
    assert [site.ask().words for _ in range(5)] == ["First words."] * 5
    go_on.set()
    wait_for(lambda: site.ask().words == "New words.", "the new page")


def test_it_gives_the_old_page_when_the_site_fails_and_tries_again_a_little_later(site: Site) -> None:
    site.ask()
    site.publish("New words.")
    site.status = "503 Service Unavailable"
    assert site.ask().words == "First words." and site.ask().words == "First words." and len(site.asked) == 2
    site.front.paused.clear()

    def broken() -> None:
        raise OSError("no room")

    site.waits = broken
    assert site.ask().words == "First words."
    site.front.paused.clear()
    with pytest.raises(OSError, match="no room"):
        site.ask("/read/never/")
    site.status, site.waits = "200 OK", lambda: None
    assert site.ask().words == "New words."


def test_it_answers_from_what_is_kept_while_the_database_is_down_even_an_editor(site: Site, monkeypatch: Any) -> None:
    site.ask()
    site.publish("New words.")
    monkeypatch.setattr(generation, "LATE", -1.0)
    assert site.ask(HTTP_COOKIE="sessionid=staff").words == "First words." and len(site.asked) == 1


def test_it_gives_nothing_while_the_database_is_down_that_others_found_gone(site: Site, monkeypatch: Any) -> None:
    """Another process heard that a page is no longer published, and forgot it; here it is still in memory."""
    site.ask()
    site.publish("")
    Store(site.store.folder).drop(Key("http", "site.example", "/read/", ""))
    monkeypatch.setattr(generation, "LATE", -1.0)
    site.status = "503 Service Unavailable"
    assert site.ask().status.startswith("503")


def test_it_fills_itself_with_what_it_is_told_and_what_that_links_to(site: Site, tmp_path: Path) -> None:
    keys = [Key("http", "site.example", path, "") for path in ("/read/", "/read/b/")]
    site.headers.append(LISTING)
    site.words = '<a href="?page=2">two</a><a href="/read/?topic=a&amp;x=1#top">a</a><a href="/else/?page=9">'
    assert site.front.fill(keys, older=0)
    told = {(key.path, key.query) for key in site.store.stored()}
    assert told == {("/read/", query) for query in ("", "page=2", "topic=a")} | {
        ("/read/b/", ""),
        ("/read/b/", "page=2"),
    }
    made = len(site.asked)
    site.front.fill(keys, older=0)
    assert len(site.asked) == made, "what is as it should be is left alone"
    site.publish("No links.")
    site.front.fill(site.store.stored(), older=0)
    assert len(site.asked) == made * 2
    assert not site.front.fill(keys, older=0, stop=lambda: True)
    assert len(site.asked) == made * 2
    site.publish("Never made.")
    site.status = "503 Service Unavailable"
    assert not site.front.fill(keys, older=0) and len(site.asked) == made * 2 + len(keys)
    site.watch.ask = _down
    assert not site.front.fill(keys, older=0) and len(site.asked) == made * 2 + len(keys) + 1, (
        "it tries no more of them"
    )
    site.watch.ask = lambda: site.number
    site.status = "404 Not Found"
    site.publish("")
    site.front.fill(site.store.stored(), older=0)
    assert site.store.stored() == [], "and what is gone is forgotten"


def test_it_answers_from_disk_after_a_restart_with_the_database_down(site: Site, tmp_path: Path) -> None:
    pages = {path: site.ask(path, HTTP_ACCEPT_ENCODING="br") for path in ("/read/", "/read/a/")}
    again = Site(tmp_path)
    again.watch = again.front.watch = Watch(_down, period=PATIENCE, edition="next release")
    again.status = "503 Service Unavailable"
    for path, page in pages.items():
        told = again.ask(path, HTTP_ACCEPT_ENCODING="br")
        assert (told.status, told.headers, told.body) == ("200 OK", page.headers, page.body)
    assert again.asked == []
    assert again.ask("/read/never/").status.startswith("503")


def _down() -> int:
    raise DatabaseError("no connection")


def test_it_takes_half_a_file_and_foreign_files_for_none(site: Site, tmp_path: Path) -> None:
    site.ask()
    (file,) = tmp_path.glob("*.page")
    whole = file.read_bytes()
    for content in (b"", b"{}\n", b"[]", b"\xff\n", whole[:-1], whole + b"x", whole.replace(b'"lengths"', b'"length"')):
        file.write_bytes(content)
        again = Site(tmp_path)
        assert again.ask().words == "First words." and len(again.asked) == 1, content[:40]


def test_it_keeps_pages_in_memory_when_the_disk_does_not_take_them(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    site = Site(tmp_path / "file")
    site.ask()
    assert site.ask().words == "First words." and len(site.asked) == 1


def test_it_takes_no_more_memory_and_no_more_files_than_it_may(tmp_path: Path) -> None:
    site = Site(tmp_path, memory=4_000, files=10)
    site.words = "x" * 1_000
    for number in range(450):
        site.ask(f"/read/{number}/")
    assert site.store._size <= 4_000 and len(site.store._pages) <= 4
    assert len(list(tmp_path.glob("*.page"))) <= 10 + 200
    site.words = "x" * 5_000
    assert len(site.ask("/read/large/").body) == 5_000
    assert Key("http", "site.example", "/read/large/", "") not in site.store._pages


def test_it_takes_pages_of_the_release_before_for_old(site: Site, tmp_path: Path) -> None:
    site.ask()
    again = Site(tmp_path)
    again.words, again.watch.edition, again.watch.generation = "New words.", "next release", ""
    again.watch.look()
    assert again.ask().words == "New words."


def test_it_counts_the_database_as_down_only_after_a_while_and_learns_the_number_when_it_is_back() -> None:
    answers: list[Any] = [3, DatabaseError(), 4]

    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    watch = Watch(ask)
    assert watch.generation == ""
    assert watch.look() and (watch.generation, watch.is_down()) == (":3", False)
    assert not watch.look() and (watch.generation, watch.is_down()) == (":3", False)
    watch.answered -= generation.LATE + 1
    assert watch.is_down()
    assert watch.look() and (watch.generation, watch.is_down()) == (":4", False)


def test_it_waits_for_the_first_answer_and_no_longer_than_for_one_that_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(lambda: 5, period=PATIENCE)
    watch.start()
    assert watch.generation == ":5" and not watch.is_down()
    monkeypatch.setattr(generation, "LATE", 0.01)
    go_on = threading.Event()
    hanging = Watch(lambda: int(go_on.wait(PATIENCE)), period=PATIENCE)
    hanging.start()
    assert hanging.is_down() and hanging.generation == ""
    go_on.set()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_raises_the_generation_once_a_transaction_and_only_when_that_is_committed() -> None:
    before = generation.current()
    with transaction.atomic():
        for _ in range(5):
            generation.raise_it()
        assert generation.current() == before
    assert generation.current() == before + 1
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        generation.raise_it()
        1 / 0  # noqa: B018
    generation.raise_it()
    assert generation.current() == before + 2


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_loses_no_change_of_those_made_at_once() -> None:
    together(8, lambda _: generation.raise_it())
    assert generation.current() == 8

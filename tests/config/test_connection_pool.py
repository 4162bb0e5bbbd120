"""Requests borrow a connection, of which there are as few as requests at once, and nothing of one request stays."""

import threading
from contextvars import ContextVar

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.utils import translation

from config.connection_pool import TURNS, Pool, Pooled
from foundation.access.slots import Slots

left_behind: ContextVar[str] = ContextVar("left_behind", default="")


def asked(door: Pooled, path: str = "/") -> tuple[str, list[bytes]]:
    said: list[str] = []
    answer = door({"PATH_INFO": path}, lambda status, headers: said.append(status))
    body = list(answer)
    if hasattr(answer, "close"):
        answer.close()
    return said[0], body


def answering(view):
    def application(environ, start):
        answer = view(environ)
        start("200 OK", [])
        return answer

    return application


def test_it_lends_one_connection_to_whoever_asks_one_after_another():
    used: list[BaseDatabaseWrapper] = []

    def view(environ):
        used.append(connections[DEFAULT_DB_ALIAS])
        return HttpResponse("well")

    door = Pooled(answering(view))
    before = connections[DEFAULT_DB_ALIAS]
    callers = [threading.Thread(target=asked, args=[door]) for _ in range(3)]
    for caller in callers:
        caller.start()
        caller.join()
    assert asked(door) == ("200 OK", [b"well"])
    assert len(used) == 4 and len(set(map(id, used))) == 1 and before not in used
    assert connections[DEFAULT_DB_ALIAS] is before


def test_it_leaves_a_thread_no_connection_that_it_did_not_have():
    door = Pooled(answering(lambda environ: HttpResponse("well")))
    left: list[list[BaseDatabaseWrapper]] = []

    def call() -> None:
        asked(door)
        left.append(list(connections.all(initialized_only=True)))

    caller = threading.Thread(target=call)
    caller.start()
    caller.join()
    assert left == [[]]


def test_it_has_as_many_connections_as_are_asked_at_once_and_closes_those_that_nobody_wants(monkeypatch):
    together, used, closed = threading.Barrier(3), [], []

    def view(environ):
        used.append(connections[DEFAULT_DB_ALIAS])
        monkeypatch.setattr(used[-1], "close", lambda ours=used[-1]: closed.append(ours))
        if environ["PATH_INFO"] == "/together/":
            together.wait(60)
        return HttpResponse("well")

    pool = Pool()
    door = Pooled(answering(view), short=["/together/"], pool=pool)
    door.commits = None  # as on PostgreSQL
    callers = [threading.Thread(target=asked, args=[door, "/together/"]) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(set(map(id, used))) == len(pool.idle) == 3 and not closed
    pool.idle_for = 0
    last = pool.idle[-1][1]
    asked(door)
    assert used[-1] is last and [each for _since, each in pool.idle] == [last]
    assert set(map(id, closed)) == set(map(id, used)) - {id(last)}


def test_it_lends_to_no_two_at_once_what_it_lent_to_the_store_and_to_a_stream():
    pool, seen = Pool(), []
    with pool.lent():
        outer = connections[DEFAULT_DB_ALIAS]
        with pool.lent():
            seen.append(connections[DEFAULT_DB_ALIAS])
        assert connections[DEFAULT_DB_ALIAS] is outer
    assert seen[0] is not outer and len(pool.idle) == 2


def test_it_raises_what_django_raises_and_goes_on():
    def view(environ):
        if environ["PATH_INFO"] == "/wrong/":
            raise ZeroDivisionError
        return HttpResponse("well")

    door = Pooled(answering(view))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asked(door, "/wrong/")
        assert asked(door)[1] == [b"well"]


def test_it_leaves_nothing_of_one_request_to_the_next():
    def view(environ):
        before = left_behind.get()
        left_behind.set("the page of somebody")
        return HttpResponse(before)

    door = Pooled(answering(view))
    assert [asked(door)[1] for _ in range(2)] == [[b""], [b""]]


def test_it_lets_what_renders_nothing_pass_without_a_turn():
    free = []

    def view(environ):
        free.append(door.turns.free)
        return HttpResponse("well")

    door = Pooled(answering(view), short=["/hook/"])
    asked(door, "/hook/")
    asked(door, "/page/")
    assert free == [TURNS, TURNS - 1] and door.turns.free == TURNS


def test_it_lets_what_commits_come_one_after_another_on_sqlite_and_go_on_when_one_stands_still():
    inside, free = threading.Event(), threading.Event()

    def view(environ):
        if environ["QUERY_STRING"] == "stands":
            inside.set()
            assert free.wait(60)
        return HttpResponse("well")

    door = Pooled(answering(view), short=["/hook/"])
    door.commits = Slots(1, stuck=0.01, longest=60)
    stands = threading.Thread(target=door, args=[{"PATH_INFO": "/hook/", "QUERY_STRING": "stands"}, lambda *_: None])
    stands.start()
    assert inside.wait(60) and not door.commits.free
    assert list(door({"PATH_INFO": "/hook/", "QUERY_STRING": ""}, lambda *_: None)) == [b"well"]
    free.set()
    stands.join()
    assert door.commits.free == 1


class Sent:
    """A stream that says in which language it is made."""

    streaming = True

    def __init__(self, closed: list[str | None]) -> None:
        self.closed = closed

    def __iter__(self):
        return (str(translation.get_language()).encode() for _ in range(2))

    def close(self) -> None:
        self.closed.append(translation.get_language())


def test_it_makes_a_stream_in_the_language_of_its_request_with_a_connection_meanwhile():
    closed: list[str | None] = []

    def view(environ):
        translation.activate("es")
        return Sent(closed)

    door = Pooled(answering(view))
    with translation.override("en"):
        answer = door({"PATH_INFO": "/"}, lambda status, headers: None)
        assert len(door.pool.idle) == 1 and closed == []
        parts = iter(answer)
        assert next(parts) == b"es" and not door.pool.idle
        assert list(parts) == [b"es"] and len(door.pool.idle) == 1
        answer.close()  # type: ignore[attr-defined]
        assert translation.get_language() == "en"
    assert closed == ["es"]


def test_it_hands_on_a_file_as_the_server_wants_it():
    file = [b"part"]
    door = Pooled(answering(lambda environ: file))
    assert door({"PATH_INFO": "/"}, lambda status, headers: None) is file

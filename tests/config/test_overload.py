"""What hangs holds most of the threads and never all: Get help is answered, and others hear that something is wrong."""

import threading

import pytest

from config import slow_bodies
from config.overload import PLACES, READERS, Crowd, OverloadGuard
from config.processes import THREADS
from donations.stripe import concurrency
from foundation.access.slots import Slots
from foundation.page_store.front import FOR_ALL
from tests.waiting import wait_for


class Django:
    """One that answers once it may."""

    def __init__(self) -> None:
        self.may_go, self.inside = threading.Event(), 0

    def __call__(self, environ, start):
        self.inside += 1
        self.may_go.wait(60)
        start("200 OK", [])
        return [b""]


@pytest.fixture
def django():
    made = Django()
    yield made
    made.may_go.set()


def asked(door, path: str, **more) -> tuple[str, dict[str, str], bytes]:
    said: list = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", **more}
    body = b"".join(door(environ, lambda status, headers: said.extend((status, dict(headers)))))
    return said[0], said[1], body


def in_a_thread(door, path: str) -> tuple[threading.Thread, list[str]]:
    heard: list[str] = []
    thread = threading.Thread(target=lambda: heard.append(asked(door, path)[0]))
    thread.start()
    return thread, heard


def test_it_leaves_threads_for_what_needs_no_database_and_places_for_readers():
    assert concurrency.SLOTS + slow_bodies.PLACES <= THREADS // 3
    assert concurrency.SLOTS + slow_bodies.PLACES < PLACES < THREADS - READERS


def test_it_tells_who_comes_while_all_hang_at_once_and_lets_everybody_in_again(django):
    door = OverloadGuard(django, places=2, stuck=0.2)
    hanging = [in_a_thread(door, "/") for _ in range(2)]
    wait_for(lambda: django.inside == 2, "both are inside")
    for _ in range(2):
        status, headers, body = asked(door, "/es/give/")
        assert status.startswith("503") and int(headers["Retry-After"]) > 0
        assert headers["Content-Language"] == "es" and b"<html" in body and headers["Content-Security-Policy"]
    assert django.inside == 2
    django.may_go.set()
    assert asked(door, "/static/css/site.css")[0] == "200 OK"
    for thread, heard in hanging:
        thread.join()
        assert heard == ["200 OK"]
    assert asked(door, "/")[0] == "200 OK"


def test_it_lets_a_crowd_wait_while_answers_come(django):
    django.may_go.set()
    door = OverloadGuard(django, places=2, stuck=60)
    crowd = [in_a_thread(door, "/") for _ in range(40)]
    for thread, heard in crowd:
        thread.join()
        assert heard == ["200 OK"]


def test_it_refuses_at_once_who_comes_beyond_a_crowd_and_keeps_threads_for_readers(django):
    door = Crowd(django, most=2)
    crowd = [in_a_thread(door, "/give/") for _ in range(2)]
    wait_for(lambda: django.inside == 2, "both are inside")
    assert asked(door, "/give/")[0].startswith("503") and django.inside == 2
    for path, more in (("/static/css/site.css", {}), ("/", {FOR_ALL: True})):  # readers wait for these
        thread = threading.Thread(target=lambda path=path, more=more: asked(door, path, **more))
        crowd.append((thread, ["200 OK"]))
        thread.start()
    wait_for(lambda: django.inside == 4, "files, and pages that are made for all, are no part of the crowd")
    django.may_go.set()
    for thread, heard in crowd:
        thread.join()
        assert heard == ["200 OK"]
    assert asked(door, "/give/")[0] == "200 OK"


def test_it_makes_what_readers_wait_for_before_all_who_stand_in_line():
    places, served = Slots(1, stuck=60, longest=60), []

    def goes(name: str, first: bool) -> threading.Thread:
        thread = threading.Thread(target=lambda: served.append(name) if places.enter(first) else None)
        thread.start()
        return thread

    assert places.enter()
    threads = [goes("a form", False)]
    wait_for(lambda: len(places.line) == 1, "one stands in line")
    threads.append(goes("a page for all", True))
    wait_for(lambda: len(places.line) == 2, "both do")
    for thread in reversed(threads):
        places.leave()
        thread.join()
    assert served == ["a page for all", "a form"]


def test_it_serves_who_waits_before_who_comes_back():
    """A thread that is done takes the next visitor at once, long before one that was waiting wakes."""
    places, served = Slots(1, stuck=60, longest=60), []
    assert places.enter()
    waits = threading.Thread(target=lambda: served.append("waits") if places.enter() else None)
    waits.start()
    wait_for(lambda: places.line, "one stands in line")
    places.leave()
    again = threading.Thread(target=lambda: served.append("comes back") if places.enter() else None)
    again.start()
    waits.join()
    places.leave()
    again.join()
    assert served == ["waits", "comes back"]


def test_it_gives_its_place_back_when_django_fails():
    def fails(environ, start):
        raise ZeroDivisionError

    door = OverloadGuard(fails, places=1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asked(door, "/")

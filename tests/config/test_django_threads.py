"""Django answers in threads of its own, as few as there are requests at once, and nothing of one request stays."""

import threading
from contextvars import ContextVar

import pytest
from django.http import HttpResponse
from django.utils import translation

from config.django_threads import TURNS, DjangoThreads
from tests.waiting import wait_for

left_behind: ContextVar[str] = ContextVar("left_behind", default="")


def asked(door: DjangoThreads, path: str = "/") -> tuple[str, list[bytes]]:
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


def test_it_answers_in_one_thread_whoever_asks_one_after_another():
    names: list[int] = []

    def view(environ):
        names.append(threading.get_ident())
        return HttpResponse("well")

    door = DjangoThreads(answering(view))
    callers = [threading.Thread(target=lambda: asked(door)) for _ in range(3)]
    for caller in callers:
        caller.start()
        caller.join()
    assert asked(door) == ("200 OK", [b"well"])
    assert len(names) == 4 and len(set(names)) == 1 and threading.get_ident() not in names


def test_it_has_as_many_threads_as_are_asked_at_once_and_ends_those_without_work():
    together, threads = threading.Barrier(3), []

    def view(environ):
        threads.append(threading.current_thread())
        if environ["PATH_INFO"] == "/together/":
            together.wait(60)
        return HttpResponse("well")

    door = DjangoThreads(answering(view), idle=0.01)
    callers = [threading.Thread(target=asked, args=[door, "/together/"]) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(set(threads)) == 3
    wait_for(lambda: not any(thread.is_alive() for thread in threads), "the end of threads without work")
    assert asked(door)[1] == [b"well"] and not door.idle[1:]


def test_it_raises_what_django_raises_and_goes_on():
    def view(environ):
        if environ["PATH_INFO"] == "/wrong/":
            raise ZeroDivisionError
        return HttpResponse("well")

    door = DjangoThreads(answering(view))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asked(door, "/wrong/")
        assert asked(door)[1] == [b"well"]


def test_it_leaves_nothing_of_one_request_to_the_next():
    def view(environ):
        before = left_behind.get()
        left_behind.set("the page of somebody")
        return HttpResponse(before)

    door = DjangoThreads(answering(view))
    assert [asked(door)[1] for _ in range(2)] == [[b""], [b""]]


def test_it_lets_what_renders_nothing_pass_without_a_turn():
    free = []

    def view(environ):
        free.append(door.turns.free)
        return HttpResponse("well")

    door = DjangoThreads(answering(view), short=["/hook/"])
    asked(door, "/hook/")
    asked(door, "/page/")
    assert free == [TURNS, TURNS - 1] and door.turns.free == TURNS


class Sent:
    """A stream that says in which language it is made."""

    streaming = True

    def __init__(self, closed: list[str | None]) -> None:
        self.closed = closed

    def __iter__(self):
        return (str(translation.get_language()).encode() for _ in range(2))

    def close(self) -> None:
        self.closed.append(translation.get_language())


def test_it_makes_a_stream_in_the_language_of_its_request_while_the_thread_serves_others():
    closed: list[str | None] = []

    def view(environ):
        translation.activate("es")
        return Sent(closed)

    door = DjangoThreads(answering(view))
    with translation.override("en"):
        answer = door({"PATH_INFO": "/"}, lambda status, headers: None)
        assert len(door.idle) == 1 and closed == []
        assert list(answer) == [b"es", b"es"]
        answer.close()  # type: ignore[attr-defined]
        assert translation.get_language() == "en"
    assert closed == ["es"]


def test_it_hands_on_a_file_as_the_server_wants_it():
    file = [b"part"]
    door = DjangoThreads(answering(lambda environ: file))
    assert door({"PATH_INFO": "/"}, lambda status, headers: None) is file

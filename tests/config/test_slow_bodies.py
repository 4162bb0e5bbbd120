"""Bodies that arrive slowly hold some of the threads and never all of them."""

import socket
import threading
from contextlib import ExitStack
from io import BytesIO

import pytest
import requests

from config import slow_bodies
from tests.waiting import wait_for

SLOW = b"POST /stripe/webhook/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc"


class Held:
    """A body that does not come before it is let go."""

    def __init__(self) -> None:
        self.may_go, self.read_from = threading.Event(), threading.Event()

    def read(self, size: int = -1) -> bytes:
        self.read_from.set()
        self.may_go.wait(60)
        return b"abc"


class Asked:
    """Somebody who sends a body, in a thread of their own."""

    def __init__(self, door: slow_bodies.SlowBodies, stream, length: int = 3) -> None:
        self.status = ""
        environ = {"CONTENT_LENGTH": str(length), "wsgi.input": stream, "PATH_INFO": "/es/pledge/"}
        self.thread = threading.Thread(target=lambda: list(door(environ, self.start)))
        self.thread.start()

    def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)


@pytest.fixture
def door() -> slow_bodies.SlowBodies:
    def reads(environ, start):
        environ["wsgi.input"].read(1000)
        start("200 OK", [])
        return [b""]

    return slow_bodies.SlowBodies(reads, places=2)


def test_it_answers_everybody_in_a_crowd_whose_forms_arrive(door):
    door.places.stuck = door.places.longest = 60  # whatever else this machine does
    crowd = [Asked(door, BytesIO(b"abc")) for _ in range(40)]
    for one in crowd:
        one.thread.join()
    assert {one.status for one in crowd} == {"200 OK"}


def test_it_refuses_who_comes_while_all_places_are_held_by_slow_ones(door):
    slow = [Held(), Held()]
    held = [Asked(door, stream) for stream in slow]
    for stream in slow:
        assert stream.read_from.wait(60)
    late = Asked(door, BytesIO(b"abc"))
    late.thread.join()
    assert late.status.startswith("503")
    assert int(late.headers["Retry-After"]) > 0
    assert late.headers["Content-Language"] == "es"
    for stream in slow:
        stream.may_go.set()
    for one in held:
        one.thread.join()
    assert [one.status for one in held] == ["200 OK", "200 OK"]
    after = Asked(door, BytesIO(b"abc"))
    after.thread.join()
    assert after.status == "200 OK"


def test_it_holds_no_place_for_what_is_done_after_the_body_was_read():
    """Whoever waits for Stripe has sent the form already."""
    go_on, waiting = threading.Event(), threading.Semaphore(0)

    def waits_for_stripe(environ, start):
        while environ["wsgi.input"].read(2):
            pass
        waiting.release()
        go_on.wait(60)
        start("200 OK", [])
        return [b""]

    door = slow_bodies.SlowBodies(waits_for_stripe, places=1)
    door.places.stuck = door.places.longest = 60
    donors = [Asked(door, BytesIO(b"abc")) for _ in range(3)]
    assert all(waiting.acquire(timeout=60) for _ in donors)
    go_on.set()
    for donor in donors:
        donor.thread.join()
    assert {donor.status for donor in donors} == {"200 OK"}


def test_it_hands_a_form_on_whole_and_tells_who_left_in_the_middle_of_it(door):
    seen = []

    def reads(environ, start):
        seen.append(environ["wsgi.input"].read())
        start("200 OK", [])
        return [b""]

    door.application = reads
    whole, half = Asked(door, BytesIO(b"abc")), Asked(door, BytesIO(b"ab"))
    for one in (whole, half):
        one.thread.join()
    assert (whole.status, half.status[:3]) == ("200 OK", "400")
    assert seen == [b"abc"] and door.places.free == 2


def test_it_lets_staff_send_a_large_file_piece_by_piece(door, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2
    stream = Held()
    asked = Asked(door, stream, length=1003)
    assert stream.read_from.wait(60)
    assert door.places.free == 1
    stream.may_go.set()
    asked.thread.join()
    assert asked.status == "200 OK" and door.places.free == 2


def test_it_gives_a_place_back_where_nobody_read_the_body_and_where_the_site_fails():
    def fails(environ, start):
        raise RuntimeError

    door = slow_bodies.SlowBodies(fails, places=1)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            door({"CONTENT_LENGTH": "3", "wsgi.input": BytesIO(b"abc")}, lambda *_: None)
    assert door.places.free == 1


@pytest.mark.processes
def test_it_goes_on_answering_while_forty_bodies_arrive_slowly(running_site):
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", running_site.port))) for _ in range(40)]
        for one in slow:
            one.sendall(SLOW)
            one.setblocking(False)
        wait_for(lambda: sum(_refused(one) for one in slow) == 40 - slow_bodies.PLACES, "503 for all without a place")
        assert requests.get(f"{running_site.url}/", timeout=60).status_code == 200
    wait_for(lambda: _posts(running_site).status_code == 400, "room for bodies again")


def _posts(site) -> requests.Response:
    return requests.post(f"{site.url}/stripe/webhook/", data=b"{}", timeout=60)


def _refused(one: socket.socket) -> bool:
    try:
        return one.recv(200, socket.MSG_PEEK).startswith(b"HTTP/1.1 503")
    except BlockingIOError:
        return False

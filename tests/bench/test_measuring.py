"""script/bench measures what it says: the same bytes, rows that are counted, turns that alternate. No timings here."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from subprocess import Popen
from types import SimpleNamespace
from typing import cast
from xml.etree import ElementTree

import pytest

from benchmarks import asking, intake, measure, nginx, plot, posting, reading
from benchmarks.__main__ import PARTS, asked
from benchmarks.ground import Ground
from benchmarks.growing import Sized
from benchmarks.measure import MeasureError, Pair, Row, Sample
from benchmarks.server import Server, serving
from tests.lacking import skip
from tests.running import ROOT, free_port


@contextmanager
def answering(say) -> Iterator[Server]:
    """A small server of the test's own; `say(path)` gives status and body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.rfile.read(length)
            status, body = say(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who asks may hang up
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Server(cast("Popen[bytes]", SimpleNamespace(pid=os.getpgrp())), server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ground(site: Server, bare: Server) -> Ground:
    return Ground(site, bare, ROOT, rounds=1, seconds=0.05, rows=200, paid=1)


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Iterator[Server]:
    with serving("benchmarks.bare:application", tmp_path_factory.mktemp("bare") / "log", "/page/none") as server:
        yield server


def test_it_measures_in_turns_and_throws_the_first_away():
    told, rates = [], {"ours": iter([9, 1, 2, 6]), "bare": iter([9, 2, 4, 4])}

    def side(name: str):
        def measured() -> Sample:
            told.append(name)
            return Sample(next(rates[name]), 1, 0.5)

        return measured

    row = measure.compare(Pair("ours", "bare", "pages", side("ours"), side("bare")), rounds=3)
    assert told == ["ours", "bare", "ours", "bare", "bare", "ours", "ours", "bare"]
    assert row.ratios == [0.5, 0.5, 1.5]
    assert row.cells() == ("ours", "bare", "pages", "2.00", "4.00", "0.500", "0.500-1.50", "0.900")


def unasked() -> Sample:
    raise AssertionError("Nobody measures here.")


def test_it_does_not_invent_what_the_system_does_not_count():
    pair = Pair("ours", "bare", "pages", unasked, unasked)
    assert Row(pair, [Sample(1, 1, 0)], [Sample(1, 1, 0.5)]).cells()[-1] == "-"


def test_it_prints_a_table_that_markdown_takes_too():
    row = Row(Pair("A page", "a view", "pages", unasked, unasked), [Sample(50, 1, 0)], [Sample(12345, 1, 0)])
    head, rule, line = measure.table([row]).splitlines()
    cells = [cell.strip() for cell in line.strip("| ").split("|")]
    assert cells == ["A page", "a view", "pages", "50.0", "12,345", "0.00405", "0.00405-0.00405", "-"]
    assert len(head) == len(rule) == len(line) and set(rule) <= set("|-: ")


def test_it_counts_each_answer_once():
    asked = count()
    with answering(lambda path: (200, b"x" * next(asked))) as server:
        done, seconds = asking.many(server.port, iter(lambda: asking.request(server.port, "/"), None), 0.05)
    assert done == next(asked) >= asking.AT_ONCE and seconds > 0


@pytest.mark.parametrize("status", [404, 500])
def test_it_does_not_count_a_refusal_as_an_answer(status):
    with answering(lambda path: (status, b"no")) as server, pytest.raises(MeasureError, match=f"{status} .* 200 was"):
        asking.many(server.port, iter(lambda: asking.request(server.port, "/"), None), 0.05)


def test_it_does_not_count_an_event_that_was_refused():
    def refuses(environ, start):
        start("400 Bad Request", [])
        return [environ["HTTP_STRIPE_SIGNATURE"].encode()]

    with pytest.raises(posting.RefusedError, match=r"/webhook/ answered 400 Bad Request: b'signed'"):
        posting.post(refuses, "/webhook/", b"{}", "signed")


def test_it_says_so_when_nobody_answers():
    with pytest.raises(MeasureError, match="No answer from /"):
        asking.once(free_port(), "/")


def test_its_bare_server_answers_the_bytes_of_the_page(bare):
    page = b"<p>the site's own bytes</p>"
    with answering(lambda path: (200, page)) as site:
        for part in (reading.pages, reading.get_help):
            for pair in part(ground(site, bare)):
                assert pair.ours().done >= asking.AT_ONCE and pair.bare().done >= asking.AT_ONCE
    assert {asking.once(bare.port, path)[1] for path in ("/page/0", "/raw/help")} == {page}


def test_it_refuses_a_page_that_is_another_each_time(bare):
    visits = count()
    with answering(lambda path: (200, str(next(visits)).encode())) as site:  # noqa: SIM117
        with pytest.raises(MeasureError, match="another page each time"):
            next(reading.pages(ground(site, bare)))


def test_it_refuses_bare_answers_that_are_not_the_pages():
    with answering(lambda path: (200, b"page")) as site, answering(lambda path: (200, b"other")) as other:  # noqa: SIM117
        with pytest.raises(MeasureError, match="The bare answer is not"):
            next(reading.get_help(ground(site, other)))


def test_it_lets_nginx_serve_a_file_without_any_right_of_root(tmp_path):
    if not nginx.binary():
        skip("nginx")
    with nginx.serving_files(tmp_path) as server:
        (tmp_path / "files" / "0").write_bytes(b"packed")
        assert (
            server.one("/0")[0] == b"packed"
            and server.samples(lambda: asking.request(server.port, "/0"), 0.05).done > 0
        )
    with pytest.raises(MeasureError):
        server.one("/0")


def test_it_refuses_answers_that_left_no_row():
    rows = [0, 3]
    with answering(lambda path: (200, b"")) as site:
        place, limit = ground(site, site), intake.Limit("bare", "/signed", lambda: 0)

        def request(server: Server, path: str):
            return lambda: asking.request(server.port, path, b"a=b")

        pair = intake._pair(place, "ours", limit, "forms", "/take/", request, 200, lambda: rows.pop(0))
        with pytest.raises(MeasureError, match=r"/take/ answered \d+ times and left 3 rows"):
            pair.ours()


def command(*words: str, **env: str) -> subprocess.CompletedProcess:
    program = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(program, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True)


def test_it_names_its_parts_and_what_each_is_held_against(capsys):
    with pytest.raises(SystemExit) as end:
        asked(["--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0 and "script/bench" in said
    for name in PARTS:
        assert f"  {name} " in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["pages", "speed"], "no part is called speed: pages, help"),
        (["pages", "--rounds", "0"], "rounds go from 1 to 100"),
        (["peer"], "needs a Python that has dj-stripe: --peer PYTHON"),
        (["growth", "--plot", "growth"], "--plot draws the part growth, on the one database"),
    ],
)
def test_it_refuses_what_it_does_not_know_before_it_starts_anything(words, sentence, capsys):
    with pytest.raises(SystemExit) as end:
        asked(words)
    assert end.value.code == 2 and sentence in capsys.readouterr().err


def test_it_draws_how_cost_grows_for_eyes_and_for_who_cannot_see_it():
    def row(work: str, size: int, *rates: int) -> Row:
        pair = Sized(work, "an INSERT", "pages", unasked, unasked, work, size)
        return Row(pair, [Sample(rate, 1, 0) for rate in rates], [Sample(1, 1, 0) for _ in rates])

    found = plot.lines(
        [row("A <list>", 1000, 50, 100), row("A <list>", 10**6, 20, 25), row("B", 1000, 4), row("B", 10**6, 4)]
    )
    assert found == [("A <list>", [(1000, 10.0), (10**6, 40.0)]), ("B", [(1000, 250.0), (10**6, 250.0)])]
    assert [line.growth for line in found] == [4, 1]
    drawn = plot.drawn(found)
    tree = ElementTree.fromstring(drawn)
    texts = ["".join(each.itertext()) for each in tree.iter() if each.tag.endswith(("title", "desc", "text"))]
    assert {plot.TITLE, "A <list>", "10³", "10⁶", "40.0", "250"} <= set(texts) and "A <list>: 10.0 ms" in texts[1]
    assert tree.get("role") == "img" and not re.search("<script|<style|style=|href", drawn)
    assert "| A <list> | 10.0 | 40.0 | 4.00 |" in plot.page(found, "Said.", "growth.svg")


def test_it_says_why_postgresql_was_left_out():
    nowhere = f"postgres://postgres@127.0.0.1:{free_port()}/postgres"
    said = command("lists", "--database", "postgresql", TEST_POSTGRES_URL=nowhere)
    assert said.returncode == 1 and "PostgreSQL was left out: " in said.stdout and "Traceback" not in said.stderr


@pytest.mark.processes
def test_it_measures_every_part_and_leaves_nothing_running():
    """The parts count rows and compare bytes themselves, and fail where something was not done."""
    little = "--rounds 1 --seconds 0.05 --rows 200 --paid 2 --database sqlite"
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *little.split()],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    out, err = process.communicate()
    assert process.returncode == 0, err
    rows = [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("| ")]
    each = {
        "pages": 9 if nginx.binary() else 3,
        "made": 9,
        "waiting": 3,
        "events": 2,
        "bookings": 3,
        "audit": 3,
        "growth": 2 * 10,
        "lists": 5,
        "memory": 2,
        "peer": 0,  # for whoever has one
    }
    assert len(rows) == 2 + sum(each.get(name, 1) for name in PARTS), rows
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


@pytest.mark.processes
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_takes_everything_with_it_when_it_is_stopped(how, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "help", "--database", "sqlite"],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.readline()  # it says what machine this is, and begins
    process.send_signal(how)
    _out, err = process.communicate()
    assert process.returncode == 1 and "Stopped." in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []

"""The worker fills the page store: all pages for readers, Get help first, and they stand while the database is down."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import brotli
import pytest
import requests
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from awareness import finished, visitor
from awareness.models import HelpPage, Hotline
from config import page_filling, page_front
from config.management.commands.serve import web_command
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.page_store import generation
from foundation.page_store.models import Generation
from foundation.page_store.store import Store
from tests.running import ROOT, free_port
from tests.waiting import wait_for

HELP = ["/get-help/", "/get-help/card/", "/es/get-help/", "/es/get-help/card/"]
NEVER = threading.Event()


@pytest.fixture(autouse=True)
def folder(loaded: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with nothing in its store yet."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(finished, "FOLDER", tmp_path / "finished")
    monkeypatch.setattr(page_filling, "_done", page_filling.Done())
    monkeypatch.setattr(jobs, "enqueue_periodic", lambda: None)  # a worker that has nothing to do by the clock
    Generation.objects.update_or_create(pk=generation.ROW, defaults={"number": 1})
    page_filling._front.cache_clear()
    connection.run_on_commit.clear()  # what loading left there never runs
    yield tmp_path
    page_filling._front.cache_clear()


def paths() -> set[str]:
    return {key.path for key in Store(page_filling._front().store.folder).stored()}


def kept(path: str, folder: Path) -> bytes:
    page = Store(folder / "pages").find(page_front.own_key(path))
    assert page is not None, path
    return page.plain.body


def test_it_makes_get_help_alone_where_nothing_else_is_wanted(folder: Path) -> None:
    page_filling.fill(NEVER)
    assert paths() == set(HELP)
    hosts = {key.host for key in Store(folder / "pages").stored()}
    assert hosts == set(page_front.hosts()) and len(hosts) > 1, "by whichever name somebody comes"
    assert "1-888-373-7888" in finished.trouble()


@pytest.mark.parametrize("address", HELP[:2])
def test_it_answers_what_django_answered(folder: Path, address: str) -> None:
    page_filling.urgent()
    said = Client().get(address)
    told: dict[str, str] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told.update(headers, status=status)

    def django(environ: dict[str, Any], start: Any) -> list[bytes]:
        raise AssertionError("nobody asks Django")

    front = page_front.front(django)
    front.watch.generation = page_filling._front().watch.generation
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": address, "wsgi.url_scheme": "http"}
    (body,) = front({**environ, "HTTP_HOST": page_front.hosts()[0]}, start)
    assert told["status"] == "200 OK" and body == said.content
    for name, value in said.items():
        if name not in ("Content-Length", "Content-Security-Policy", "Vary"):
            assert told[name] == value, name
    assert sorted(told["Content-Security-Policy"].split("; ")) == sorted(said["Content-Security-Policy"].split("; "))
    assert told["Cache-Control"] == "no-store" and "Set-Cookie" not in told


def test_it_is_made_on_every_machine_by_the_worker_that_stands_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what was changed without a word: each minute."""
    call_command("worker", "--once")
    Hotline.objects.filter(country="GB").update(published=False)
    call_command("worker", "--once")
    assert b"08000 121 700" in kept("/get-help/", folder), "it was made a moment ago"
    monkeypatch.setattr(page_filling, "MINUTE", 0)
    call_command("worker", "--once")
    assert b"08000 121 700" not in kept("/get-help/", folder)


def test_it_is_made_anew_at_once_when_an_editor_publishes(
    folder: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    page_filling.fill(NEVER)
    page = HelpPage.objects.get(locale__language_code="en")
    page.title = "Numbers"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    page_filling.fill(NEVER)
    assert b"<h1>Numbers</h1>" in kept("/get-help/", folder)
    connection.run_on_commit.clear()
    with django_capture_on_commit_callbacks(execute=True):
        page.unpublish()
    front = page_filling._front()
    front.watch.look()
    front.fill(front.store.stored(), older=0)
    assert paths() >= set(HELP[2:]) and not paths() & set(HELP[:2])


def test_it_waits_for_the_style_sheets_of_a_new_site(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise ValueError(f"Missing staticfiles manifest entry for {name!r}")

    monkeypatch.setattr(finished.staticfiles_storage, "url", missing)
    page_filling.fill(NEVER)
    assert paths() == set()


def test_it_keeps_the_page_where_the_site_cannot_draw_it_now(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page_filling.urgent()
    monkeypatch.setattr(visitor, "_answer", lambda environ: HttpResponse(status=503))
    page_filling.urgent()
    assert b"08000 121 700" in kept("/get-help/", folder)


def test_it_goes_on_with_its_jobs_where_no_file_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    Job.objects.all().delete()  # renditions that wait would not be written either
    monkeypatch.setattr(finished.os, "fdopen", full)
    jobs.enqueue("periodic", "still-done", {"name": "config.housekeeping.publish_what_is_due"})
    call_command("worker", "--once")
    assert Job.objects.get(key="still-done").state == Job.State.DONE


def test_it_lets_a_network_in_front_forget_its_pages_once_for_each_change(settings: Any, tmp_path: Path) -> None:
    called = tmp_path / "called"
    settings.PURGE_COMMAND = f"{sys.executable} -c \"open('{called}', 'a').write('x')\""
    for _worker in range(2):
        page_filling._done.generation = ""
        page_filling.fill(NEVER)
    job = Job.objects.get(kind=page_filling.PURGE)
    page_filling.purge(job.args)
    assert called.read_text() == "x"
    for command in (f"{sys.executable} -c 1/0", "/no/such/program secret-key", "'half a quote"):
        settings.PURGE_COMMAND = command
        with pytest.raises(page_filling.PurgeError) as failed:  # the queue tries it again
            page_filling.purge(job.args)
        assert "secret" not in str(failed.value)
    settings.PURGE_COMMAND = ""
    page_filling.purge(job.args)


BROKEN = "nothing but letters\n" * 1000
GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "config.wsgi:application"]


def test_it_stands_after_a_restart_while_the_database_is_down(folder: Path, settings: Any, monkeypatch: Any) -> None:
    """Real servers that were never there before, whose database does not answer: every page is read, in each language
    and packed each way; what is not a page fails with the numbers on it.
    """
    port, other = free_port(), free_port()
    settings.PREFILL, settings.BASE_URL = True, f"http://localhost:{port}"
    page_filling.fill(NEVER)
    for key in Store(folder / "pages").stored():  # as that of the other server, which has a port of its own
        page = Store(folder / "pages").find(key)
        assert page is not None
        Store(folder / "pages").put(key._replace(host=f"localhost:{other}"), page)
    (folder / "broken.sqlite3").write_text(BROKEN)
    nowhere = "postgres://nobody@127.0.0.1:1/nothing"
    with ExitStack() as stack:
        _serve(stack, folder, port, web_command(port), nowhere)
        gunicorn = [part.format(port=other) for part in GUNICORN]
        _serve(stack, folder, other, gunicorn, f"sqlite:///{folder / 'broken.sqlite3'}")
        for each in (port, other):
            _read_everything(f"http://localhost:{each}")
        assert "get-help" not in (folder / f"{port}.txt").read_text() + (folder / f"{other}.txt").read_text()


def _serve(stack: ExitStack, folder: Path, port: int, command: list[str], database: str) -> None:
    env = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port), "DATABASE_URL": database}
    with (folder / f"{port}.txt").open("w") as printed:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, stdout=printed, stderr=printed)
    stack.callback(process.wait, timeout=60)
    stack.callback(process.terminate)
    wait_for(lambda: _answers(f"http://localhost:{port}/healthz"), "a start of the server")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=60).ok
    except requests.ConnectionError:
        return False


def _read_everything(site: str) -> None:
    pages = paths()
    assert {path.startswith("/es/") for path in pages} == {True, False} and len(pages) > 70
    session = requests.Session()
    for path in sorted(pages):
        plain, packed, small = (_body(session, site + path, each) for each in ("identity", "gzip", "br"))
        assert gzip.decompress(packed) == brotli.decompress(small) == plain != b"", path
    assert "1-888-373-7888" in session.get(f"{site}/get-help/?country=GB", timeout=60).text
    staff = session.get(f"{site}/get-help/", cookies={"sessionid": "x"}, timeout=60)
    assert staff.ok and staff.headers["Cache-Control"] == "no-store"
    give = session.get(f"{site}/give/", timeout=60)
    assert give.status_code == 503 and int(give.headers["Retry-After"]) > 0
    assert "1-888-373-7888" in give.text and "911" in give.text
    assert session.get(f"{site}/readyz", timeout=60).status_code == 503


def _body(session: requests.Session, url: str, encoding: str) -> bytes:
    with session.get(url, headers={"Accept-Encoding": encoding}, stream=True, timeout=60) as answer:
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers, url
        return bytes(answer.raw.read())

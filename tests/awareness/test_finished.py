"""Get help as a finished file: the same bytes and headers as Django's, without Django, its database or a trace."""

import errno
import gzip
import os
import subprocess
import sys
import time
from unittest.mock import patch

import pytest
import requests
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from wagtail.images import get_image_model

from awareness import finished
from awareness.models import HelpPage, Hotline
from config import error_pages
from config.finished import FinishedFirst
from config.management.commands.serve import web_command
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.organisation.models import Organisation
from tests.running import ROOT, free_port


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(finished, "FOLDER", tmp_path)
    return tmp_path


def ask(address: str, method: str = "GET", query: str = "", packed: bool = False) -> tuple[str, dict[str, str], bytes]:
    """Knock at the door in front of Django; ("passed on", …) when it asks Django."""
    told: dict = {}

    def django(environ, start):
        start("passed on", [])
        return [b""]

    def start(status, headers):
        told.update(status=status, headers=dict(headers))

    environ = {"REQUEST_METHOD": method, "PATH_INFO": address, "QUERY_STRING": query}
    if packed:
        environ["HTTP_ACCEPT_ENCODING"] = "br, gzip"
    body = b"".join(FinishedFirst(django)(environ, start))
    return told["status"], told["headers"], body


@pytest.fixture
def made(loaded) -> None:
    call_command("finish_pages")


@pytest.fixture
def no_other_work(monkeypatch) -> None:
    """A worker that has nothing to do by the clock."""
    monkeypatch.setattr(jobs, "enqueue_periodic", lambda: None)


@pytest.mark.parametrize("address", ["/get-help/", "/get-help/card/"])
def test_it_answers_what_django_answered(made, address):
    answer = Client().get(address)
    status, headers, body = ask(address)
    assert status == "200 OK"
    assert body == answer.content
    for name, value in answer.items():
        if name not in ("Content-Length", "Content-Security-Policy"):
            assert headers[name] == value, name
    policy = headers["Content-Security-Policy"]
    assert {part.strip() for part in policy.split(";")} == {
        part.strip() for part in answer["Content-Security-Policy"].split(";")
    }
    assert "Set-Cookie" not in headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Length"] == str(len(body))


def test_it_packs_the_page_for_browsers_that_can_unpack_it(made):
    _, headers, packed = ask("/get-help/", packed=True)
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == ask("/get-help/")[2]


def test_it_answers_head_without_a_body(made):
    status, headers, body = ask("/get-help/", "HEAD")
    assert (status, body) == ("200 OK", b"")
    assert int(headers["Content-Length"]) > 1000


def test_it_takes_no_notice_of_a_query(made):
    for query in ("country=GB", "q=%00", "x" * 5000):
        assert ask("/get-help/", query=query)[2] == ask("/get-help/")[2], query


def test_it_passes_on_whatever_was_not_finished(made):
    others = ["/", "/give/", "/get-help", "/../get-help/", "//get-help/", "/get-help/../x/", "/get,help/", "/é/", ""]
    assert [address for address in others if ask(address)[0] != "passed on"] == []


def test_it_passes_on_what_is_posted(made):
    assert ask("/get-help/", "POST")[0] == "passed on"


def test_it_forgets_a_page_that_is_no_longer_published(made):
    HelpPage.objects.get(locale__language_code="en").unpublish()
    finished.finish()
    assert ask("/get-help/")[0] == "passed on"


def test_it_is_made_anew_when_an_editor_publishes(made, django_capture_on_commit_callbacks):
    page = HelpPage.objects.get(locale__language_code="en")
    page.title = "Numbers"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert b"<h1>Numbers</h1>" in ask("/get-help/")[2]


def test_it_waits_for_the_style_sheets_of_a_new_site(made, monkeypatch, caplog):
    def missing(name: str) -> str:
        raise ValueError(f"Missing staticfiles manifest entry for '{name}'")

    monkeypatch.setattr(finished.staticfiles_storage, "url", missing)
    before = ask("/get-help/")[2]
    finished.finish()
    assert ask("/get-help/")[2] == before
    assert caplog.records == []


def test_it_keeps_the_old_page_when_the_disk_is_full(made, monkeypatch):
    before = ask("/get-help/")[2]
    monkeypatch.setattr(finished.os, "fdopen", _full)
    with pytest.raises(OSError, match="No space"):
        finished.finish()
    assert ask("/get-help/")[2] == before
    assert [path.name for path in finished.FOLDER.iterdir() if path.suffix not in (".page", ".html")] == []


def _full(*args: object) -> None:
    raise OSError(28, "No space left on device")


BROKEN = "nothing but letters\n" * 1000
GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "config.wsgi:application"]


@pytest.mark.parametrize("server", ["granian on PostgreSQL that is stopped", "gunicorn on SQLite that is broken"])
def test_it_stands_while_the_database_is_down(made, tmp_path, server):
    """A real server whose database does not answer: home fails with the numbers on it, help does not fail."""
    port = free_port()
    (tmp_path / "finished").mkdir()
    for page in [*tmp_path.glob("*.page"), *tmp_path.glob("*.html")]:
        page.rename(tmp_path / "finished" / page.name)
    env = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(port)}
    env["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
    if "SQLite" in server:
        (tmp_path / "broken.sqlite3").write_text(BROKEN)
        env["DATABASE_URL"] = f"sqlite:///{tmp_path / 'broken.sqlite3'}"
    command = web_command(port) if "granian" in server else [part.format(port=port) for part in GUNICORN]
    with (tmp_path / "printed.txt").open("w") as printed:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=env, stdout=printed, stderr=subprocess.STDOUT
        )
    try:
        answer = _first_answer(f"http://127.0.0.1:{port}/get-help/")
        assert answer.status_code == 200
        assert "1-888-373-7888" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert requests.get(f"http://127.0.0.1:{port}/get-help/?country=GB", timeout=60).content == answer.content
        assert "Ayuda" in requests.get(f"http://127.0.0.1:{port}/es/get-help/", timeout=60).text
        home = requests.get(f"http://127.0.0.1:{port}/", timeout=60)
        assert home.status_code == 503
        assert int(home.headers["Retry-After"]) > 0
        assert "1-888-373-7888" in home.text
        assert "911" in home.text
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=60).status_code == 503
        assert "get-help" not in (tmp_path / "printed.txt").read_text()
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_it_keeps_the_page_where_the_site_cannot_draw_it_now(made, monkeypatch):
    before = ask("/get-help/")[2]
    monkeypatch.setattr(finished.visitor, "answer", lambda address: HttpResponse(status=503))
    finished.finish()
    assert ask("/get-help/")[2] == before


def test_it_is_made_on_every_machine_by_the_worker_that_stands_there(made, no_other_work):
    """Another machine's worker did not hear of the change: it looks by itself when it starts and each minute."""
    Hotline.objects.filter(country="GB").update(published=False)
    assert b"08000 121 700" in ask("/get-help/")[2]
    call_command("worker", "--once")
    assert b"08000 121 700" not in ask("/get-help/")[2]


def test_it_goes_on_with_its_jobs_where_no_file_can_be_written(made, monkeypatch, no_other_work):
    Job.objects.all().delete()  # renditions that wait would not be written either
    monkeypatch.setattr(finished.os, "fdopen", _full)
    jobs.enqueue("periodic", "still-done", {"name": "config.housekeeping.publish_what_is_due"})
    call_command("worker", "--once")
    assert Job.objects.get(key="still-done").state == Job.State.DONE


def test_it_shows_our_number_where_the_site_itself_fails(made, rf, django_capture_on_commit_callbacks):
    ours = Organisation.load()
    ours.phone = "+1 555 0100 200"
    with django_capture_on_commit_callbacks(execute=True):
        ours.save()
    for language, words in (("en", "call your emergency number first"), ("es", "número de emergencia de su país")):
        with translation.override(language):
            answer = error_pages.page(rf.get("/give/"))
        assert answer.status_code == 500
        assert "+1 555 0100 200" in answer.content.decode()
        assert words in answer.content.decode()
        assert "Retry-After" in answer


@pytest.mark.parametrize(
    ("error", "status"),
    [(OSError(errno.ENOSPC, "No space left on device"), 503), (FileNotFoundError(errno.ENOENT, "No such file"), 500)],
)
def test_it_says_that_a_full_disk_passes(made, error, status):
    """The first look at a page makes its pictures, and finds no room."""
    with patch.object(FileSystemStorage, "_save", side_effect=error):
        get_image_model().get_rendition_model().objects.all().delete()
        answer = Client(raise_request_exception=False).get("/")
    assert (answer.status_code, "Retry-After" in answer) == (status, True)


def test_it_says_what_to_do_in_danger_where_no_file_was_ever_made(rf):
    """The site's very first minute, or an empty folder: no number of ours, and no database asked."""
    assert "call your emergency number first" in error_pages.page(rf.get("/")).content.decode()


def _first_answer(url: str) -> requests.Response:
    deadline = time.monotonic() + 60
    while True:
        try:
            return requests.get(url, timeout=60)
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.1)  # polls a process that cannot call us

"""A large list as a file that a job writes: who gets it, how far it is, what is left when something breaks."""

import errno
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry

from foundation.jobs import queue
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from staff import export_jobs, export_rows, exports
from staff.models import Export
from supporters import privacy_registry
from supporters.models import Supporter
from tests.answers import streamed
from tests.staff.users import member, sign_in, signed_in

if TYPE_CHECKING:
    from tests.answers import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.both]
LIST = "/admin/supporter/"


@pytest.fixture(autouse=True)
def small(monkeypatch, settings, tmp_path) -> Path:
    """What is large here: more than three rows."""
    monkeypatch.setattr(export_jobs, "LARGE", 3)
    settings.DATA_DIR = tmp_path
    rows = (Supporter(email=f"{n}@donor.example", canonical=f"{n}@donor.example", name=f"=N{n}") for n in range(7))
    Supporter.objects.bulk_create(rows)
    return tmp_path / "exports"


@pytest.fixture
def client() -> Client:
    return signed_in("Administrator")


def ask(client: Client, query: str = "") -> "Answer":
    page = client.get(f"{LIST}?export=csv{query}")
    assert page.status_code == 200 and not Export.objects.filter(query__endswith=query or "csv").exists()
    found = re.search(r'name="asked" value="([^"]+)"', page.content.decode())
    assert found
    return client.post("/admin/exports/", {"asked": found[1]})


def written(client: Client, query: str = "") -> str:
    """Ask for the file, and let the worker write it. Its page."""
    address = ask(client, query)["Location"]
    queue.run_due(lane="slow")
    return str(address)


def fetched(client: Client, address: str) -> bytes:
    return b"".join(streamed(client.get(f"{address}file/")))


def test_it_writes_a_large_list_by_a_job_and_gives_it_to_who_asked(client, small):
    address = ask(client, "&q=donor.example&ordering=name")["Location"]
    waits = client.get(address)
    assert waits["Refresh"] == "3" and "waits for the worker" in waits.content.decode()
    assert client.get(f"{address}file/").status_code == 404
    queue.run_due(lane="slow")
    page = client.get(address)
    assert "Refresh" not in page and "7 rows" in page.content.decode()
    lines = fetched(client, address).decode("utf-8-sig").split("\r\n")
    assert [line[:4] for line in lines] == ["Name", *(f"'=N{n}" for n in range(7)), ""]
    (file,) = small.iterdir()
    assert (file.stat().st_mode & 0o777, small.stat().st_mode & 0o777) == (0o600, 0o700)


def test_it_writes_what_a_small_list_streams(client, monkeypatch):
    large = fetched(client, written(client))
    monkeypatch.setattr(export_jobs, "LARGE", 7)
    assert large == b"".join(streamed(client.get(f"{LIST}?export=csv")))


def test_it_writes_down_who_asked_and_each_time_the_file_was_fetched(client):
    address = written(client, "&q=donor")
    asked = ModelLogEntry.objects.get(action="staff.export_asked")
    assert asked.data == {"list": "supporters.Supporter", "format": "csv", "filters": ["q"]}
    assert not ModelLogEntry.objects.filter(action="staff.export").exists()
    for times in (1, 2):
        fetched(client, address)
        entries = ModelLogEntry.objects.filter(action="staff.export")
        assert [entry.data["rows"] for entry in entries] == [7] * times
        assert Letter.objects.filter(template="staff_notice").count() == times
    history = client.get("/admin/reports/site-history/").content.decode()
    assert "Asked for a file of supporters as CSV (q)" in history and "Exported 7 rows of supporters" in history


def test_it_gives_the_file_to_nobody_else_and_to_nobody_who_may_not_any_more(client):
    address = written(client)
    other = sign_in(Client(), member("Administrator", email="other@example.org"))
    for path in (address, f"{address}file/"):
        assert other.get(path).status_code == 404
    assert other.post(f"{address}discard/").status_code == 404
    Group.objects.get(name="Administrator").permissions.filter(codename="export_supporter").delete()
    answer = client.get(f"{address}file/")
    assert answer.status_code == 302 and "exports" not in answer["Location"]
    assert not ModelLogEntry.objects.filter(action="staff.export").exists()


def test_it_writes_nothing_for_who_lost_the_right_meanwhile(client, small):
    address = ask(client)["Location"]
    Group.objects.get(name="Administrator").permissions.filter(codename="export_supporter").delete()
    queue.run_due(lane="slow")
    assert "may not export this list any more" in client.get(address).content.decode()
    assert not small.exists()


def test_it_asks_for_the_second_factor_before_the_file_and_for_a_question_of_its_own(client):
    address = written(client)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**each, "at": time.time() - 600} for each in records]
    session.save()
    assert "/accounts/2fa/reauthenticate/" in client.get(f"{address}file/")["Location"]
    assert client.post("/admin/exports/", {"asked": "made:up"}).status_code == 302
    assert Export.objects.count() == 1


def test_it_writes_one_file_for_each_person_and_list_at_a_time(client, small):
    first = ask(client)["Location"]
    assert ask(client, "&q=donor")["Location"] == first and Job.objects.filter(kind=export_jobs.KIND).count() == 1
    queue.run_due(lane="slow")
    second = written(client, "&q=3@donor.example&q=donor")
    assert second != first and client.get(first).status_code == 404 and len(list(small.iterdir())) == 1


def test_it_leads_back_to_the_file_that_is_written_or_kept(client):
    address = ask(client)["Location"]

    def question() -> str:
        return client.get(f"{LIST}?export=csv").content.decode()

    assert f'href="{address}"' in question() and "is being written for you already" in question()
    queue.run_due(lane="slow")
    assert f'href="{address}"' in question() and "A file of 7 rows of this list" in question()
    client.post(f"{address}discard/")
    assert "Go to that file" not in question() and "Supporters" in question()


def test_it_ends_after_a_day_and_takes_the_file_with_it(client, small, monkeypatch):
    address = written(client)
    monkeypatch.setattr(export_jobs, "SWEPT", 0)
    stop = SimpleNamespace(is_set=lambda: False)
    export_jobs.sweep(stop)  # type: ignore[arg-type]
    assert len(list(small.iterdir())) == 1
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(address).status_code == client.get(f"{address}file/").status_code == 404
    export_jobs.sweep(stop)  # type: ignore[arg-type]
    assert list(small.iterdir()) == []
    export_jobs.forget()
    assert not Export.objects.exists()


def test_it_says_so_when_the_disk_is_full_and_leaves_no_half_file(client, small, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("staff.export_jobs.os.fsync", full)
    address = written(client)
    page = client.get(address)
    assert "the disk of the server is full" in page.content.decode() and "Refresh" not in page
    assert list(small.iterdir()) == [] and Job.objects.get(kind=export_jobs.KIND).state == Job.State.DONE
    monkeypatch.undo()


def test_it_is_written_anew_after_a_worker_died_and_says_so_when_it_failed_for_good(client, small, monkeypatch):
    address = ask(client)["Location"]
    pieces = export_rows.pieces

    def dying(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(export_rows, "pieces", dying)
    queue.run_due(lane="slow")
    assert list(small.iterdir()) == [] and "tried again by itself" in client.get(address).content.decode()
    small.joinpath(f"{Export.objects.get().token}.1-1.part").write_bytes(b"half")  # of one that was killed
    Job.objects.filter(kind=export_jobs.KIND).update(state=Job.State.DEAD)
    assert "why stands in the list of jobs" in client.get(address).content.decode()
    monkeypatch.setattr(export_rows, "pieces", pieces)
    queue.retry_dead(Job.objects.get(kind=export_jobs.KIND))
    queue.run_due(lane="slow")
    assert fetched(client, address).count(b"\r\n") == 8 and len(list(small.iterdir())) == 1


def test_it_says_where_a_file_of_another_machine_is(client, small):
    address = written(client)
    next(small.iterdir()).unlink()
    Export.objects.update(machine="web-2")
    assert "stands on another machine, web-2" in client.get(address).content.decode()


@pytest.mark.django_db(transaction=True)
def test_it_says_how_far_it_is_and_stops_when_it_is_thrown_away(monkeypatch, small):
    user = member("Administrator")
    monkeypatch.setattr(export_jobs, "TOLD", 1)
    monkeypatch.setattr(export_jobs, "APART", 0)
    monkeypatch.setattr(export_rows, "CHUNK", 2)
    export, _new = export_jobs.ask(user, LIST, "export=csv", "list.csv", {})
    seen: list[Any] = []
    pieces = exports.pieces

    def watched(view: Any, rows: Any) -> Iterator[bytes]:
        for piece in pieces(view, rows):
            with ThreadPoolExecutor(1) as beside:  # as somebody who looks at the page
                seen.append(beside.submit(look, stop=len(seen) == 3).result())
            yield piece

    def look(stop: bool) -> int:
        done = Export.objects.values_list("done", flat=True).get()
        if stop:
            Export.objects.all().delete()
        connections.close_all()
        return done

    monkeypatch.setattr(exports, "pieces", watched)
    export_jobs.write({"export": str(export.token)})
    assert seen == [0, 1, 3, 5]
    assert list(small.iterdir()) == [] and not Export.objects.exists()


def test_it_keeps_no_file_that_may_name_somebody_who_was_erased(client, small, monkeypatch):
    address = written(client)
    privacy_registry.erase(Supporter.objects.get(name="=N3"))
    assert client.get(f"{address}file/").status_code == 404
    monkeypatch.setitem(export_jobs._swept, "at", float("-inf"))
    export_jobs.sweep(threading.Event())
    assert list(small.iterdir()) == []

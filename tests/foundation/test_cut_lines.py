"""A worker goes on after its connections to PostgreSQL were cut at any moment, and what it was at is done, once."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import RequestFactory
from django.utils import timezone

from foundation.jobs import queue
from foundation.jobs.management.commands import worker
from foundation.jobs.models import Heartbeat, Job
from foundation.letters import outbox
from foundation.letters.message import LetterMessage
from foundation.letters.writing import Written
from pledges import starter
from tests.waiting import wait_for

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.finding]
WORDS = 7  # it is claimed; four of the effect, and its commit; it is done
runs: list[int] = []


def cut(*backends: int) -> None:
    """Cut these connections, as a server that is restarted does; without a name all but those of this thread."""
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as server:
        every = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        mine = connection.connection.info.backend_pid if connection.connection else 0
        for backend in backends or [pid for (pid,) in server.execute(every) if pid != mine]:
            server.execute("SELECT pg_terminate_backend(%s, 60000)", [backend])


class Line:
    """The connection of a worker's thread, which is cut before or after its n-th word to the database: each statement
    is one, and each commit.
    """

    def __init__(self) -> None:
        self.words = 0
        self.wanted: tuple[int, bool] | None = None  # which word, and whether it is heard
        self.cuts = 0
        self.looks = threading.Event()  # for work: what a test does meanwhile comes before the first word
        self.looks.set()

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return self.say(lambda: execute(sql, params, many, context))

    def say(self, word: Callable[[], Any]) -> Any:
        self.words += 1
        if self.wanted is None or self.words != self.wanted[0]:
            return word()
        heard = self.wanted[1]
        self.wanted = None
        self.cuts += 1
        backend = connection.connection.info.backend_pid
        if not heard:
            cut(backend)
            return word()
        word()
        cut(backend)
        raise OperationalError("the answer was lost")


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """A worker of the main lane in a thread, at once again after a cut, and its line to the database."""
    here, stop, held = Line(), threading.Event(), BaseDatabaseWrapper.commit
    claim = queue.claim

    def looking(lane: str = "") -> Job | None:
        assert here.looks.wait(60)
        return claim(lane)

    def commit(database: BaseDatabaseWrapper) -> None:
        here.say(lambda: held(database)) if threading.current_thread() is thread else held(database)

    def work() -> None:
        with connection.execute_wrapper(lambda *words: here.statement(*words)):
            worker.Command().work(stop, "main")

    def note(args: dict[str, Any]) -> None:
        runs.append(args["n"])
        with transaction.atomic():  # found or written, as every handler of ours
            Heartbeat.objects.get_or_create(worker=f"effect {args['n']}", defaults={"beat_at": timezone.now()})

    monkeypatch.setattr(BaseDatabaseWrapper, "commit", commit)
    monkeypatch.setattr(queue, "claim", looking)
    monkeypatch.setattr(worker, "AFTER_A_CUT", 0)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    monkeypatch.setitem(queue.HANDLERS, "note", note)
    runs.clear()
    thread = threading.Thread(target=work)
    thread.start()
    yield here
    stop.set()
    here.looks.set()
    thread.join()


def done(line: Line, number: int, wanted: tuple[int, bool] | None = None) -> None:
    """A job comes, and is done, also if the line is cut at that word. What failed is tried at once instead of after ten
    seconds; no lease is made shorter.
    """
    line.looks.clear()
    job = queue.enqueue("note", str(number), {"n": number})
    if wanted:
        line.words, line.wanted = 0, wanted
    line.looks.set()

    def is_done() -> bool:
        Job.objects.filter(state=Job.State.READY).update(run_at=timezone.now())
        return Job.objects.filter(pk=job.pk, state=Job.State.DONE).exists()

    wait_for(is_done, f"job {number}")
    assert Heartbeat.objects.filter(worker=f"effect {number}").count() == 1
    assert Job.objects.get(pk=job.pk).lease_until is None


def test_it_goes_on_after_a_cut_before_or_after_any_word_of_a_job(line: Line) -> None:
    for number in range(2 * WORDS):
        done(line, number, (1 + number // 2, bool(number % 2)))
    assert line.cuts == 2 * WORDS
    done(line, -1)


def test_it_does_no_job_again_of_which_only_the_end_was_not_written_down(line: Line) -> None:
    def last(args: dict[str, Any]) -> None:
        runs.append(args["n"])
        Heartbeat.objects.create(worker=f"effect {args['n']}", beat_at=timezone.now())
        line.words, line.wanted = 0, (1, bool(args["n"] % 2))

    queue.HANDLERS["note"] = last
    for number in range(1, 5):
        done(line, number)
    assert runs == [1, 2, 3, 4] and line.cuts == 4


def test_it_goes_on_after_a_cut_while_nothing_was_to_do(line: Line) -> None:
    for number in range(3):
        done(line, number)
        cut()
    done(line, 3)
    assert runs == [0, 1, 2, 3]


def test_it_gives_nothing_back_that_another_worker_took_meanwhile(line: Line) -> None:
    """Its claim was never heard, and another's was."""
    taken: list[Job | None] = []

    def take() -> None:
        taken.append(queue.claim())
        connection.close()

    def other(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "attempts = attempts + 1" in sql and not taken:
            taken.append(None)
            cut(connection.connection.info.backend_pid)
            thread = threading.Thread(target=take)
            thread.start()
            thread.join()
        return execute(sql, params, many, context)

    line.statement = other  # type: ignore[method-assign]
    job = queue.enqueue("note", "a", {"n": 1})
    wait_for(lambda: len(taken) == 2)
    done(line, 2)
    job.refresh_from_db()
    assert (job.state, job.attempts, runs) == (Job.State.RUNNING, 1, [2])


@pytest.mark.parametrize("page", ["/readyz", "/pledge/"])
def test_it_lets_the_web_answer_on_a_new_line(page: str) -> None:
    """A page asks the database again on a new one; the test client would leave that out. One whose first word is a
    prepared query does not ask first whether the line is there.
    """
    starter.load()
    site, answered = WSGIHandler(), []
    for _ in range(2):
        request = RequestFactory().get(page).environ
        answer = site(request, lambda status, headers: answered.append(status))  # type: ignore[arg-type]
        b"".join(answer)
        answer.close()
        cut(connection.connection.info.backend_pid)
    connection.close()
    assert answered == ["200 OK", "200 OK"]


def test_it_doubts_no_letter_that_left_while_the_line_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    send = LetterMessage.send

    def sent(message: LetterMessage) -> int:
        cut(connection.connection.info.backend_pid)
        return send(message)

    monkeypatch.setattr(LetterMessage, "send", sent)
    letter = outbox.enqueue("a", "a", "ada@donor.example", Written("Subject", "Text", ""))
    assert queue.run_due(lane=outbox.LANE) == 1
    letter.refresh_from_db()
    assert letter.state == letter.State.SENT and len(mail.outbox) == 1
    assert Job.objects.get().state == Job.State.DONE

"""Work that must happen: claimed once, run again when a worker dies, retried, parked when it is poison."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections, transaction
from django.db.models import F
from django.utils import timezone

from foundation.jobs import lanes, queue
from foundation.jobs.models import Heartbeat, Job
from tests.commands import Commands
from tests.databases import migrated, own_database
from tests.foundation.mail_server import HANG, running
from tests.narrowing import not_none
from tests.running import ROOT
from tests.waiting import wait_for

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
done: list[Any] = []


def fails(args: dict[str, Any]) -> None:
    _ = 1 / 0


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    done.clear()
    queue.HANDLERS["note"] = lambda args: done.append(args)
    queue.HANDLERS["fail"] = fails
    yield
    for kind in ("note", "fail"):
        del queue.HANDLERS[kind]


def expire_leases() -> None:
    Job.objects.filter(state=Job.State.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_it_runs_a_job_once() -> None:
    queue.enqueue("note", "a", {"n": 1})
    assert queue.run_due() == 1
    assert queue.run_due() == 0
    assert done == [{"n": 1}]


def test_it_puts_one_job_on_the_table_for_each_key() -> None:
    first = queue.enqueue("note", "same", {"n": 1})
    second = queue.enqueue("note", "same", {"n": 2})
    assert first.pk == second.pk
    queue.run_due()
    assert done == [{"n": 1}]


def test_it_forgets_a_job_with_its_transaction() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue.enqueue("note", "never")
        raise ZeroDivisionError
    assert queue.run_due() == 0


def test_it_waits_until_a_job_is_due() -> None:
    queue.enqueue("note", "later", run_at=timezone.now() + timedelta(hours=1))
    assert queue.run_due() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert queue.run_due() == 1


@pytest.mark.parametrize("lane", ["", "main"])  # of any lane a job is found and then claimed; of one, by one statement
def test_it_runs_the_job_of_a_dead_worker_again_after_its_lease(lane: str) -> None:
    queue.enqueue("note", "a")
    assert queue.claim(lane) is not None  # and the worker dies here
    assert queue.claim(lane) is None
    expire_leases()
    assert queue.run_due(lane=lane) == 1
    assert Job.objects.get().attempts == 2


def test_it_ignores_what_a_worker_says_after_it_lost_the_lease() -> None:
    queue.enqueue("fail", "a")
    slow = queue.claim()
    assert slow
    expire_leases()
    queue.HANDLERS["fail"] = lambda args: None
    queue.run_due()
    queue.HANDLERS["fail"] = fails
    queue.run(slow)
    assert Job.objects.get().state == Job.State.DONE


def test_it_keeps_a_job_that_takes_long_and_says_that_it_lives() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        stolen = []

        def long(args: dict[str, Any]) -> None:
            for _ in range(5):
                clock.shift(timedelta(minutes=4))
                stolen.append(queue.claim())
                queue.extend_lease()

        queue.HANDLERS["note"] = long
        queue.enqueue("note", "long")
        assert queue.run_due() == 1 and stolen == [None] * 5
        job = Job.objects.get()
        assert (job.state, job.attempts, job.failures, job.lease_until) == (Job.State.DONE, 1, 0, None)


def test_it_stops_a_worker_that_lost_its_job_and_leaves_the_outcome_to_the_other() -> None:
    went_on = []

    def slept(args: dict[str, Any]) -> None:
        queue.HANDLERS["note"] = lambda args: done.append(args)
        expire_leases()
        assert queue.run_due() == 1
        with time_machine.travel(timezone.now() + queue.LEASE):
            queue.extend_lease()
        went_on.append(args)

    queue.HANDLERS["note"] = slept
    queue.enqueue("note", "a", {"n": 1})
    queue.run_due()
    job = Job.objects.get()
    assert went_on == [] and done == [{"n": 1}]
    assert (job.state, job.attempts, job.last_error) == (Job.State.DONE, 2, "")


def test_it_beats_while_a_job_takes_long() -> None:
    """Staff would read that no worker lives."""
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def long(args: dict[str, Any]) -> None:
            for _ in range(5):
                clock.shift(timedelta(minutes=4))
                queue.extend_lease()
                done.append(timezone.now() - Heartbeat.objects.get(worker="me").beat_at)

        def worker() -> None:
            queue.beat("me")
            queue.run_due()

        queue.HANDLERS["note"] = long
        queue.enqueue("note", "long")
        copy_context().run(worker)
    assert done == [timedelta(0)] * 5


@pytest.mark.postgres
def test_it_takes_over_no_job_because_its_own_clock_is_ahead() -> None:
    """Two machines share one PostgreSQL, and its clock. A database in a file has one machine, and one clock."""
    queue.enqueue("note", "a")
    taken: list[Any] = []

    def worker() -> None:
        queue.agree()
        taken.append(queue.claim())

    copy_context().run(worker)
    for minutes in (10, -10):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            copy_context().run(worker)
    assert [job and job.key for job in taken] == ["a", None, None]
    Job.objects.update(lease_until=F("lease_until") - queue.LEASE)
    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        copy_context().run(worker)
    assert taken[-1].attempts == 2, "one that is behind takes over what a dead worker left"


def test_it_does_periodic_work_one_at_a_time_and_not_again_for_each_hour_that_waited() -> None:
    runs: list[int] = []
    name, failing = "tests.periodic", True

    def work() -> None:
        runs.append(1)
        if failing:
            raise ZeroDivisionError
        assert queue.claim() is None, "another hour's began beside it"

    queue.PERIODICS[name] = (queue.PERIODS["hour"], work)
    try:
        for hour in range(30):
            queue.enqueue("periodic", f"periodic:{name}:{hour}", {"name": name})
        queue.run_due()
        assert len(runs) == 30 and Job.objects.filter(state="ready", failures=1).count() == 30
        failing = False
        newest = queue.enqueue("periodic", f"periodic:{name}:newest", {"name": name})
        Job.objects.filter(failures=1).update(run_at=timezone.now())
        queue.run(not_none(queue.claim()))
        newest.refresh_from_db()
        assert newest.state == Job.State.DONE
        assert queue.run_due() == 30 and len(runs) == 31
    finally:
        del queue.PERIODICS[name]


def test_it_keeps_nothing_outside_of_a_job() -> None:
    queue.enqueue("note", "a")
    queue.claim()
    before = Job.objects.values().get()
    with time_machine.travel(timezone.now() + queue.LEASE):
        queue.extend_lease()
    assert Job.objects.values().get() == before


@pytest.mark.parametrize(
    ("state", "wait", "joined"),
    [("running", 0, False), ("ready", 1, False), ("ready", 3600, True), ("dead", 0, True), ("done", 0, True)],
)
def test_it_joins_no_periodic_job_that_is_under_way(state: str, wait: int, joined: bool) -> None:
    """One that waits long after a failure, or was given up, keeps the next hour's from nothing."""
    name = "tests.periodic"
    queue.PERIODICS[name] = (queue.PERIODS["hour"], lambda: None)
    try:
        job = queue.enqueue("periodic", f"periodic:{name}:earlier", {"name": name})
        Job.objects.filter(pk=job.pk).update(state=state, run_at=timezone.now() + timedelta(seconds=wait))
        queue.enqueue_periodic()
        queue.enqueue_periodic()
        assert Job.objects.filter(key__startswith=f"periodic:{name}:").count() == 1 + joined
    finally:
        del queue.PERIODICS[name]


def test_it_tries_again_later_and_longer_each_time() -> None:
    job = queue.enqueue("fail", "a")
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(4):
            queue.run_due()
            job.refresh_from_db()
            waits.append((job.run_at - timezone.now()).total_seconds())
            clock.move_to(job.run_at)
    assert waits == sorted(waits)
    assert 8 <= waits[0] <= 12
    assert waits[3] > 400


def test_it_parks_poison_and_keeps_what_it_said() -> None:
    job = queue.enqueue("fail", "a")
    for _ in range(queue.MAX_FAILURES):
        Job.objects.update(run_at=timezone.now())
        queue.run_due()
    job.refresh_from_db()
    assert job.state == Job.State.DEAD
    assert "ZeroDivisionError" in job.last_error
    assert queue.run_due() == 0


@pytest.mark.parametrize("lane", ["", "main"])
def test_it_parks_a_job_that_kills_every_worker(lane: str) -> None:
    job = queue.enqueue("note", "killer")
    for _ in range(queue.MAX_FAILURES):
        queue.claim(lane)
        expire_leases()
    assert queue.claim(lane) is None
    job.refresh_from_db()
    assert job.state == Job.State.DEAD


def test_it_parks_no_innocent_job_when_workers_are_killed_for_another_reason() -> None:
    """Every worker dies at once, whatever it works on: the deaths are shared among all that waits."""
    for number in range(20):
        queue.enqueue("note", str(number), {"n": number})
    for _ in range(100):
        assert queue.claim(lanes.MAIN)
        expire_leases()
    assert not Job.objects.filter(state=Job.State.DEAD).exists()
    queue.run_due()
    assert sorted(each["n"] for each in done) == list(range(20))


def test_it_tries_a_dead_job_again_when_staff_say_so() -> None:
    job = queue.enqueue("note", "a")
    Job.objects.update(state=Job.State.DEAD, failures=queue.MAX_FAILURES)
    queue.retry_dead(job)
    assert queue.run_due() == 1


@pytest.fixture
def side() -> Iterator[None]:
    """A lane beside the main one, for jobs of a kind."""
    queue.handler("slow", lane="side")(lambda args: done.append(args))
    yield
    for table in (queue.HANDLERS, lanes.LANES):
        del table["slow"]
    lanes.CLOSED.pop("side", None)


def test_it_runs_each_lane_by_itself_and_all_where_none_is_named(side: None) -> None:
    for number, kind in enumerate(("slow", "note", "slow")):
        queue.enqueue(kind, f"{kind} {number}", {"n": number})
    assert lanes.lanes()[0] == lanes.MAIN and "side" in lanes.lanes()
    assert queue.run_due(lane=lanes.MAIN) == 1 and done == [{"n": 1}]
    assert queue.run_due(lane="letters") == 0
    assert queue.run_due(lane="side") == 2 and done == [{"n": 1}, {"n": 0}, {"n": 2}]
    queue.enqueue("slow", "last", {"n": 3})
    assert queue.run_due() == 1


def test_it_leaves_the_jobs_of_a_closed_lane_where_they_are(side: None) -> None:
    lanes.close_lane("side", lambda: True)
    queue.enqueue("slow", "slow", {"n": 1})
    queue.enqueue("note", "note", {"n": 2})
    assert queue.run_due() == 1 and queue.run_due(lane="side") == 0 and done == [{"n": 2}]
    assert Job.objects.get(key="slow").attempts == 0
    lanes.close_lane("side", lambda: False)
    assert queue.run_due() == 1


def test_it_asks_once_whether_lanes_are_closed_that_close_together(side: None) -> None:
    asked: list[int] = []

    def is_closed() -> bool:
        asked.append(1)
        return len(asked) % 2 == 1  # another answer each time

    before = dict(lanes.CLOSED)
    try:
        for lane in ("side", "other"):
            lanes.close_lane(lane, is_closed)
        assert {"side", "other"} <= set(lanes.closed("")) and len(asked) == 1
    finally:
        lanes.CLOSED.clear()
        lanes.CLOSED.update(before)


def test_it_does_not_count_a_wait_as_a_failure() -> None:
    def ask_to_wait(args: dict[str, Any]) -> None:
        raise queue.RetryLaterError(60, "Stripe asks for a pause")

    queue.HANDLERS["note"] = ask_to_wait
    job = queue.enqueue("note", "a")
    for _ in range(queue.MAX_FAILURES + 2):
        Job.objects.update(run_at=timezone.now())
        queue.run_due()
    job.refresh_from_db()
    assert (job.state, job.failures, job.last_error) == (Job.State.READY, 0, "Stripe asks for a pause")


def test_it_runs_periodic_work_once_a_period() -> None:
    runs: list[int] = []
    name = "tests.periodic"
    queue.PERIODICS[name] = (queue.PERIODS["hour"], lambda: runs.append(1))
    try:
        with time_machine.travel("2026-11-23T10:05:00Z", tick=False):
            for _ in range(3):
                queue.enqueue_periodic()
                queue.run_due()
        with time_machine.travel("2026-11-23T11:00:01Z", tick=False):
            queue.enqueue_periodic()
            queue.run_due()
    finally:
        del queue.PERIODICS[name]
    assert len(runs) == 2


@pytest.mark.django_db(transaction=True)
def test_it_gives_each_job_to_one_of_many_workers() -> None:
    lock = threading.Lock()
    seen: list[int] = []

    def note(args: dict[str, Any]) -> None:
        with lock:
            seen.append(args["n"])

    queue.HANDLERS["note"] = note
    for n in range(40):
        queue.enqueue("note", f"job {n}", {"n": n})

    def work() -> None:
        while queue.run_due():
            pass
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for ended in [pool.submit(work) for _ in range(4)]:
            ended.result()
    assert sorted(seen) == list(range(40))


class Processes:
    """Real processes on a database of their own, each a fork of one in which Django has started."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.commands = Commands(env)

    def manage(self, *args: str) -> str:
        return self.commands.run(*args)

    def shell(self, code: str) -> str:
        return self.manage("shell", "-c", code)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    data_dir = tmp_path_factory.mktemp("jobs")
    with own_database("jobs", data_dir) as extra:
        real = Processes({**os.environ, "DATA_DIR": str(data_dir), **extra})
        if not migrated():
            real.manage("migrate", "--verbosity", "0")
        yield real
        real.commands.stop()


@pytest.mark.processes
@pytest.mark.both
def test_it_runs_the_job_of_a_process_that_was_killed_with_minus_nine(processes: Processes) -> None:
    killed = processes.commands.done(
        "shell",
        "-c",
        "import os, signal; from foundation.jobs import queue;"
        "queue.enqueue('periodic', 'left', {'name': 'config.housekeeping.forget'});"
        "assert queue.claim().key == 'left'; os.kill(os.getpid(), signal.SIGKILL)",
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    processes.manage("worker", "--once")
    state = (
        "from django.utils import timezone; from foundation.jobs.models import Heartbeat, Job;"
        "job = Job.objects.get(key='left'); print(Heartbeat.objects.count(), job.state, job.attempts);"
    )
    over = "Job.objects.filter(key='left').update(lease_until=timezone.now())"
    left = processes.shell(state + over).split()[-3:]
    assert left[1:] == ["running", "1"], "its lease has not ended yet"
    assert int(left[0]) >= 1, "the panel would say that no worker lives"
    processes.manage("worker", "--once")
    assert processes.shell(state).split()[-2:] == ["done", "2"]


@pytest.mark.processes
@pytest.mark.both
def test_it_does_other_work_while_a_mail_server_hangs(processes: Processes) -> None:
    with running() as server:
        server.answers["GREETING"] = HANG
        env = {**processes.env, "EMAIL_URL": f"smtp://127.0.0.1:{server.port}", "EMAIL_TIMEOUT": "600"}
        processes.shell(
            "from foundation.letters import outbox; from foundation.letters.writing import Written;"
            "outbox.enqueue('hanging', 'note', 'ada@example.org', Written('A note', 'Bread.', ''))"
        )
        with subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=env) as worker:
            try:
                wait_for(lambda: server.connections, "the letter's connection")
                processes.shell(
                    "from foundation.jobs import queue;"
                    "queue.enqueue('periodic', 'beside', {'name': 'config.housekeeping.publish_what_is_due'})"
                )
                state = "from foundation.jobs.models import Job; print(Job.objects.get(key='beside').state)"
                wait_for(lambda: processes.shell(state).split()[-1] == "done", "other work")
            finally:
                server.over.set()
                worker.kill()


@pytest.mark.processes
@pytest.mark.both
def test_it_stops_cleanly_when_it_is_told_to(processes: Processes) -> None:
    command = [sys.executable, "manage.py", "worker"]
    buffered = {key: value for key, value in processes.env.items() if key != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, cwd=ROOT, env=buffered, stdout=subprocess.PIPE, text=True) as worker:
        try:
            # Said at once, though Python keeps back what goes into a pipe: journals and scripts wait for this line.
            assert worker.stdout and "waiting for work" in worker.stdout.readline()
            worker.terminate()
            assert worker.wait(timeout=60) == 0
        finally:
            worker.kill()  # or a test that ended early would wait for it for ever
        assert "worker: stopped" in worker.stdout.read()


@pytest.mark.processes
@pytest.mark.both
def test_it_runs_workers_side_by_side_that_end_with_the_first_however_that_ends(processes: Processes) -> None:
    command = [sys.executable, "manage.py", "worker", "--processes", "2", "--threads", "2"]
    alive = "from foundation.jobs.models import Heartbeat as H; print(*H.objects.values_list('worker', flat=True))"
    before = set(processes.shell(alive).split())

    def workers() -> set[str]:
        return set(processes.shell(alive).split()) - before

    with subprocess.Popen(command, cwd=ROOT, env=processes.env, stdout=subprocess.DEVNULL) as worker:
        try:
            wait_for(lambda: len(workers()) == 2, "two signs of life")
        finally:
            worker.kill()
    (other,) = {int(name.split(":")[-1]) for name in workers()} - {worker.pid}
    wait_for(lambda: not is_running(other), "the end of the other one")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

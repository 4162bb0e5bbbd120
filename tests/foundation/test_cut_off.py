"""A worker whose connection to the database is cut goes on with another one, and the job that it had is done."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from foundation.jobs import lanes, queue
from foundation.jobs.management.commands.worker import Command
from foundation.jobs.models import Job

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PATIENCE = 90  # seconds


def cut() -> None:
    """As the database's administrator does (pg_terminate_backend), or a restart of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()[0]
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [mine])
    finally:
        other.close()


def test_it_goes_on_when_its_connection_is_cut_under_a_job(monkeypatch) -> None:
    stop, ran = threading.Event(), []

    def handler(args: dict) -> None:
        ran.append(args["number"])
        if ran == [1]:
            Job.objects.filter(key="one").update(lease_until=timezone.now() - timedelta(minutes=1))
            cut()
            Job.objects.count()  # and the connection is gone
        if len(ran) == 3:
            stop.set()

    monkeypatch.setitem(queue.HANDLERS, "cut", handler)
    for number, key in enumerate(("one", "two"), start=1):
        queue.enqueue("cut", key, {"number": number})
    patience = threading.Timer(PATIENCE, stop.set)
    patience.start()
    Command().loop(stop, lanes.MAIN)
    patience.cancel()
    assert sorted(ran) == [1, 1, 2]
    assert set(Job.objects.filter(kind="cut").values_list("state", flat=True)) == {Job.State.DONE}

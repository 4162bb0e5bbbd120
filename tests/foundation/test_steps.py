"""Rows that are written one after another, each only where the one before was: by one statement, or by several."""

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from foundation.jobs import with_row
from foundation.jobs.models import Job
from foundation.prepared import steps
from foundation.prepared.steps import Step

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def new(key: str, args: Any = None, ending: str = "ON CONFLICT DO NOTHING") -> Step:
    sql, values = steps.insert(Job(kind="k", key=key, args=args or {}, run_at=timezone.now()))
    return Step(f"{sql} {ending} RETURNING id", values)


def keys() -> list[str]:
    return sorted(Job.objects.values_list("key", flat=True))


def test_it_writes_each_row_where_the_one_before_was_written_and_says_how_many() -> None:
    assert steps.run(new("a")) == 1 and steps.run(new("a")) == 0
    assert steps.run(new("b"), new("c"), new("d")) == 3
    assert steps.run(new("e"), new("a"), new("f")) == 1
    assert steps.run(new("a"), new("g"), new("h")) == 0
    assert keys() == ["a", "b", "c", "d", "e"]


@pytest.mark.postgres
def test_it_asks_postgresql_once() -> None:
    steps.run(new("a"), new("b"))
    with CaptureQueriesContext(connection) as asked:
        assert steps.run(new("c"), new("d"), new("e")) == 3
    assert len(asked) == 1


def test_it_writes_what_save_would_write_whatever_is_in_it() -> None:
    args = {"it's": ["ü %s {n} {before} %(n)s", None, 1], 'qu"otes': {"a": True}}
    saved = Job(kind="k", key="saved {given} %", args=args, run_at=timezone.now())
    saved.save()
    assert steps.run(new("new {given} %", args)) == 1
    one, other = (vars(row) for row in Job.objects.order_by("-key"))
    assert {name for name in one if one[name] != other[name]} == {"_state", "id", "key", "run_at", "created_at"}


def test_it_tells_a_job_what_was_written_before_it() -> None:
    assert steps.run(new("row"), with_row.step("k", "job", {"n": 2**40, "it's": "ü"}, "row")) == 2
    job, row = Job.objects.get(key="job"), Job.objects.get(key="row")
    assert job.args == {"n": 2**40, "it's": "ü", "row": row.pk}
    assert steps.run(new("row"), with_row.step("k", "other", {}, "row")) == 0 and keys() == ["job", "row"]


@pytest.mark.django_db(transaction=True)
def test_it_writes_all_or_nothing_where_one_fails() -> None:
    with pytest.raises(IntegrityError):
        steps.run(new("b"), new("c"), new("b", ending=""))
    assert keys() == []

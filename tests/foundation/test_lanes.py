"""Several workers share the queue: lanes, groups, and a claim that asks no more where a hundred thousand wait."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from config.page_filling import PURGE
from donations.letters import gift_letters, year_end
from donations.reconcile import unsent
from foundation.jobs import lanes, picking, queue
from foundation.jobs.models import Job
from foundation.letters import outbox
from supporters.newsletter import sending
from tests.narrowing import not_none

pytestmark = pytest.mark.django_db
done: list[str] = []
plans: list[str] = []


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    done.clear()
    queue.handler("note")(lambda args: done.append(args["n"]))
    queue.handler("long", lane=lanes.SLOW)(lambda args: done.append(args["n"]))
    yield
    for kind in ("note", "long"):
        queue.HANDLERS.pop(kind)
        lanes.LANES.pop(kind, None)


def enqueue(kind: str, key: str, group: str = "") -> Job:
    return queue.enqueue(kind, key, {"n": key}, group=group)


def backlog(count: int, kind: str = "note", group: str = "", **fields: Any) -> None:
    now = timezone.now()
    lane = lanes.of(kind)
    rows = (
        Job(kind=kind, key=f"{kind} {group} {n} {fields}", lane=lane, group=group, run_at=now, args={"n": n}, **fields)
        for n in range(count)
    )
    Job.objects.bulk_create(rows, batch_size=1000)


def test_it_lets_nothing_slow_stand_before_money_or_a_receipt() -> None:
    lane = {kind: lanes.of(kind) for kind in queue.HANDLERS}
    assert lane["stripe-event"] == lane["refund"] == lanes.MAIN
    assert lane["returned"] == lane["my-link"] == lane["pledge-letter"] == lanes.PEOPLE
    assert lane[outbox.PLAIN] == lane[gift_letters.WITH_DOCUMENT] == outbox.LANE
    assert lane[year_end.SEND] == lane[sending.HAND_OVER] == outbox.MAILINGS
    assert lane["periodic"] == lanes.PERIODIC
    slow = {year_end.KIND, unsent.KIND, sending.KIND, "long", "walk-links", "ask-elsewhere"}
    assert slow <= {kind for kind, its in lane.items() if its == lanes.SLOW}
    known = {lanes.MAIN, lanes.PEOPLE, outbox.LANE, outbox.MAILINGS, lanes.PERIODIC, lanes.SLOW, lanes.of(PURGE)}
    assert known == set(lanes.lanes())


def test_it_finds_the_first_of_another_lane_behind_a_backlog() -> None:
    backlog(50)
    enqueue("long", "last")
    found = queue.claim(lanes.SLOW)
    assert found and found.key == "last" and queue.claim(lanes.SLOW) is None


def test_it_runs_no_two_jobs_of_a_group_at_once_and_goes_on_with_others() -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for key, group in (("a", "cus_1"), ("b", "cus_1"), ("c", "cus_2"), ("d", ""), ("e", "")):
            enqueue("note", key, group)
        claimed = [queue.claim(lanes.MAIN) for _ in range(4)]
        assert [job and job.key for job in claimed] == ["a", "c", "d", "e"]
        assert queue.claim(lanes.MAIN) is None, "b waits for a"
        queue.run(not_none(claimed[0]))
        assert not_none(queue.claim(lanes.MAIN)).key == "b" and done == ["a"]


def test_it_keeps_a_group_waiting_for_a_dead_worker_no_longer_than_a_moment() -> None:
    """Its lease is longer: what else was told of the same payment is booked meanwhile."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        enqueue("note", "a", "cus_1")
        enqueue("note", "b", "cus_1")
        assert not_none(queue.claim()).key == "a"  # and the worker dies here
        clock.shift(picking.GROUP_WAITS)
        assert queue.run_due() == 1 and done == ["b"]
        clock.shift(picking.LEASE)
        assert queue.run_due() == 1 and done == ["b", "a"]


def test_it_lets_a_poison_job_keep_none_of_its_group_from_running() -> None:
    def poison(args: dict[str, Any]) -> None:
        raise ZeroDivisionError

    queue.HANDLERS["long"] = poison
    enqueue("long", "poison", "cus_1")
    enqueue("note", "b", "cus_1")
    assert queue.run_due() == 2 and done == ["b"]


def test_it_puts_what_an_older_version_enqueued_into_its_lane() -> None:
    for key, kind, lane in (("a", "long", lanes.MAIN), ("b", "note", "gone"), ("c", "note", lanes.MAIN)):
        Job.objects.create(key=key, kind=kind, lane=lane, run_at=timezone.now(), args={"n": key})
    assert picking.refile() == 2 and picking.refile() == 0
    assert dict(Job.objects.values_list("key", "lane")) == {"a": lanes.SLOW, "b": lanes.MAIN, "c": lanes.MAIN}


def steps(lane: str) -> int:
    """How much SQLite does to find the next job, in tens of its own instructions: no time, and always the same."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, 10)
    try:
        found = queue.claim(lane)
    finally:
        connection.connection.set_progress_handler(None, 0)
    Job.objects.filter(pk=not_none(found).pk).update(state=Job.State.READY, lease_until=None)
    return counted[0]


@pytest.mark.once
def test_it_finds_the_next_job_by_as_little_work_among_many_as_among_few() -> None:
    """A drain of n jobs that looked at all of them for each would take n times n."""
    for kind in ("note", "long"):
        backlog(20, kind, state=Job.State.DONE)
    for group in ("", "cus_1"):
        backlog(20, group=group)
    few = steps(lanes.MAIN)
    backlog(3000, group="cus_2")
    backlog(3000, "long")
    assert steps(lanes.MAIN) <= few + 5


@pytest.mark.postgres
def test_it_finds_the_next_job_by_an_index_without_sorting() -> None:
    backlog(2000, group="cus_2")
    backlog(2000, "long")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    plans.clear()
    with connection.execute_wrapper(explained):
        assert queue.claim(lanes.MAIN)
    assert plans and all("Sort" not in plan and "Seq Scan" not in plan for plan in plans), plans
    assert "job_next" in plans[0]


def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Keep the plan of each question for jobs, and ask it as it was."""
    if "ORDER BY" in sql:
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plans.append(json.dumps(cursor.fetchone()[0]))
    return execute(sql, params, many, context)

"""A process with the site's settings: forks workers that can be killed, and answers questions about the rows.

It takes orders as lines of JSON and holds no connection to the database, so that each fork opens its own.
Forking spares the seconds in which Django starts: a hundred workers can be killed in a minute.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.models import F, QuerySet
from django.utils import timezone

from config.management.commands import serve
from donations.card_testing import limits
from donations.giving import starter
from donations.letters import year_end
from donations.models import Gap, Gift, LedgerEntry, Receipt, Reconciliation, StripeEvent
from donations.stripe import client
from donations.webhooks import inbox
from foundation.access import proof_of_work
from foundation.jobs.models import Job
from foundation.letters import headers, throttle
from foundation.letters.models import Letter, MailThrottle
from tests.bench import books
from tests.donations import agreement
from tests.drills import failpoints, plants

ACTIVE = (Job.State.READY, Job.State.RUNNING)


def web_command(workers: int = 1) -> list[str]:
    """As `manage.py serve` starts it, but through the door that can be armed."""
    return serve.web_command(settings.PORT, workers, "tests.drills.web:application")


def unfinished() -> int:
    return Job.objects.filter(state__in=ACTIVE).count()


def left() -> list[list[str]]:
    """What is not done, and why."""
    rows = Job.objects.filter(state__in=ACTIVE).values_list("key", "state", "failures", "last_error")[:20]
    return [[str(each) for each in row] for row in rows]


def time_passes(seconds: int) -> None:
    """Everything that waits is that much older. Only while no worker runs: leases end too."""
    step = timedelta(seconds=seconds)
    Job.objects.filter(state__in=ACTIVE).update(run_at=F("run_at") - step, lease_until=F("lease_until") - step)
    StripeEvent.objects.update(received_at=F("received_at") - step)
    MailThrottle.objects.update(held_until=F("held_until") - step)


def state() -> dict[str, Any]:
    """What is wrong, and what stands where."""
    paid = Gift.objects.paid()
    keys = [f"receipt:{reference}" for reference in paid.values_list("reference", flat=True)]
    last = Reconciliation.objects.order_by("-pk").first()
    return {
        "wrong": agreement.disagreements(),
        "dead": list(Job.objects.filter(state=Job.State.DEAD).values_list("key", "last_error")),
        "letters": {headers.mark(key): state for key, state in Letter.objects.values_list("key", "state")},
        "receipts not written about": sorted(set(keys) - set(Letter.objects.values_list("key", flat=True))),
        "paid": len(keys),
        "booked": LedgerEntry.objects.exclude(settled=None).values("balance_transaction").distinct().count(),
        "failed": list(Letter.objects.filter(state=Letter.State.FAILED).values_list("to", flat=True)),
        "events": StripeEvent.objects.count(),
        "compared": {"gaps": last.gaps, "found": last.found, "notes": last.notes} if last else None,
    }


def money() -> list[int]:
    """How many gifts are paid, how many rows of money there are, and how many of comparisons with Stripe."""
    return [
        Gift.objects.paid().count(),
        *(each.objects.count() for each in (LedgerEntry, Receipt, Gap, Reconciliation)),
    ]


def limits_of_pages() -> dict[str, tuple[int, int]]:
    """How many payment pages unknown browsers may open at once, and in how many seconds as many again."""
    return {"an address": limits.PAGES_AN_ADDRESS, "a network": limits.PAGES_A_NETWORK, "everywhere": limits.PAGES}


def solve(challenge: str) -> str:
    """What a donor's browser answers to the step-up."""
    return proof_of_work.solve(challenge)


def letters_held() -> int:
    """How often in a row the mail server failed, so that all letters wait."""
    return throttle.now().failures


def event_states() -> dict[str, str]:
    return dict(StripeEvent.objects.values_list("event_id", "state"))


def donors_of_a_year(count: int) -> int:
    """So many people who gave once each, in the year that is returned."""
    starter.load()
    books.gifts(count, books.people(count))
    return books.YEAR


def start_statements(year: int) -> bool:
    """As the button in the panel does."""
    return year_end.start(year)


def statements() -> dict[str, str]:
    """The state of each statement that was written, by the mark that its letter carries."""
    written = Letter.objects.filter(template="statement").values_list("key", "state")
    return {headers.mark(key): state for key, state in written}


def backlog(count: int) -> None:
    """So many events of a type that asks for nothing, as they wait after an outage."""
    now, live = timezone.now(), client.is_live()
    for first in range(0, count, 5000):
        events = [
            StripeEvent(event_id=f"evt_b{n}", type="x.y", object_id="", created=now, livemode=live, payload="{}")
            for n in range(first, min(count, first + 5000))
        ]
        jobs = [
            Job(kind="stripe-event", key=each.job_key, args={"event": each.event_id}, run_at=now) for each in events
        ]
        StripeEvent.objects.bulk_create(events, batch_size=1000)
        Job.objects.bulk_create(jobs, batch_size=1000)


def events_waiting() -> int:
    return StripeEvent.objects.filter(state=StripeEvent.State.WAITING).count()


def before_receipts() -> int:
    """How many events of the backlog stand before one that brings a receipt, in the order in which jobs are claimed."""
    jobs = Job.objects.filter(kind="stripe-event", state=Job.State.READY)
    came = [f"stripe-event:{ident}" for ident in _money_came()]
    last = jobs.filter(key__in=came).order_by("-run_at", "-id").first()
    ahead = jobs.filter(key__startswith="stripe-event:evt_b", run_at__lt=last.run_at) if last else jobs.none()
    return ahead.count() + 10**9 * (last is None)


def receipts_waiting() -> int:
    """How many events that bring a receipt are not done."""
    return _money_came().filter(state=StripeEvent.State.WAITING).count()


def _money_came() -> QuerySet[StripeEvent, str]:
    return StripeEvent.objects.filter(type__in=inbox.MONEY_CAME).values_list("event_id", flat=True)


def done_again() -> int:
    """How many jobs about events were begun more than once."""
    return Job.objects.filter(kind="stripe-event", attempts__gt=1).count()


ALL: tuple[Callable[..., Any], ...] = (
    *(web_command, unfinished, left, time_passes, state, money, limits_of_pages, solve, event_states, letters_held),
    *(donors_of_a_year, start_statements, statements, backlog, events_waiting, done_again),
    *(before_receipts, receipts_waiting),
)
QUESTIONS = {one.__name__: one for one in ALL}


def _start(words: list[str], die_at: str, mark: str, nth: int, away: int) -> int:
    """A management command as a process of its own, whose clock is `away` seconds from ours; returns its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        output = os.open(settings.DATA_DIR / "drill.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if die_at:
            failpoints.arm(die_at, Path(mark), nth)
        if away:
            time_machine.travel(time.time() + away).start()
        call_command(*words)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


def _ask(name: str, args: list[Any]) -> Any:
    """One question, answered by a fork."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        try:
            answer = {"answer": QUESTIONS[name](*args)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        with os.fdopen(writer, "w") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = json.load(pipe)
    os.waitpid(pid, 0)
    return answer


def _ended(pid: int) -> int | None:
    """None while it runs, else its exit code, below zero the signal."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def warm_up() -> None:
    """What each worker does when it starts, once before the first fork: templates and addresses are there for all."""
    call_command("finish_pages")
    connections.close_all()


def main() -> None:
    plants.plant()
    started = set()
    warm = False
    for line in sys.stdin:
        order, *args = json.loads(line)
        if order == "start":
            if not warm:  # not before: a copy may be restored to here first, and wants no database
                warm_up()
                warm = True
            pid = _start(*args)
            started.add(pid)
            answer: Any = {"answer": pid}
        elif order == "ended":
            answer = {"answer": _ended(*args)}
            if answer["answer"] is not None:
                started.discard(args[0])
        else:
            answer = _ask(order, args)
        print(json.dumps(answer), flush=True)
    for pid in started:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

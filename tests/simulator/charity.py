"""One charity over years: a seed drives donors, staff, worker, comparisons, mail, Stripe, its Dashboard, the clock and
kills at any moment, all in one process. The acts are those of tests/donations/machine.py and of `Steps` here.

After each step: what stands in the ledger is Stripe's to the cent, each paid gift has one charge and one first
receipt, no letter went twice, nothing was taken from who had stopped, and no state went back. At rest, once a year and
at the end, all of it is there, Stripe's own objects agree, and a comparison finds nothing.
"""

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from donations.giving import starter
from donations.models import Currency, Gift, LedgerEntry, Plan
from donations.monthly import dunning
from donations.reconcile import runs
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from tests import chance
from tests.donations import agreement, machine
from tests.donations.donor import Till
from tests.donations.truth import disagreements_with_stripe
from tests.simulator import written
from tests.simulator.moments import KINDS, KilledError, Moments, Trap
from tests.simulator.steps import Steps
from tests.stripe_sandbox.driver import Sandbox

YEAR = timedelta(days=365)


class Charity(Steps):
    """`report` counts what happened, `written` what stands in books, receipts and letters in the end."""

    def __init__(self, sandbox: Sandbox, seed: int, years: float) -> None:
        super().__init__()
        self.sandbox, self.seed, self.years = sandbox, seed, years
        self.dice = random.Random(seed)
        self.report: Counter[str] = Counter()
        self.written: dict[str, written.Rows] = {}

    def live(self) -> None:
        """The whole story. Raises AssertionError with the seed and the step at which it went wrong."""
        self.done = "the beginning"
        with transaction.atomic(), chance.seeded(self.seed):
            try:
                self._open()
                with self.moments:
                    self._begin()
                    self._go_on()
                    self.done = "the end"
                    self.rest()
                    self._count()
            except (Exception, KilledError) as error:
                told = f"seed {self.seed}, step {self.report['steps']}, {self.done}: {error}"
                again = f"script/drill years --seed {self.seed} --years {math.ceil(self.years)} --jobs 1"
                raise AssertionError(f"{told}\nThe same story again: {again}") from error
            finally:
                if hasattr(self, "travel"):
                    self.travel.stop()
                cache.clear()
                transaction.set_rollback(True)

    def _open(self) -> None:
        """A morning in the next year, so that stories meet each end of a month and of a year."""
        day = datetime(timezone.now().year + 1, 1, 1, 9, tzinfo=UTC) + timedelta(days=self.dice.randrange(365))
        self.begun_at = day
        tenant = f"charity{self.seed}"
        self.django.STRIPE_API_BASE = self.sandbox.tenant(tenant)
        self.till = Till(self.sandbox, tenant)
        self.till.caller = Client()
        self.till.advance(int(day.timestamp()) - self.till.sandbox.health(self.till.tenant)["now"])
        self.travel = time_machine.travel(day, tick=False)
        self.clock = self.travel.start()
        self.moments = Moments(self.till, lambda: self.clock.shift(0.01), alike=True)
        starter.load()
        Currency.objects.filter(code="USD").update(yearly_amounts=[15000, 30000, 60000])
        mail.outbox.clear()
        cache.clear()
        self.was, self.ended, self.papers, self.moved, self.begun = {}, set(), {}, 0, 0
        self.forms, self.stopped, self.let_go_on, self.moved_there, self.told_of = [], {}, set(), {}, 0

    def _begin(self) -> None:
        self.moments.restart()  # whose account it is is asked anew
        self.give("once", "USD", False, machine.GOOD)
        self.give("monthly", "EUR", True, self.dice.choice([machine.GOOD, machine.FAILS_LATER]))
        self.give("yearly", "USD", False, machine.GOOD)
        self.events_arrive(0)

    def _go_on(self) -> None:
        until, rests = self.begun_at + YEAR * self.years, self.begun_at + YEAR
        while timezone.now() < until:
            self._step()
            self.check()
            if timezone.now() >= rests:
                self.done, rests = "the rest at the end of a year", rests + YEAR
                self.rest()

    def _step(self) -> None:
        """One act, perhaps with a fault set in its way or death."""
        self.report["steps"] += 1
        self.clock.shift(1)  # nothing happens at the same moment as what was before
        self.done, act = self.an_act()
        self.did = True
        if self.dice.random() < 0.12:
            self.moments.set(
                Trap(self.dice.choice(KINDS), self.dice.randint(1, 25), self.dice.random() < 0.5, kills=True)
            )
        try:
            act()
        except KilledError:
            self.report["kills"] += 1
            self.moments.restart()
            self.till.caller = Client()
        self.report.update(trap.sort for trap in self.moments.sprung)
        self.moments.sprung.clear()
        self.report[self.done if self.did else f"{self.done}: nothing to do it to"] += 1

    def check(self) -> None:
        """What is true after each step, whatever is still on its way."""
        with self.moments.silence():
            self.nothing_goes_back()
            self._books_so_far()
            self.note_what_stopped()
            mailed = Counter(each.extra_headers["X-Letter"] for each in mail.outbox)
            wrong = [
                *self.taken_after_stop(),
                *agreement.twice(),
                *agreement.receipts(),
                *(f"mailed {times} times: {key}" for key, times in mailed.items() if times > 1),
            ]
            assert not wrong, wrong
        self.report["checks"] += 1

    def _books_so_far(self) -> None:
        """Each balance transaction that is booked is booked whole, and as Stripe has it."""
        theirs = self.balance()
        ours: Counter[str] = Counter()
        for name, settled in LedgerEntry.objects.exclude(settled=None).values_list("balance_transaction", "settled"):
            ours[name] += settled or 0
        wrong = {name: (sum_, theirs.get(name)) for name, sum_ in ours.items() if sum_ != theirs.get(name)}
        assert not wrong, f"booked, and at Stripe: {wrong}"

    def rest(self) -> None:
        """Nothing fails and nobody gives any more: what is on its way arrives, and what waits is done."""
        self.moments.set(None)
        self.till.calm()
        self.moments.restart()
        for _ in range(3):
            self.events_arrive(0)
            self.time_passes(1)
        for _ in range(2):  # a pause of ours voids months, which changes the plan at Stripe once more
            runs.run(apply=True)
            dunning.enqueue_due_steps()
            run_due()
        again = runs.run(apply=True)
        assert again.gaps == 0 and again.found_text() == "", (again.found, again.notes)
        agreement.assert_books_agree()
        wrong = disagreements_with_stripe(self.till)
        assert not wrong, wrong
        dead = list(Job.objects.filter(state=Job.State.DEAD).values_list("key", "last_error"))
        assert not dead, f"dead jobs: {dead}"
        self.check()
        self.report["rests"] += 1

    def _count(self) -> None:
        self.report.update(f"event {each['type']}" for each in self.heard(self.till.events()))
        self.report["gifts paid"] = Gift.objects.paid().count()
        self.report["plans"] = Plan.objects.count()
        self.report["letters mailed"] = len(mail.outbox)
        self.report["events"] = len(self.till.events())
        for kind in LedgerEntry.objects.values_list("kind", flat=True):
            self.report[f"ledger: {kind}"] += 1
        self.written = written.everything()

"""Donors, staff, Stripe, faults and restarts at random: the books are Stripe's after every story."""

import os
import random
import uuid
from contextlib import suppress

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from donations import audit, gateway, reconcile, starter, steering
from donations.models import Gift, LedgerEntry, Plan, Receipt
from foundation.jobs.queue import run_due
from tests.donations.donor import Donor, Till
from tests.donations.test_events import told
from tests.donations.test_returns import balanced

DAY = 86400
STORIES = int(os.environ.get("STORIES", 10))  # of thirty steps each
pytestmark = pytest.mark.finding
RANK = {"started": 0, "pending": 1, "expired": 2, "failed": 2, "paid": 3}


class Story(RuleBasedStateMachine):
    """One charity with one Stripe account, from its first gift on."""

    sandbox = None
    django = None

    @initialize()
    def begin(self) -> None:
        self.rows = transaction.atomic()
        self.rows.__enter__()
        tenant = f"m{uuid.uuid4().hex[:10]}"
        self.django.STRIPE_API_BASE = self.sandbox.tenant(tenant)
        self.till = Till(self.sandbox, tenant)
        starter.load()
        self.donor = Donor(Client(), self.till)
        self.was: dict[int, str] = {}
        self.ended: set[int] = set()
        self.begun = 1
        self.donor.pay(self.donor.give("once", "25"))  # something to refund and to dispute from the first step on

    def charges(self) -> list[dict]:
        return [charge for charge in self.till.objects("charge") if charge["status"] == "succeeded"]

    @precondition(lambda self: self.begun < 6)
    @rule(
        frequency=st.sampled_from(["once", "once", "monthly"]),
        code=st.sampled_from(["USD", "EUR", "JPY"]),
        cover=st.booleans(),
        card=st.sampled_from(["4242424242424242", "4000000000000341", None]),
    )
    def give(self, frequency: str, code: str, cover: bool, card: str | None) -> None:
        self.begun += 1
        amount = "3000" if code == "JPY" else "25"
        answer = self.donor.give(frequency, amount, code=code, **({"cover_fee": "on"} if cover else {}))
        if answer.status_code == 303 and card:
            self.donor.pay(answer, card)

    @precondition(lambda self: self.begun)
    @rule(part=st.integers(1, 100), which=st.integers(0, 9))
    def refund(self, part: int, which: int) -> None:
        open_ones = [charge for charge in self.charges() if not charge["refunded"] and not charge["disputed"]]
        if open_ones:
            charge = open_ones[which % len(open_ones)]
            left = charge["amount"] - charge["amount_refunded"]
            self._try(lambda: self.till.refund(charge["payment_intent"], amount=max(1, left * part // 100)))

    @precondition(lambda self: self.begun)
    @rule(which=st.integers(0, 9))
    def refund_fails(self, which: int) -> None:
        done = [refund for refund in self.till.objects("refund") if refund["status"] == "succeeded"]
        if done:
            ident = done[which % len(done)]["id"]
            self._try(lambda: self.sandbox.turn_refund(ident, "failed", self.till.tenant))

    @precondition(lambda self: self.begun)
    @rule(which=st.integers(0, 9), inquiry=st.sampled_from([False, False, True]))
    def dispute(self, which: int, inquiry: bool) -> None:
        clean = [charge for charge in self.charges() if not charge["disputed"] and not charge["refunded"]]
        if clean:
            intent = clean[which % len(clean)]["payment_intent"]
            self._try(lambda: self.till.dispute(intent, inquiry=inquiry))

    @precondition(lambda self: self.begun)
    @rule(which=st.integers(0, 9), how=st.sampled_from(["won", "lost", "warning_closed", "escalated"]))
    def dispute_ends(self, which: int, how: str) -> None:
        known = self.till.objects("dispute")
        if known:
            ident = known[which % len(known)]["id"]
            self._try(lambda: self.sandbox.end_dispute(ident, how, self.till.tenant))

    @rule(days=st.sampled_from([1, 3, 8, 31]))
    def time_passes(self, days: int) -> None:
        self.till.advance(days * DAY)

    @rule()
    def money_of_others(self) -> None:
        self.sandbox.foreign_charge(1234, "usd", self.till.tenant)
        self.sandbox.fee(77, self.till.tenant)

    @rule(change=st.sampled_from([steering.pause, steering.resume, steering.stop, steering.undo_stop, steering.end]))
    def staff_steer(self, change) -> None:
        plan = Plan.objects.running().first()
        if plan:
            with suppress(gateway.StripeIsDownError, gateway.StripeRefusedError):  # staff read a sentence
                change(plan)

    @rule(seed=st.integers(0, 999), lost=st.floats(0, 1), twice=st.floats(0, 1))
    def events_come(self, seed: int, lost: float, twice: float) -> None:
        """Some lost, some twice, in any order."""
        dice = random.Random(seed)
        came = [event for event in told(self.till) if dice.random() >= lost][-30:]
        came += [event for event in came if dice.random() < twice]
        dice.shuffle(came)
        self.till.tell(came)

    @rule(kind=st.sampled_from(["unavailable", "error_before", "rate_limit"]), count=st.integers(1, 4))
    def stripe_stumbles(self, kind: str, count: int) -> None:
        self._try(lambda: self.till.fault(kind, count=count))

    @rule()
    def restart(self) -> None:
        gateway._client_for.cache_clear()
        gateway._account_for.cache_clear()

    @rule(apply=st.booleans())
    def compare(self, apply: bool) -> None:
        with suppress(gateway.StripeIsDownError):  # the next hour asks again
            reconcile.run(apply=apply)

    @rule()
    def nothing_goes_back(self) -> None:
        for pk, status in Gift.objects.values_list("pk", "status"):
            assert RANK[status] >= RANK[self.was.get(pk, "started")], (self.was[pk], status)
            self.was[pk] = status
        over = set(Plan.objects.filter(status="ended").values_list("pk", flat=True))
        assert self.ended <= over
        self.ended = over

    @staticmethod
    def _try(what) -> None:
        """What Stripe or the sandbox finds impossible does not happen."""
        with suppress(ValueError):
            what()

    def teardown(self) -> None:
        if not hasattr(self, "rows"):
            return
        try:
            self.till.calm()
            self.nothing_goes_back()
            reconcile.run(apply=True)
            run_due()
            again = reconcile.run(apply=True)
            self.nothing_goes_back()
            assert again.gaps == 0 and again.found_text() == "", (again.found, again.notes)
            assert balanced(self.till)
            assert [words for check in audit.CHECKS for words in check()] == []
            paid = Gift.objects.paid().count()
            assert Receipt.objects.filter(replaces=None).count() == paid
            assert LedgerEntry.objects.filter(kind="charge", gift__status="paid").count() == paid
        finally:
            transaction.set_rollback(True)
            self.rows.__exit__(None, None, None)


@pytest.mark.django_db
def test_it_has_stripes_books_after_every_story(till, charity, sandbox, settings):
    Story.sandbox, Story.django = sandbox, settings
    quick = effort(
        max_examples=STORIES,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        print_blob=False,
    )
    run_state_machine_as_test(Story, settings=quick)

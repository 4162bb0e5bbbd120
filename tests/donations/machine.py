"""Donors, staff, Stripe, faults, restarts and a moving clock at random: the state machine of test_machine.py."""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import time_machine
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from pytest_django.fixtures import Settings

from donations.giving import starter
from donations.models import Gift, LedgerEntry, Plan, Receipt
from donations.monthly import changes, dunning
from donations.reconcile import runs
from donations.stripe import client
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from foundation.jobs.queue import run_due
from tests.donations.account_life import WHICH, AccountLife
from tests.donations.agreement import assert_books_agree
from tests.donations.donor import Donor, Till, opened_before
from tests.donations.truth import broken_promise, disagreements_with_stripe
from tests.stripe_sandbox.driver import Declined, Sandbox

DAY = 86400
DONORS = 8  # in one story
RANK = {"started": 0, "pending": 1, "expired": 2, "failed": 2, "paid": 3}
GOOD, FAILS_LATER, REFUSED = "4242424242424242", "4000000000000341", "4000000000000002"
BANK = {"USD": "000123456789", "EUR": "DE89370400440532013000"}
# What says of a page, a payment or a plan how it was once.
LATE = ("checkout.session.completed", "checkout.session.expired", "charge.failed", "customer.subscription.updated")
NOT_NOW = (StripeIsDownError, StripeRefusedError, changes.CannotError)  # staff read a sentence
STEER: dict[str, Callable[[Plan], Plan]] = {
    "pause": changes.pause,
    "pause until": lambda plan: changes.pause(plan, timezone.now() + timedelta(days=45)),
    "resume": changes.resume,
    "stop": changes.stop,
    "undo": changes.undo_stop,
    "end": changes.end,
    "amount": lambda plan: changes.change_amount(plan, plan.total + 100),
}
REACHED: Counter[str] = Counter()  # over all stories: a story in which nothing happens proves nothing


class Story(AccountLife, RuleBasedStateMachine):
    """One charity with one Stripe account, from its first gift on. Its clock is Stripe's."""

    sandbox: Sandbox
    django: Settings

    @initialize(
        month=st.sampled_from([GOOD, GOOD, FAILS_LATER]), bank=st.booleans(), past=st.booleans(), late=st.booleans()
    )
    def begin(self, month: str, bank: bool, past: bool, late: bool) -> None:
        """Something to refund, to dispute, to renew, to steer and to come back to from the first step on.

        `past`: the second month has come by then. `late`: at the end much is told once more, the newest first.
        """
        self.rows = transaction.atomic()
        self.rows.__enter__()
        self.travel = time_machine.travel(timezone.now(), tick=True)
        self.clock = self.travel.start()
        tenant = f"m{uuid.uuid4().hex[:10]}"
        self.django.STRIPE_API_BASE = self.sandbox.tenant(tenant)
        self.till = Till(self.sandbox, tenant)
        starter.load()
        mail.outbox.clear()
        self.was: dict[int, tuple[int, int]] = {}
        self.ended: set[int] = set()
        self.papers: dict[str, tuple] = {}
        self.moved = 0
        self.begun = 0
        self.forms: list[tuple[Donor, dict[str, str], str]] = []  # left on Stripe's page: who, what was sent, the page
        self.give("once", "USD", False, GOOD)
        self.give("monthly", "EUR", True, month)
        self.give("once", "USD", False, "bank" if bank else "")
        self.till.tell(self.till.told())
        self.late = late
        if past:
            self.time_passes(31)

    # donors

    @precondition(lambda self: self.begun < DONORS)
    @rule(
        frequency=st.sampled_from(["once", "monthly"]),
        code=st.sampled_from(["USD", "EUR", "JPY"]),
        cover=st.booleans(),
        card=st.sampled_from([GOOD, GOOD, FAILS_LATER, REFUSED, "bank", ""]),
    )
    def give(self, frequency: str, code: str, cover: bool, card: str) -> None:
        """Each donor comes from a place of their own, so that no limit of ours ends the story."""
        self.begun += 1
        donor = Donor(Client(REMOTE_ADDR=f"192.0.2.{self.begun}"), self.till)
        more = {"cover_fee": "on"} if cover else {}
        amount = "3000" if code == "JPY" else "25"
        self._send(donor, donor.wish(frequency, amount, code, email=f"donor{self.begun}@donor.example", **more), card)

    @precondition(lambda self: self.forms)
    @rule(
        which=WHICH,
        how=st.sampled_from(["same", "same", "other sum", "old page"]),
        card=st.sampled_from([GOOD, "bank"]),
        days=st.sampled_from([0.03, 0]),
    )
    def come_back(self, which: int, how: str, card: str, days: float) -> None:
        """Whoever left Stripe's page sends the form once more, with another sum perhaps, or finds the old page open."""
        if days:  # the page has ended by then
            self.time_passes(days)
        donor, fields, page = self.forms[which % len(self.forms)]
        if how == "old page":
            self._pay(page, fields["currency"], card)
        else:
            more = {"other": fields["other"].replace("25", "26")} if how == "other sum" else {}
            self._send(donor, {**fields, **more, "opened": opened_before()}, card)

    def _send(self, donor: Donor, fields: dict[str, str], card: str) -> None:
        answer = donor.send(fields)
        page = answer.headers.get("Location", "")
        if not page.startswith(self.sandbox.address):
            return  # Stripe is down, or has the money already
        if card:
            self._pay(page, fields["currency"], card)
        else:
            self.forms.append((donor, fields, page))

    def _pay(self, page: str, code: str, card: str) -> None:
        with suppress(Declined):  # a card that is refused, a page that is over, a bank that serves no such currency
            if card == "bank":
                self.sandbox.debit(page, BANK.get(code, ""))
            else:
                self.till.pay(page, card)

    # staff, the worker, and what comes in

    @rule(which=WHICH, acts=st.lists(st.sampled_from(sorted(STEER)), min_size=1, max_size=3))
    def staff_steer(self, which: int, acts: list[str]) -> None:
        for how in acts:
            running = list(Plan.objects.running().order_by("pk"))
            with suppress(*NOT_NOW, IndexError):
                plan = STEER[how](running[which % max(len(running), 1)])
                assert broken_promise(self.till, plan, how) == ""
                REACHED[f"staff: {how}"] += 1
        self.nothing_goes_back()

    @rule(days=st.sampled_from([31, 0.03, 1, 3, 8]))
    def time_passes(self, days: float) -> None:
        """At Stripe and here; the worker does what is due."""
        self.till.advance(int(days * DAY))
        self.clock.shift(int(days * DAY))
        dunning.enqueue_due_steps()
        run_due()
        self.nothing_goes_back()

    @rule(seed=st.integers(0, 999), lost=st.floats(0, 1), twice=st.floats(0, 1))
    def events_come(self, seed: int, lost: float, twice: float) -> None:
        """Some lost, some twice, in any order."""
        dice = random.Random(seed)
        came = [event for event in self.till.told() if dice.random() >= lost][-30:]
        came += [{**event, "id": f"{event['id']}Twin"} for event in came if dice.random() < twice]
        dice.shuffle(came)
        self.till.tell(came)
        self.nothing_goes_back()

    def events_come_late(self) -> None:
        """What was told long ago, under new names, the newest first."""
        came = self.till.told()[::-1]
        self.till.tell([{**event, "id": f"{event['id']}Late"} for event in came if event["type"] in LATE])
        self.nothing_goes_back()

    @rule()
    def restart(self) -> None:
        client._client_for.cache_clear()
        client._account_for.cache_clear()

    @rule(apply=st.booleans())
    def compare(self, apply: bool) -> None:
        with suppress(StripeIsDownError):  # the next hour asks again
            runs.run(apply=apply)
        self.nothing_goes_back()

    # what must be true

    def nothing_goes_back(self) -> None:
        """A page that ended may be followed by a new one, as long as no money came; all else goes on only."""
        for pk, status, page in Gift.objects.values_list("pk", "status", "session_attempt"):
            stands = (99 if status == "paid" else page, RANK[status])
            assert stands >= self.was.get(pk, stands), (self.was[pk], stands)
            self.was[pk] = stands
            REACHED[f"gift {status}"] += 1
        REACHED.update(f"plan {status}" for status in Plan.objects.values_list("status", flat=True))
        over = set(Plan.objects.filter(status="ended").values_list("pk", flat=True))
        assert self.ended <= over, "a plan that had ended came back"
        self.ended = over
        papers = {each[0]: each for each in Receipt.objects.values_list("label", "total", "gift", "replaces", "day")}
        assert self.papers.items() <= papers.items(), "a receipt was edited"
        self.papers = papers
        moved = LedgerEntry.objects.count()
        assert self.moved <= moved, "a row left the ledger"
        self.moved = moved

    def teardown(self) -> None:
        if not hasattr(self, "rows"):
            return
        try:
            self.till.calm()
            self.time_passes(1)  # what waited for Stripe is due
            if self.late:
                self.events_come_late()
            for _ in range(2):  # a pause of ours voids months, which changes the plan at Stripe once more
                runs.run(apply=True)
                dunning.enqueue_due_steps()
                run_due()
            again = runs.run(apply=True)
            self.nothing_goes_back()
            assert again.gaps == 0 and again.found_text() == "", (again.found, again.notes)
            assert_books_agree()
            wrong = disagreements_with_stripe(self.till)
            assert not wrong, wrong
            self._note()
        finally:
            self.leave()

    def leave(self) -> None:
        """As if it had never been told."""
        self.travel.stop()
        transaction.set_rollback(True)
        self.rows.__exit__(None, None, None)

    def _note(self) -> None:
        """What this story has been through."""
        REACHED.update(LedgerEntry.objects.values_list("kind", flat=True))
        REACHED["a further month"] += Gift.objects.paid().filter(attempt_key=None).count()
        REACHED["plan held"] += Plan.objects.exclude(auto_paused_at=None).count()
        REACHED["second page"] += Gift.objects.paid().filter(session_attempt__gt=1).count()

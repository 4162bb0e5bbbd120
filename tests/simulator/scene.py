"""The world of a short story: people who press again what failed, Stripe that tells again, a worker that is restarted,
a mail server that counts, and staff who look after letters that perhaps left.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import time_machine
from django.db import DatabaseError
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from donations.models import Gift, LedgerEntry, Plan, Receipt, RefundRequest
from donations.stripe.errors import StripeIsDownError
from foundation.jobs import lanes, queue
from foundation.jobs.models import Job
from foundation.letters import headers, outbox
from foundation.letters.models import Letter
from pledges.models import Signature
from supporters.models import Delivery
from tests.donations.donor import Donor, Till
from tests.simulator.moments import KilledError, Moments
from tests.simulator.post import Post

TRIES = 5  # of a person, who gives up then; one fault was set
STEP = 400  # seconds; longer than a lease
ROUNDS = 30
SOON = timedelta(hours=1)  # what waits longer is not of this story


class Scene:
    """One story at one tenant of the offline Stripe. Its clock and Stripe's stand still but for what the story says."""

    def __init__(self, till: Till, mail: Post, clock: time_machine.Traveller) -> None:
        self.till, self.mail, self.clock = till, mail, clock
        self.moments = Moments(till, lambda: clock.shift(0.01))
        self.donor = Donor(Client(raise_request_exception=False), till)
        self.till.caller = Client()

    def insist(self, act: Callable[[], Any]) -> Any:
        """What somebody does until it has worked: its first true answer."""
        for _ in range(TRIES):
            self.moments.act += 1
            try:
                if done := act():
                    return done
            except KilledError:
                self._restart()
            except (DatabaseError, StripeIsDownError):
                pass  # they read a sentence, and press again
            self.pass_by(60)
        raise AssertionError("somebody pressed again and again, and it never worked")

    def _restart(self) -> None:
        self.moments.restart()
        self.till.caller = Client()

    def page(self, ask: Callable[[], Any], status: int) -> Any:
        """The answer of the site, which is never a fault of its own (500)."""

        def asked() -> Any:
            answer = ask()
            assert answer.status_code != 500, f"a person was shown a fault: {answer.request['PATH_INFO']}"
            return answer if answer.status_code == status else None

        return self.insist(asked)

    def tell(self) -> None:
        """Stripe tells each of its events until it hears 200; then the worker works."""
        for event in self.till.told():
            self.insist(partial(self._take, event))
        self.work()

    def _take(self, event: dict[str, Any]) -> bool:
        return bool(self.till.post(event).status_code == 200)

    def pass_by(self, seconds: float) -> None:
        self.clock.shift(seconds)
        self.till.advance(int(seconds))

    def work(self) -> None:
        """Workers, started again whenever one dies, until nothing is to do within the hour."""
        for _ in range(ROUNDS):
            self.moments.act += 1
            try:
                for lane in lanes.lanes():
                    queue.run_due(lane=lane)
            except KilledError:
                self._restart()
            except DatabaseError:
                pass  # the worker waits for the database, and goes on
            with self.moments.silence():
                due = Q(state=Job.State.READY, run_at__lte=timezone.now() + SOON) | Q(state=Job.State.RUNNING)
                if not Job.objects.filter(due).exists():
                    return
            self.pass_by(STEP)
        raise AssertionError("the worker does not come to an end")

    def end(self) -> None:
        """Staff look after letters that perhaps left, with what the mail server says, and have the others sent."""
        self.work()
        with self.moments.silence():
            for letter in Letter.objects.filter(state=Letter.State.UNSURE):
                if headers.mark(letter.key) in self.mail.letters:
                    Letter.objects.filter(pk=letter.pk).update(state=Letter.State.SENT)
                else:
                    outbox.send_again(letter)
        self.work()

    def written(self) -> dict[str, list[str]]:
        """What the story has come to, without names that chance gave and without moments."""
        letters = [(*row[1:], self.mail.letters[headers.mark(row[0])]) for row in Letter.objects.values_list(*LETTER)]
        there = self.till.sandbox.objects
        rows: dict[str, Any] = {
            "books": LedgerEntry.objects.values_list(*ENTRY),
            "gifts": Gift.objects.values_list("status", "total", "currency", "frequency"),
            "receipts": Receipt.objects.values_list("label", "total", "amount", "day", "replaces__label"),
            "plans": [(*row[:-1], bool(row[-1])) for row in Plan.objects.values_list(*PLAN)],
            "wishes": RefundRequest.objects.values_list("amount", "state"),
            "signatures": Signature.objects.values_list("state", "number"),
            "newsletters": Delivery.objects.values_list("letter__template", "letter__to"),
            "letters, and how often mailed": letters,
            "dead jobs": Job.objects.filter(state=Job.State.DEAD).values_list("kind", "last_error"),
            "balance at Stripe": [(it["type"], it["net"]) for it in there("balance_transaction", self.till.tenant)],
            "plans at Stripe": [(each["status"],) for each in there("subscription", self.till.tenant)],
        }  # fmt: skip
        return {name: sorted(" ".join(map(str, row)) for row in found) for name, found in rows.items()}


LETTER = ("key", "template", "to", "subject", "state")
ENTRY = ("kind", "amount", "currency", "cover", "beyond", "settled", "settled_currency", "day")
PLAN = ("status", "total", "currency", "frequency", "cancel_at")

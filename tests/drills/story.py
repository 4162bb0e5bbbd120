"""Donors, Stripe, faults and restarts at random, over HTTP, with real processes: a seed tells one story again."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from tests.drills.site import LEASE, DrillSite
from tests.stripe_sandbox.driver import Declined

DAY = 86400
RARE = 40  # one step in so many restarts a process that is slow to start
FAULTS = ["unavailable", "error_before", "error_after", "reset_before", "reset_after", "rate_limit", "conflict"]
CARDS = ["4242424242424242", "4242424242424242", "4000000000000341", "4000000000000002", "4000000000000259"]


class Story:
    """Some hundred steps of one charity's life, ended by books that agree."""

    def __init__(self, site: DrillSite) -> None:
        self.site, self.dice = site, site.dice
        self.done: Counter[str] = Counter()
        self.comparing: list[int] = []

    def tell(self, steps: int) -> None:
        """New gifts in the first two thirds; then the clock at Stripe moves on, and our form's hour is past for it."""
        present: list[Callable[[], None]] = [
            *[self.give] * 5, self.refund, self.refund, self.refund_fails, self.dispute, self.dispute_ends,
            self.others, self.kill_worker, self.start_worker, self.stumble, self.webhooks, self.calm, self.compare,
        ]  # fmt: skip
        later = [each for each in present if each != self.give] + [self.time_passes] * 3
        for step in range(steps):
            acts = present if step < steps * 2 // 3 else later
            act = self.dice.choice(acts)
            if self.dice.randrange(RARE * 5) == 0:
                act = self.restart_web
            elif self.dice.randrange(RARE) == 0:
                act = self.restart_stripe
            self.done[act.__name__] += 1
            with suppress(ValueError, Declined):  # what Stripe finds impossible does not happen
                act()
        self.end()

    def end(self) -> None:
        for pid in self.comparing:
            self.site.wait(pid)
        self.site.settle()
        told = ", ".join(f"{name} {count}" for name, count in sorted(self.done.items()))
        self.site.report.now.injected.update({f"step: {name}": count for name, count in self.done.items()})
        self.site.say(f"   {sum(self.done.values())} steps: {told}")
        self.site.assert_books_agree(all_written_to=False)
        assert self.site.wait(self.site.start("reconcile", "--apply")) == 0
        again = self.site.ask("state")["compared"]
        assert again["gaps"] == 0 and not any(again["found"].values()), again

    # donors

    def give(self) -> None:
        code, amount = self.dice.choice([("USD", 25), ("EUR", 40), ("USD", 7)])
        page = self.site.open_page(self.dice.choice(["once", "once", "monthly"]), amount, code)
        if page and self.dice.random() < 0.9:
            self.site.sandbox.pay(page, self.dice.choice(CARDS))

    # the account at Stripe

    def refund(self) -> None:
        intents = self.site.intents()
        if intents:
            self.site.sandbox.refund(payment_intent=self.dice.choice(intents), amount=self.dice.randint(1, 900))

    def refund_fails(self) -> None:
        made = [each["id"] for each in self._objects("refund") if each["status"] == "succeeded"]
        if made:
            self.site.sandbox.turn_refund(self.dice.choice(made), "failed")

    def dispute(self) -> None:
        intents = self.site.intents()
        if intents:
            self.site.sandbox.dispute(payment_intent=self.dice.choice(intents), inquiry=self.dice.random() < 0.3)

    def dispute_ends(self) -> None:
        known = [each["id"] for each in self._objects("dispute")]
        if known:
            how = self.dice.choice(["won", "lost", "warning_closed", "escalated"])
            self.site.sandbox.end_dispute(self.dice.choice(known), how)

    def others(self) -> None:
        self.site.sandbox.foreign_charge(self.dice.randint(100, 5000), "usd")
        self.site.sandbox.fee(self.dice.randint(1, 90))

    def time_passes(self) -> None:
        self.site.sandbox.advance(self.dice.choice([1, 3, 8]) * DAY)

    def _objects(self, kind: str) -> list[dict]:
        newest = {
            event["data"]["object"]["id"]: event["data"]["object"]
            for event in self.site.sandbox.events()
            if event["data"]["object"]["object"] == kind
        }
        return list(newest.values())

    # what goes wrong

    def stumble(self) -> None:
        self.site.sandbox.fault(self.dice.choice(FAULTS), count=self.dice.randint(1, 3))

    def webhooks(self) -> None:
        names = ["drop", "duplicate", "reorder", "stale", "wrong_secret", "old_time", "old_version"]
        self.site.sandbox.webhooks(**{name: self.dice.random() / 2 for name in self.dice.sample(names, 3)})

    def calm(self) -> None:
        self.site.sandbox.calm()

    def kill_worker(self) -> None:
        if self.site.workers:
            self.site.kill_worker(self.dice.choice(self.site.workers))
        if not self.site.workers and not self._comparing():
            self.site.ask("time_passes", LEASE)

    def start_worker(self) -> None:
        if len(self.site.workers) < 2:
            self.site.start_worker()

    def restart_web(self) -> None:
        self.site.kill_web()
        self.site.start_web()

    def restart_stripe(self) -> None:
        self.site.sandbox.kill()
        self.site.start_stripe()

    def compare(self) -> None:
        """Goes on beside all the rest."""
        if len(self._comparing()) < 2:
            self.comparing.append(self.site.start("reconcile", "--apply"))

    def _comparing(self) -> list[int]:
        self.comparing = [pid for pid in self.comparing if self.site.ended(pid) is None]
        return self.comparing

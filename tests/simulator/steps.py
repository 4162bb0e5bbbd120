"""What may happen to a charity in one step, and how often: the acts of the machine, with their details from one die."""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from django.utils import timezone

from donations.giving import refunding
from donations.letters import anniversaries
from donations.models import Gift, Plan, RefundRequest
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from donations.webhooks.events import HANDLERS
from foundation.jobs.queue import run_due
from foundation.organisation.clone_guard import WrongSiteError
from tests.donations import machine
from tests.donations.account_life import BY_THE_OWNER, STUMBLES
from tests.donations.donor import Till
from tests.simulator.moments import Moments, Trap

NEW = 5  # donors in a year, after those of the first day
CARDS = [machine.GOOD] * 4 + [machine.FAILS_LATER, machine.REFUSED, "bank", ""]
OFTEN = ["once", "once", "monthly", "yearly"]
NO = (refunding.CannotError, StripeIsDownError, StripeRefusedError, WrongSiteError)  # staff read a sentence
Act = tuple[str, Callable[[], Any]]


class Steps(machine.Story):
    """Beside tests/donations/machine.py: staff's refunds, the owner of the account, and the events of long stories."""

    dice: random.Random
    report: Counter[str]
    moments: Moments
    till: Till
    begun_at: datetime
    stopped: dict[str, int]  # by subscription, since when nothing more may be taken (seconds)
    let_go_on: set[str]  # those that the owner lets go on, until our row says so
    moved_there: dict[str, int]
    told_of: int  # events that came, or were lost
    did: bool  # whether this step's act could be done

    def an_act(self) -> Act:
        """The next one, by chance."""
        dice, which = self.dice, self.dice.randrange(10)
        acts: list[tuple[float, str, Callable[[], Any]]] = [
            (6, "events", lambda: self.events_arrive(dice.choice([0, 0, 0.1, 0.5]))),
            (5, "a month passes", partial(self.time_passes, 31)),
            (3, "days pass", partial(self.time_passes, dice.choice([0.03, 1, 3, 8]))),
            (2 if self.begun < 3 + NEW * self.age() else 0, "a donor gives", self._someone_gives),
            (0.5, "a donor comes back", self._someone_comes_back),
            (1, "staff steer", partial(self.steer, which)),
            (1, "staff refund", partial(self.staff_refund, which, dice.choice([100, 100, 40, 1]))),
            (1, "comparison", partial(self.compare, dice.random() < 0.8)),
            (0.5, "restart", self.restart),
            (0.6, f"Stripe: {(how := dice.choice(STUMBLES))}", partial(self.stumbles, how, dice.randint(1, 4))),
            (0.3, "the mail server fails", partial(self.mail_fails, dice.random() < 0.5)),
            (0.7, "Dashboard: refund", partial(self.refund, dice.randint(1, 100), which)),
            (0.3, "a refund fails", partial(self.refund_fails, which)),
            (0.4, f"dispute{': inquiry' if (asks := dice.random() < 0.3) else ''}", partial(self.dispute, which, asks)),
            (0.6, "a dispute ends", partial(self.dispute_ends, which, dice.random() < 0.5)),
            (0.4, "bank decides", partial(self.bank_decides, which, dice.random() < 0.6)),
            (0.2, "bank takes back", partial(self.bank_takes_back, which)),
            (0.3, "card is renewed", partial(self.card_is_renewed, which)),
            (0.3, "payout", self.payout),
            (0.1, "payout fails", partial(self.payout_fails, which)),
            (0.2, "a fraud warning", self.warn),
            (0.2, "money of others", self.money_of_others),
            (0.3, "Dashboard: pause, resume, cancel", partial(self.owner, which, dice.choice(BY_THE_OWNER))),
            (0.2, "Dashboard: archive", partial(self.owner_archives, dice.choice(["product", "price"]))),
            (0.2, "Dashboard: paid outside", partial(self.owner_takes_cash, which)),
            (0.2, "Dashboard: second item", partial(self.owner_adds_an_item, which)),
        ]  # fmt: skip
        ((_, name, act),) = dice.choices(acts, [weight for weight, *_ in acts])
        return name, act

    def age(self) -> float:
        return (timezone.now() - self.begun_at).days / 365

    def time_passes(self, days: float) -> None:
        """And what the worker does by the day beside all that."""
        super().time_passes(days)
        anniversaries.remind()
        anniversaries.announce()
        run_due()

    # donors

    def _someone_gives(self) -> None:
        often = self.dice.choice(OFTEN)
        code = "USD" if often == "yearly" else self.dice.choice(["USD", "EUR", "JPY"])
        self.give(often, code, self.dice.random() < 0.5, self.dice.choice(CARDS))

    def _someone_comes_back(self) -> None:
        self.did = bool(self.forms)
        if self.forms:
            how = self.dice.choice(["same", "same", "other sum", "old page"])
            card, days = self.dice.choice([machine.GOOD, "bank"]), self.dice.choice([0.03, 0])
            self.come_back(self.dice.randrange(10), how, card, days)

    # staff

    def steer(self, which: int) -> None:
        acts, before = self.dice.sample(sorted(machine.STEER), self.dice.randint(1, 2)), machine.REACHED.copy()
        try:
            self.staff_steer(which, acts)
        finally:
            made = {name: times for name, times in (machine.REACHED - before).items() if name.startswith("staff: ")}
            self.report.update(made)
            self.did = bool(made)

    def note_what_stopped(self) -> None:
        """Stopped is what has ended, or will and rests until then: nothing may be taken from there on."""
        for name, cancel_at, status in Plan.objects.values_list("subscription_id", "cancel_at", "status"):
            if not (status == "ended" or (cancel_at and status == "paused")):
                self.stopped.pop(name, None)
                self.let_go_on.discard(name)
            elif name not in self.let_go_on:
                self.stopped.setdefault(name, int(timezone.now().timestamp()))

    def taken_after_stop(self) -> list[str]:
        """Charges of a gift that repeats, made an hour or more after it was stopped here: Stripe's clock runs on while
        a story is told.
        """
        if not self.stopped:
            return []
        charges = {each["payment_intent"]: each for each in self.till.objects("charge")}
        invoices = {each["id"]: each for each in self.till.objects("invoice")}
        found = []
        for payment in self.till.objects("invoice_payment"):
            charge = charges.get(payment["payment"].get("payment_intent"))
            parent = invoices.get(payment["invoice"], {}).get("parent") or {}
            name = (parent.get("subscription_details") or {}).get("subscription")
            if charge and name in self.stopped and charge["created"] > self.stopped[name] + 3600:
                found.append(f"{charge['id']} of {name}, stopped at {self.stopped[name]}")
        return found

    def staff_refund(self, which: int, part: int) -> None:
        """From the page of a gift: whole or part; the answer may be lost, and the same form is sent once more."""
        with self.moments.silence():
            paid = Gift.objects.paid().order_by("created_at", "reference")
            gifts = [each for each in paid if refunding.may_be_refunded(each)]
        self.did = False
        if gifts:
            gift, key = gifts[which % len(gifts)], str(uuid.uuid4())
            for _ in range(self.dice.choice([1, 1, 2])):
                with suppress(*NO):
                    refunding.refund(gift, max(1, gift.total * part // 100), RefundRequest.Reason.ASKED, None, key)
                    self.did = True

    # what comes in, and what goes out

    def mail_fails(self, after: bool) -> None:
        """The connection ends with the next letter: before the server has it, or when nobody can say whether it has."""
        self.moments.set(Trap("mail", 1, after, kills=False))

    def events_arrive(self, lost: float) -> None:
        """Those that are new, in a little disorder, some lost and some twice; and an old one now and then."""
        new = self.till.events()[self.told_of :]
        self.told_of += len(new)
        heard = self.heard(new)
        come = [each for each in heard if self.dice.random() >= lost]
        twins = [{**each, "id": f"{each['id']}Twin"} for each in come if self.dice.random() < 0.05]
        self.report.update({"events lost": len(heard) - len(come), "events told twice": len(twins)})
        come += twins
        if lost:
            self.dice.shuffle(come)
            old = self.heard(self.till.events()[: self.told_of])
            late = self.dice.sample(old, min(3, len(old)))
            self.report["events told again, late"] += len(late)
            come += [{**each, "id": f"{each['id']}Late"} for each in late]
        self.till.tell(come)

    # the owner, in Stripe's dashboard

    @staticmethod
    def heard(events: list[dict]) -> list[dict]:
        """Our endpoint asks for no others."""
        return [each for each in events if each["type"] in HANDLERS]

    def balance(self) -> dict[str, int]:
        """What each balance transaction moved, by its id. None of them changes."""
        for each in self.till.sandbox.objects("balance_transaction", self.till.tenant, skip=len(self.moved_there)):
            self.moved_there[each["id"]] = each["net"]
        return self.moved_there

    def owner(self, which: int, change: dict[str, str]) -> None:
        """What we stopped may be taken again by whoever owns the account, and we hear of it by and by."""
        if "pause_collection" in change:
            self.let_go_on |= set(self.stopped)
            self.stopped.clear()
        self.owner_steers(which, change)

    def owner_archives(self, kind: str) -> None:
        for thing in self.till.sandbox.objects(kind, self.till.tenant):
            self._by_the_owner("POST", f"{kind}s/{thing['id']}", {"active": "false"})

    def owner_takes_cash(self, which: int) -> None:
        """A month that is open is marked as paid outside of Stripe."""
        if found := self._one("invoice", which, lambda each: each["status"] == "open"):
            self._by_the_owner("POST", f"invoices/{found['id']}/pay", {"paid_out_of_band": "true"})

    def owner_adds_an_item(self, which: int) -> None:
        """Three more a month beside what the donor gives."""
        if found := self._one("subscription", which, lambda each: each["status"] == "active"):
            price = found["items"]["data"][0]["price"]
            item = "items[0][price_data]"
            fields = {
                f"{item}[currency]": price["currency"], f"{item}[product]": price["product"],
                f"{item}[unit_amount]": "300", f"{item}[recurring][interval]": price["recurring"]["interval"],
                "proration_behavior": "none",
            }  # fmt: skip
            self._by_the_owner("POST", f"subscriptions/{found['id']}", fields)

    def _by_the_owner(self, method: str, path: str, fields: dict[str, str]) -> int:
        status = super()._by_the_owner(method, path, fields)
        self.did = status == HTTPStatus.OK
        self.report[f"Stripe answered the owner: {status}"] += 1
        return status

    # what is counted is what happened

    def _one(self, kind: str, which: int, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        found = super()._one(kind, which, fits)
        self.did = found is not None
        return found

    def _try(self, what: Callable[[], Any]) -> None:
        try:
            what()
        except ValueError:
            self.did = False

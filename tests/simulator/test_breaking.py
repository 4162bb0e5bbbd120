"""The simulator can fail: what it asks of a charity is made untrue, one thing after another, and it says which; and
what is planted in our code it finds in a story that is told act by act.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.db import transaction
from django.db.models import F, QuerySet

from donations.books import ledger
from donations.models import Gift, LedgerEntry, Plan, Receipt
from donations.monthly import changes
from donations.stripe import reads, writes
from foundation.append_only import triggers
from foundation.jobs.models import Job
from foundation.jobs.queue import enqueue
from tests.donations.test_planted_faults import ended_plan_comes_back, receipt_goes_out_twice
from tests.simulator.charity import Charity
from tests.simulator.living import live

pytestmark = [pytest.mark.django_db, pytest.mark.finding, pytest.mark.once]
MEMORY = ("was", "ended", "papers", "moved", "stopped", "let_go_on", "moved_there")  # what a story remembers


def _any(model: Any, **fits: Any) -> QuerySet[Any]:
    """One row, past what keeps it from being changed."""
    triggers.remove()
    return QuerySet(model).filter(pk=QuerySet(model).filter(**fits).order_by("pk").values_list("pk", flat=True)[0])


def paid_gift_is_open_again(life: Charity) -> None:
    _any(Gift, status="paid").update(status="started")


def ended_plan_is_back(life: Charity) -> None:
    plan = _any(Plan)
    plan.update(status="ended")
    life.check()
    plan.update(status="active")


def receipt_is_edited(life: Charity) -> None:
    _any(Receipt).update(total=F("total") + 1)


def row_leaves_the_ledger(life: Charity) -> None:
    _any(LedgerEntry, kind="fee")._raw_delete("default")


def fee_is_one_off(life: Charity) -> None:
    _any(LedgerEntry, kind="fee").update(settled=F("settled") - 1)


def booking_is_of_no_transaction(life: Charity) -> None:
    _any(LedgerEntry, kind="charge").update(balance_transaction="txn_of_nobody")


def gift_has_no_receipt(life: Charity) -> None:
    _any(Receipt, replaces=None)._raw_delete("default")
    life.papers.clear()


def gift_has_two_charges(life: Charity) -> None:
    charge = LedgerEntry.objects.filter(kind="charge").earliest("pk")
    charge.pk, charge.stripe_object, charge.settled, charge.settled_currency = None, "ch_another", None, ""
    LedgerEntry.objects.bulk_create([charge])


def open_gift_has_a_receipt(life: Charity) -> None:
    paid_gift_is_open_again(life)
    life.was.clear()


def letter_is_mailed_twice(life: Charity) -> None:
    mail.outbox.append(mail.outbox[0])


def month_is_taken_after_the_end(life: Charity) -> None:
    """Our row says that it has ended, and Stripe goes on."""
    _any(Plan, status="active", frequency="monthly").update(status="ended")
    life.check()
    life.clock.shift(timedelta(days=40))
    life.till.advance(40 * 86400)


def job_is_dead(life: Charity) -> None:
    enqueue("stripe-event", "nobody's", {"event": "evt_nobody"})
    Job.objects.filter(key="nobody's").update(state=Job.State.DEAD, last_error="died")


def currency_is_another(life: Charity) -> None:
    _any(LedgerEntry, kind="fee", settled_currency="USD").update(settled_currency="EUR")


AFTER_A_STEP: dict[Callable[[Charity], None], str] = {
    paid_gift_is_open_again: r"\(\(99, 3\), \(1, 0\)\)",
    ended_plan_is_back: "a plan that had ended came back",
    receipt_is_edited: "a receipt was edited",
    row_leaves_the_ledger: "a row left the ledger",
    fee_is_one_off: "booked, and at Stripe",
    booking_is_of_no_transaction: "booked, and at Stripe",
    gift_has_no_receipt: "0 first receipts, 1 charges",
    gift_has_two_charges: "1 first receipts, 2 charges",
    open_gift_has_a_receipt: "receipts for gifts that are not paid",
    letter_is_mailed_twice: "mailed 2 times",
}
AT_REST = {job_is_dead: "dead jobs", currency_is_another: "in the ledger"}
CLOCK = {month_is_taken_after_the_end: "stopped at"}  # the last one: time does not go back


class Told(Charity):
    """`acts` instead of chance, and nobody dies; `end` is called at its end, before all is taken back."""

    acts: ClassVar[tuple[Callable[[Any], Any], ...]] = ()
    end: ClassVar[Callable[[Any], None] | None] = None

    def _go_on(self) -> None:
        for act in self.acts:
            self.done = act.__name__
            act(self)
            self.check()

    def _count(self) -> None:
        super()._count()
        if self.end:
            self.end()


@pytest.fixture
def tell(till, charity, standing, settings, unhurried, undrawn):
    def told(number: int, *acts: Callable[[Told], Any], end: Callable[[Told], None] | None = None) -> Charity:
        """Each number is told once in a process: it names the books at Stripe."""
        return live(standing, settings, number, 0, type("Story", (Told,), {"acts": acts, "end": end}))

    return told


def test_it_says_which_of_the_things_that_it_asks_is_untrue(tell):
    found = []

    def end(life: Told) -> None:
        for breaks, words in (AFTER_A_STEP | AT_REST | CLOCK).items():
            before = {name: copy.copy(getattr(life, name)) for name in MEMORY}
            mailed = list(mail.outbox)
            life.check()
            with life.moments.silence(), transaction.atomic():
                breaks(life)
                with pytest.raises(AssertionError) as said:
                    life.rest() if breaks in AT_REST else life.check()
                transaction.set_rollback(True)
            if not re.search(words, str(said.value)):
                found.append(f"{breaks.__name__}: {said.value}")
            mail.outbox[:] = mailed
            for name, value in before.items():
                setattr(life, name, value)

    tell(200, end=end)
    assert not found, found


# What is wrong in our code: the act that comes upon it, and what is said then.


def fee_is_one_too_much(plant) -> None:
    real = ledger._fee
    plant(ledger, "_fee", lambda name, fee, *rest, **more: real(name, fee + 1, *rest, **more))


def end_is_ours_alone(plant) -> None:
    """Our row says that it has ended, and Stripe goes on taking."""
    plant(writes, "end", lambda name, **_: replace(reads.subscription(name), status="canceled"))


def staff_end_it(life: Told) -> None:
    changes.end(Plan.objects.get(frequency="monthly"))


def a_month_passes(life: Told) -> None:
    life.time_passes(31)


def all_is_told(life: Told) -> None:
    life.events_arrive(0)


@pytest.mark.parametrize(
    ("number", "fault", "acts", "words"),
    [
        (201, fee_is_one_too_much, [all_is_told], "all_is_told: booked, and at Stripe"),
        (202, receipt_goes_out_twice, [], "was mailed in 2 letters"),
        (203, end_is_ours_alone, [staff_end_it, a_month_passes], "a_month_passes: .*stopped at"),
        (204, ended_plan_comes_back, [staff_end_it, all_is_told, a_month_passes], "a plan that had ended came back"),
    ],
)
def test_it_finds_what_is_planted_in_our_code(tell, monkeypatch, number, fault, acts, words):
    fault(monkeypatch.setattr)
    with pytest.raises(AssertionError, match=f"seed {number}, (.|\n)*{words}"):
        tell(number, *acts)

"""Reconcile reads lists, not one object after the other: Stripe allows 500 reads for each payment, and counts them."""

import time
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from donations.models import Gift, Plan, Reconciliation
from donations.reconcile import comparison, runs, steps
from donations.stripe import bulk, client, throttle
from donations.stripe.errors import StripeIsDownError
from donations.sync import balance
from foundation.jobs import queue as jobs
from foundation.letters.models import Letter
from tests.donations.test_refunds import balanced
from tests.staff.users import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The address of every GET that goes to Stripe."""
    asked: list[str] = []
    request = client.InTime.request_with_retries

    def counted(self, method, url, *args, **kwargs):
        if method.lower() == "get":
            asked.append(url)
        return request(self, method, url, *args, **kwargs)

    monkeypatch.setattr(client.InTime, "request_with_retries", counted)
    return asked


def of_one_object(reads: list[str]) -> list[str]:
    return [url for url in reads if any(f"/{kind}_" in url for kind in ("pi", "ch", "in", "sub", "re"))]


def test_it_books_many_missing_gifts_with_few_reads(donor, till, reads):
    for number in range(bulk.FEW):
        donor.paid("once", str(20 + number), email=f"a{number}@donor.example")
    for number in range(bulk.FEW + 1):  # of both more than are fetched one by one
        donor.paid("monthly", str(30 + number), email=f"b{number}@donor.example")
    for intent in till.objects("payment_intent")[:3]:
        till.refund(intent["id"], amount=300)
    reads.clear()
    assert runs.run(apply=True).gaps == 0
    listed = [url for url in reads if url.rpartition("/")[2].startswith("payment_intents?")]
    assert Gift.objects.paid().count() == 11 and Plan.objects.count() == 6 and balanced(till)
    assert of_one_object(reads) == [] and len(listed) == 1


def test_it_reads_no_more_when_nothing_is_missing(donor, till, reads):
    for number in range(3):
        donor.gave("once", str(20 + number), email=f"a{number}@donor.example")
    reads.clear()
    runs.run(apply=True)
    assert (
        of_one_object(reads) == [] and len(reads) <= 7
    )  # one page of each list, and the account if nobody asked for it before


def test_it_waits_when_stripe_asks_to_and_goes_on_where_it_was(donor, till, monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", (0.0, 0.0, 0.0))
    donor.paid("once", "25")
    till.fault("rate_limit", count=3, path="/v1/balance_transactions")
    assert runs.run(apply=True).gaps == 0
    till.fault("rate_limit", path="/v1/balance_transactions")
    with pytest.raises(StripeIsDownError):
        runs.run(apply=True)
    till.calm()
    assert Gift.objects.get().status == "paid"


def test_it_reads_page_after_page(donor, till, monkeypatch):
    for number in range(4):
        donor.give("once", str(20 + number))
    pages = [page["id"] for page in client.each(client.v1().checkout.sessions.list, {"limit": 3})]
    assert len(pages) == len(set(pages)) == 4


def test_it_asks_no_more_than_ten_times_in_any_second(monkeypatch):
    now, asked = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    with throttle.limited():
        for _ in range(95):
            throttle.wait()
            asked.append(now[0])
    assert all(later - first >= 1 for first, later in zip(asked, asked[throttle.CALLS :], strict=False))
    assert asked[-1] - asked[0] == pytest.approx(9)  # and no slower than that
    throttle.wait()
    assert now[0] == asked[-1]  # who gives does not wait


def test_it_goes_on_where_it_was_cut_off(donor, till, reads, monkeypatch):
    monkeypatch.setattr(steps, "CHUNK", 3)
    for number in range(8):
        donor.paid("once", str(20 + number), email=f"a{number}@donor.example")
    explain = comparison.Comparison._explain
    seen: list[str] = []

    def dies(self, some):
        if len(seen) == 3:  # and so do those after it, until somebody mends it
            raise KeyboardInterrupt
        seen.extend(txn.id for txn in some)
        return explain(self, some)

    monkeypatch.setattr(comparison.Comparison, "_explain", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.run(apply=True)
    assert Gift.objects.paid().count() == 3
    reads.clear()
    monkeypatch.setattr(comparison.Comparison, "_explain", explain)
    runs.run(apply=True)
    assert any(f"starting_after={seen[-1]}" in url for url in reads)
    cut_off, after = Reconciliation.objects.order_by("id")
    assert (
        cut_off.finished_at
        and cut_off.since is None
        and cut_off.found["balance transactions"] == 8
        and cut_off.gaps == 0
    )
    assert after.since and not after.found.get("balance transactions") and balanced(till)


def test_it_works_in_turns_and_the_worker_comes_back_for_the_rest(donor, till, monkeypatch):
    monkeypatch.setattr(steps, "CHUNK", 3)
    monkeypatch.setattr(runs, "TURN", timedelta(0))
    for number in range(5):
        donor.paid("once", str(20 + number), email=f"a{number}@donor.example")
    turns = 0
    while not Reconciliation.objects.exclude(finished_at=None).exists():
        with pytest.raises(jobs.RetryLaterError):
            runs.hourly()
        turns += 1
        assert turns < 10
    assert turns > 4 and balanced(till) and Gift.objects.paid().count() == 5


def test_it_tells_staff_once_of_money_that_it_cannot_book(donor, till, monkeypatch):
    member("Finance")
    till.sandbox.foreign_charge(5000, "usd", till.tenant)
    take = balance.book
    monkeypatch.setattr(balance, "book", lambda txn, tell: None)
    for _ in range(3):
        assert runs.run(apply=True).gaps == 1
    (letter,) = Letter.objects.filter(template="staff_notice")
    assert "not in our books" in letter.subject and "/admin/" in letter.text
    till.sandbox.foreign_charge(700, "usd", till.tenant)
    assert runs.run(apply=True).gaps == 2
    assert Letter.objects.filter(template="staff_notice").count() == 2
    with time_machine.travel(timezone.now() + timedelta(days=30)):  # older than what is read then
        runs.hourly()
        assert Reconciliation.objects.first().gaps == 2
        monkeypatch.setattr(balance, "book", take)
        runs.hourly()
    assert Reconciliation.objects.first().gaps == 0 and balanced(till)


def test_it_does_not_take_a_few_days_for_all_of_them(donor, till):
    donor.paid("once", "25")
    runs.run(timezone.now() + timedelta(days=1), apply=True)
    runs.hourly()
    assert Gift.objects.get().status == "paid"


def test_it_draws_a_bar_on_a_terminal_and_nothing_in_a_pipe(donor, till):
    donor.paid("once", "25")

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), StringIO()
    call_command("reconcile", stdout=terminal)
    call_command("reconcile", stdout=pipe)
    assert "\rbalance transactions [" in terminal.getvalue() and "back to 20" in terminal.getvalue()
    assert "\r" not in pipe.getvalue() and pipe.getvalue().startswith("Would be written")

"""The hourly comparison reads what is new since the last complete one, and finds in that what a full walk would."""

from collections import Counter
from datetime import datetime, timedelta
from io import StringIO
from weakref import WeakSet

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from donations.models import Dispute, Gift, Plan, Reconciliation, StripeSetup
from donations.reconcile import comparison, runs, steps
from donations.stripe import client, parse, writes
from donations.stripe import reads as of_stripe
from tests.donations.test_comparison import LISTS, figure, later
from tests.donations.test_read_quota import reads  # noqa: F401 - a fixture
from tests.donations.test_refunds import balanced

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
DAY = 86400


def mark() -> datetime | None:
    return StripeSetup.objects.get().reconciled_at


def newest() -> Reconciliation:
    return Reconciliation.objects.latest("pk")


def told(donor, till) -> tuple[Plan, dict, dict]:
    """Two bank debits on their way, a monthly gift, a dispute and a warning that are open, and we know of all."""
    for number, account in enumerate(("000123456789", "000222222227")):
        page = donor.give("once", str(20 + number), email=f"a{number}@donor.example")["Location"]
        till.sandbox.debit(page, account)
    donor.paid("monthly", "35")
    donor.pay(donor.give("once", "45"))
    dispute = till.dispute(till.objects("payment_intent")[-1]["id"])
    donor.pay(donor.give("once", "55"), card="4000000000005423")
    till.tell()
    assert Gift.objects.filter(status="pending").count() == 2
    return Plan.objects.get(), dispute, till.objects("payment_intent")[-1]


def untold(till, plan: Plan, dispute: dict, warned: dict) -> None:
    """One debit comes and the other fails, the gift ends, the dispute is lost, and of what was warned of, all goes."""
    writes.end(plan.subscription_id)
    till.sandbox.end_dispute(dispute["id"], "lost", till.tenant)
    till.refund(warned["id"])
    till.advance(6 * DAY)


def state() -> dict:
    return {
        "gifts": sorted(Gift.objects.values_list("total", "status")),
        "plans": list(Plan.objects.values_list("status", flat=True)),
        "disputes": sorted(Dispute.objects.values_list("kind", "status", "actionable")),
    }


AFTER = {
    "gifts": [(2000, "paid"), (2100, "failed"), (3500, "paid"), (4500, "paid"), (5500, "paid")],
    "plans": ["ended"],
    "disputes": [("dispute", "lost", False), ("warning", "", False)],
}


@pytest.mark.both
@pytest.mark.parametrize("events", [True, False])
def test_it_finds_in_what_is_new_what_a_full_walk_finds(donor, till, events):
    """Also what changed without a balance transaction, whether our key may read events or not."""
    runs.hourly()
    since = runs.begin(client.account())
    untold(till, *told(donor, till))
    if not events:
        till.fault("forbidden", path="/v1/events")
    new, full = runs.run(since), runs.run()
    assert +Counter(new.found) == +Counter(full.found) and sorted(new.missing) == sorted(full.missing)
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        runs.hourly()
    assert newest().since and newest().failed == [] and state() == AFTER and balanced(till)
    assert runs.run(apply=True).found_text() == ""


def test_it_finds_what_is_older_once_a_week_by_a_full_walk(donor, till):
    """Something was wrong with what the hourly run took for read: it says nothing of that, the weekly one does."""
    runs.hourly()
    donor.paid("once", "25")
    with later(4):
        StripeSetup.objects.update(reconciled_at=timezone.now())
        runs.hourly()
        assert newest().since and not Gift.objects.get().is_paid
    with later(6.9):
        runs.hourly()
        assert newest().since and not Gift.objects.get().is_paid
    with later(7.1):
        runs.hourly()
        assert newest().since is None and Gift.objects.get().is_paid and balanced(till)
        assert runs.walked(client.account()) == newest().started_at
    with later(7.2):
        runs.hourly()
        assert newest().since


@pytest.mark.parametrize("part", comparison.PARTS)
def test_it_begins_no_later_because_of_a_run_that_died(charity, till, monkeypatch, part):
    runs.hourly()
    before = mark()

    def dies(self) -> None:
        raise KeyboardInterrupt

    with later(1):
        with monkeypatch.context() as patch:
            patch.setattr(comparison.Comparison, part, dies)
            with pytest.raises(KeyboardInterrupt):
                runs.hourly()
        assert mark() == before and newest().finished_at is None
        runs.hourly()
        assert before and Reconciliation.objects.all()[0].since and mark() != before


def test_it_goes_back_behind_no_run_that_overtook_it(charity, till):
    runs.run(apply=True)
    last = mark()
    slow = Reconciliation(since=None, applied=True, started_at=timezone.now() - timedelta(hours=2))
    runs._remember(client.account(), slow)
    assert mark() == last


def test_it_looks_at_all_that_may_have_changed_after_weeks_away(donor, till, monkeypatch):
    """Longer than Stripe keeps events: nobody relies on them then."""
    plan, *_others = told(donor, till)
    writes.end(plan.subscription_id)
    monkeypatch.setattr(of_stripe, "events", lambda since, types: pytest.fail("Stripe has none so old"))
    runs.run(timezone.now() - timedelta(days=33), apply=True)
    plan.refresh_from_db()
    assert plan.status == "ended"


def test_it_reads_a_payment_at_most_five_times_in_a_month(donor, till, reads):  # noqa: F811
    """By page of each list, and by payment: nothing of it was told."""
    runs.hourly()
    reads.clear()
    for number in range(6):
        donor.paid("once", str(20 + number), email=f"a{number}@donor.example")
    for number in range(4):
        donor.paid("monthly", str(30 + number), email=f"b{number}@donor.example")
    for intent in till.objects("payment_intent")[:3]:
        till.refund(intent["id"], amount=300)
    till.advance(32 * DAY)
    reads.clear()
    runs.run(timezone.now() - timedelta(days=1), apply=True)
    payments = Gift.objects.paid().count()
    assert payments == 14 and balanced(till)
    assert len(reads) <= 5 * payments, len(reads)


def test_it_asks_for_no_single_thing_that_it_knows_however_often_it_runs(donor, till, reads, monkeypatch):  # noqa: F811
    """Plans, open disputes and warnings, and debits that are on their way for days: seven lists, page by page."""
    told(donor, till)
    runs.run(apply=True)
    with later(0.1):
        runs.hourly()  # what changed within a minute of our fetch is fetched once more
    reads.clear()
    with later(0.2):
        runs.hourly()
    kinds = Counter(url.partition("/v1/")[2].partition("?")[0] for url in reads)
    kinds.pop("account", None)
    assert kinds.pop("events") == 2 and set(kinds) == {path[4:].rstrip("*") for path in LISTS.values()} - {
        "subscriptions"
    }
    assert set(kinds.values()) == {1}
    monkeypatch.setattr(client, "PAGE", 2)
    listed = len(list(of_stripe.balance_transactions(None)))
    reads.clear()
    with later(0.3):
        runs.hourly()
    pages = [url for url in reads if "/v1/balance_transactions" in url]
    assert len(pages) == -(-listed // 2) > 1


def watched(monkeypatch, name: str) -> WeakSet:
    """What `parse` made of that kind and somebody still holds."""
    parsed, held = getattr(parse, name), WeakSet()  # type: ignore[var-annotated]

    def read(raw):
        fact = parsed(raw)
        held.add(fact)
        return fact

    monkeypatch.setattr(parse, name, read)
    return held


def test_it_keeps_few_objects_in_memory_however_many_it_reads(donor, till, monkeypatch):
    monkeypatch.setattr(steps, "CHUNK", 2)
    monkeypatch.setattr(client, "PAGE", 2)
    for number in range(7):
        donor.give("once", str(20 + number), email=f"a{number}@donor.example")
        till.sandbox.foreign_charge(5000 + number, "usd", till.tenant)
    alive = {name: watched(monkeypatch, name) for name in ("balance_transaction", "checkout_session")}
    most = Counter[str]()
    row = runs.run(progress=lambda *_: most.update({name: max(len(alive[name]) - most[name], 0) for name in alive}))
    assert len(row.missing) == 7 and all(0 < most[name] <= 5 for name in alive), most


def test_it_names_some_of_many_gaps_and_counts_all(donor, till, monkeypatch):
    monkeypatch.setattr(steps, "NAMED", 2)
    monkeypatch.setattr(steps, "NOTED", 3)
    for number in range(4):
        till.sandbox.foreign_charge(5000 + number, "usd", till.tenant)
    row = runs.run()
    assert row.gaps == 4 and len(row.missing) == 2 and len(row.notes.splitlines()) == 3


def test_it_is_asked_by_hand_for_what_is_new_or_for_all(donor, till):
    out = StringIO()
    call_command("reconcile", "--apply", stdout=out)
    assert newest().since is None, "nothing was ever compared"
    call_command("reconcile", "--apply", stdout=out)
    last = Reconciliation.objects.earliest("pk").started_at
    assert newest().since == last - runs.OVERLAP
    call_command("reconcile", "--full", stdout=out)
    assert newest().since is None
    with pytest.raises(CommandError, match="Either"):
        call_command("reconcile", "--full", "--since", "2026-11-01", stdout=out)


def test_it_shows_staff_when_all_was_compared_last(charity, till):
    assert figure("last full comparison") == "never"
    runs.hourly()
    assert figure("last full comparison") == figure("last comparison") != "never"

"""What Stripe tells us, in any order and any number of times, ends in the same books."""

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from donations.letters.audience import everybody
from donations.models import Gift, LedgerEntry, Plan, Receipt, Reconciliation, StripeEvent
from donations.monthly import plans
from donations.reconcile import runs
from donations.stripe import client, objects, parse
from donations.sync import from_stripe, payments
from donations.webhooks import events, restored
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from foundation.organisation import clone_guard
from tests.donations.booking import book
from tests.donations.donor import Donor
from tests.donations.test_webhook import EVENT
from tests.narrowing import not_none

pytestmark = [pytest.mark.django_db, pytest.mark.finding]


def books() -> dict:
    """All that must be the same, without what differs from run to run."""
    return {
        "gifts": sorted(Gift.objects.values_list("status", "total", "fee_cover", "payment_intent_id", "invoice_id")),
        "plans": sorted(Plan.objects.values_list("subscription_id", "status", "total")),
        "ledger": sorted(LedgerEntry.objects.values_list("stripe_object", "kind", "amount", "settled", "day")),
        "receipts": sorted(Receipt.objects.values_list("gift__payment_intent_id", "total")),
        "letters": Letter.objects.count(),
    }


def in_order(order: list[dict]) -> dict:
    """What the books would be if exactly these events came in this order; then everything is undone."""
    with transaction.atomic():
        for event in order:
            events.HANDLERS[event["type"]](event["data"]["object"]["id"], everybody)
        result = books()
        transaction.set_rollback(True)
    return result


def in_every_order(came: list[dict]) -> list[dict]:
    """What the books would be in each order. Orders that begin alike share their beginning."""

    def after(rest: list[dict]) -> Iterator[dict]:
        if not rest:
            yield books()
        for event in rest:
            with transaction.atomic():
                events.HANDLERS[event["type"]](event["data"]["object"]["id"], everybody)
                yield from after([other for other in rest if other is not event])
                transaction.set_rollback(True)

    return list(after(came))


def answered(monkeypatch) -> None:
    """Ask the offline Stripe once for each object: hundreds of orders need not ask hundreds of times."""
    for name in ("request", "get"):
        real = getattr(client, name)
        known: dict[tuple[str, str], object] = {}

        def once(call, *args, real=real, known=known):
            key = (call.__qualname__, json.dumps(args, default=str))
            if key not in known:
                known[key] = real(call, *args)
            return known[key]

        monkeypatch.setattr(client, name, once)


@pytest.mark.once
def test_it_ends_the_same_in_every_order_of_a_gift(donor, till, monkeypatch):
    donor.paid("once", "25", cover_fee="on")
    came = till.told()
    assert 3 <= len(came) <= 6
    answered(monkeypatch)
    results = in_every_order(came)
    assert len(results) == math.factorial(len(came))
    assert all(result == results[0] for result in results)
    assert len(results[0]["receipts"]) == results[0]["letters"] == 1


@pytest.mark.once
def test_it_ends_the_same_in_every_order_of_a_monthly_gift(donor, till, monkeypatch):
    donor.paid("monthly", "30")
    came = till.told()
    wanted = {"checkout.session.completed", "invoice.paid", "invoice_payment.paid", "charge.succeeded"}
    chosen = [event for event in came if event["type"] in wanted | {"customer.subscription.created"}]
    assert len(chosen) == 5
    answered(monkeypatch)
    results = in_every_order(chosen)
    assert len(results) == 120
    assert all(result == results[0] for result in results)
    assert len(results[0]["plans"]) == len(results[0]["receipts"]) == 1


@pytest.mark.both
def test_it_ends_the_same_when_a_renewal_is_told_before_the_first_payment(donor, till, monkeypatch):
    donor.paid("monthly", "30")
    till.advance(32 * 86400)
    came = till.told()
    assert sum(event["type"] == "invoice.paid" for event in came) == 2
    answered(monkeypatch)
    assert in_order(came) == in_order(came[::-1]) == in_order(came[::-1] + came)
    assert len(in_order(came[::-1])["receipts"]) == 2


def test_it_needs_one_event_of_several(donor, till, monkeypatch):
    """Each event that tells of the money is enough alone; the others may be lost."""
    donor.paid("monthly", "30")
    answered(monkeypatch)
    for event in till.told():
        if not event["type"].startswith(("customer.", "payment_method")):
            assert len(in_order([event])["receipts"]) == 1, event["type"]


@pytest.mark.django_db(transaction=True)
def test_it_books_once_what_is_told_fifty_times_at_once(donor, till):
    donor.paid("monthly", "30")
    came = till.told()

    def tell(number: int) -> int:
        try:
            return till.post(came[number % len(came)]).status_code
        finally:
            connections.close_all()

    def work(number: int) -> None:
        try:
            run_due()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(tell, range(50))) == {200}
        list(pool.map(work, range(4)))
    run_due()
    assert StripeEvent.objects.filter(state="done").count() == len(came)
    assert LedgerEntry.objects.filter(kind="charge").count() == LedgerEntry.objects.filter(kind="fee").count() == 1
    assert Receipt.objects.count() == Letter.objects.count() == Plan.objects.count() == Gift.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_books_once_what_two_workers_do_at_once(donor, till):
    """The same payment, told by different events, at the same moment in four workers."""
    donor.paid("once", "25")
    (intent,) = till.objects("payment_intent")
    payment = payments.by_intent(intent["id"])

    def receive(number: int) -> None:
        try:
            book(payments.receive, payment)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(receive, range(16)))
    assert LedgerEntry.objects.count() == 2 and Receipt.objects.count() == Letter.objects.count() == 1


def test_it_takes_two_events_about_one_change_for_one(donor, till):
    donor.paid("once", "25")
    twins = [{**event, "id": event["id"] + "Twin"} for event in till.told()]
    till.tell([*till.told(), *twins])
    assert Receipt.objects.count() == 1 and LedgerEntry.objects.count() == 2


def test_it_looks_at_nothing_in_an_event_but_type_and_id(donor, till):
    """A stale or forged snapshot changes nothing: the object is fetched anew."""
    donor.paid("once", "25")
    for event in till.told():
        thing = event["data"]["object"]
        lies = {"amount": 1, "status": "canceled", "metadata": {}, "payment_status": "unpaid", "amount_total": 9}
        event["data"]["object"] = {**thing, **lies}
        till.tell([event])
    assert Gift.objects.get().total == 2500 and LedgerEntry.objects.get(kind="charge").amount == 2500


def test_it_keeps_and_ignores_what_it_does_not_know(till, charity):
    till.tell(
        [
            {**EVENT, "id": "evt_new", "type": "radar.early_fraud_warning.created"},
            {**EVENT, "id": "evt_x", "type": "x.y"},
        ]
    )
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {"ignored"}
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_it_leaves_money_alone_that_is_not_ours(donor, till):
    """Somebody else's payment on the same account: no gift has its reference."""
    donor.paid("once", "25")
    donor.pay(donor.give("monthly", "25"))
    Gift.objects.all().delete()
    till.tell()
    assert not Gift.objects.exists() and not LedgerEntry.objects.exists() and not Letter.objects.exists()
    # These name no gift, and ask for nothing.
    others = StripeEvent.objects.exclude(type__in=["payment_method.attached", "customer.updated"])
    assert not others.exclude(state="ignored").exists()


def test_it_never_matches_a_payment_by_an_empty_id(donor, till):
    """A row without a payment intent must not be taken for the row of a charge without one."""
    Donor(Client(), till).give("once", "25")
    donor.gave("once", "40")
    assert sorted(Gift.objects.values_list("total", "status")) == [(2500, "started"), (4000, "paid")]


def test_it_notes_another_api_version_and_fetches_all_the_same(donor, till):
    donor.paid("once", "25")
    till.tell([{**event, "api_version": "2020-08-27"} for event in till.told()])
    assert Gift.objects.get().status == "paid"
    assert "2020-08-27" in StripeEvent.objects.first().note


def test_it_books_what_was_charged_and_says_so_when_it_is_another_sum(donor, till):
    donor.paid("once", "25", cover_fee="on")
    Gift.objects.update(amount=9000, fee_cover=1000, total=10000)
    till.tell()
    gift = Gift.objects.get()
    assert (gift.total, gift.amount, gift.fee_cover) == (2606, 2606, 0)
    assert LedgerEntry.objects.get(kind="charge").amount == Receipt.objects.get().total == 2606
    assert StripeEvent.objects.filter(note__contains="Asked for 10000 USD, charged 2606 USD").exists()


def charged(ident: str, **other) -> objects.Charge:
    known = {"id": f"ch_{ident}", "payment_intent": f"pi_{ident}", "amount": 2500, "currency": "USD", "name": "Ada"}
    rest = {"succeeded": True, "created": timezone.now(), "livemode": False, "settlement": None}
    return objects.Charge(**{**known, **rest, **other})


def test_it_books_a_second_payment_for_one_gift_as_a_gift_of_its_own(donor, till):
    """Two open pages of one gift, both paid: the money came twice, so it stands in the books twice."""
    donor.give("once", "25")
    reference = Gift.objects.get().reference
    for charge in (charged("one"), charged("two"), charged("one"), charged("two")):
        book(payments.receive, payments.Payment(reference, charge, None, None, timezone.now()))
    assert sorted(Gift.objects.paid().values_list("payment_intent_id", "total")) == [("pi_one", 2500), ("pi_two", 2500)]
    assert LedgerEntry.objects.filter(kind="charge").count() == Receipt.objects.count() == Letter.objects.count() == 2


def test_it_settles_later_what_stripe_did_not_know_at_once(donor, till, charity):
    donor.give("once", "25")
    gift = Gift.objects.get()
    charge = charged("late")
    late = payments.Payment(gift.reference, charge, None, None, timezone.now())
    book(payments.receive, late)
    assert LedgerEntry.objects.get().settled is None and Receipt.objects.count() == 1
    known = objects.Settlement("txn_late", 2300, 97, "EUR")
    settled = objects.Charge(**{**vars(charge), "settlement": known})
    for _ in range(2):
        book(payments.receive, payments.Payment(gift.reference, settled, None, None, timezone.now()))
    book(payments.receive, late)
    rows = LedgerEntry.objects.order_by("id").values_list("kind", "amount", "currency", "settled", "settled_currency")
    assert list(rows) == [
        ("charge", 2500, "USD", None, ""),
        ("settlement", 0, "USD", 2300, "EUR"),
        ("fee", -97, "EUR", -97, "EUR"),
    ]


def test_it_keeps_both_currencies_of_a_gift_in_another_one(donor, till):
    donor.gave("once", "5000", code="JPY")
    charge, fee = LedgerEntry.objects.get(kind="charge"), LedgerEntry.objects.get(kind="fee")
    assert (charge.amount, charge.currency, charge.settled_currency) == (5000, "JPY", "USD")
    assert charge.settled and charge.settled != 5000
    assert (fee.currency, fee.settled_currency, fee.amount) == ("USD", "USD", fee.settled)


@pytest.mark.both
def test_it_ledger_adds_up_to_the_balance_at_stripe(donor, till):
    for amount, code in (("25", "USD"), ("40.50", "EUR"), ("5000", "JPY")):
        donor.paid("once", amount, code=code)
    donor.pay(donor.give("monthly", "30"))
    till.advance(65 * 86400)
    till.tell()
    rows = client.request(client.v1().balance_transactions.list, {"limit": 100})["data"]
    assert sum(row["net"] for row in rows) == sum(map(not_none, LedgerEntry.objects.values_list("settled", flat=True)))
    assert len(rows) == LedgerEntry.objects.filter(kind__in=["charge", "payout"]).count()


@pytest.mark.both
def test_it_follows_a_plan_and_never_goes_back(donor, till):
    donor.paid("monthly", "30")
    before = timezone.now()
    till.tell()
    plan = Plan.objects.get()
    client.request(client.v1().subscriptions.cancel, plan.subscription_id)
    till.tell()
    plan.refresh_from_db()
    assert plan.status == "ended" and plan.ended_at is not None
    (stale,) = till.objects("subscription")
    old = parse.subscription({**stale, "status": "active", "ended_at": None})
    plans.upsert(old, Gift.objects.get(), before)
    plan.refresh_from_db()
    assert plan.status == "ended"


def test_it_shows_a_pause_of_collection_as_a_pause(donor, till):
    donor.gave("monthly", "30")
    pause = {"pause_collection": {"behavior": "void"}}
    client.request(client.v1().subscriptions.update, Plan.objects.get().subscription_id, pause)
    till.tell()
    assert Plan.objects.get().status == "paused"


def test_it_keeps_its_own_word_when_stripe_invents_a_status(donor, till):
    donor.gave("monthly", "30")
    (raw,) = till.objects("subscription")
    new = parse.subscription({**raw, "status": "hibernating"})
    plans.upsert(new, Gift.objects.get(), timezone.now())
    assert (Plan.objects.get().status, Plan.objects.get().stripe_status) == ("active", "hibernating")


def test_it_closes_a_gift_whose_page_ended(donor, till):
    donor.give("once", "25")
    till.advance(3600)
    till.tell()
    assert Gift.objects.get().status == "expired"


def test_it_does_not_close_a_paid_gift(donor, till):
    donor.gave("once", "25")
    gift = Gift.objects.get()
    from_stripe._unfinished(gift.reference, not_none(gift.session_id), Gift.Status.EXPIRED, everybody)
    assert Gift.objects.get().status == "paid"


@pytest.mark.once
@pytest.mark.parametrize(
    "fault", ["rate_limit", "unavailable", "error_before", "reset_before", "malformed", "lock_timeout"]
)
def test_it_waits_when_stripe_is_down_and_loses_nothing(donor, till, fault):
    donor.paid("once", "25")
    till.fault(fault, method="GET")
    for event in till.told():
        till.post(event)
    run_due()
    assert not LedgerEntry.objects.exists()
    assert set(Job.objects.values_list("state", "failures")) == {("ready", 0)}
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {"waiting"}
    assert "Stripe" in StripeEvent.objects.first().note
    till.calm()
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        run_due()
    assert Gift.objects.get().status == "paid" and LedgerEntry.objects.count() == 2


def test_it_asks_less_often_the_longer_stripe_is_down(donor, till):
    event = StripeEvent(received_at=timezone.now())
    assert 10 < events._wait(event, 20) < 30
    event.received_at -= timedelta(minutes=20)
    assert 200 < events._wait(event, 20) < 400
    event.received_at -= timedelta(days=2)
    assert events._wait(event, 20) <= 1.2 * events.LONGEST_WAIT


def test_it_parks_an_event_that_it_cannot_work_and_shows_why(donor, till, monkeypatch):
    donor.paid("once", "25")

    def broken(*args):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("donations.sync.payments.receive", broken)
    till.tell()
    failed = StripeEvent.objects.filter(state="failed")
    assert failed.exists() and "a fault of ours" in failed.first().note
    assert not LedgerEntry.objects.exists() and not Receipt.objects.exists()


def test_it_books_all_or_nothing(donor, till, monkeypatch):
    donor.paid("once", "25")
    (intent,) = till.objects("payment_intent")
    payment = payments.by_intent(intent["id"])

    def broken(*args, **kwargs):
        raise RuntimeError("the letter cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr("donations.letters.gift_letters.outbox.queue", broken)
        with pytest.raises(RuntimeError):
            from_stripe.intent_succeeded(intent["id"], everybody)
    assert Gift.objects.get().status == "started"
    assert not LedgerEntry.objects.exists() and not Receipt.objects.exists()
    book(payments.receive, payment)
    assert Receipt.objects.get().number == 1


def test_it_works_no_event_in_a_database_that_is_not_at_home(donor, till):
    donor.paid("once", "25")
    clone_guard.claim("acct_another/test")
    till.tell()
    assert not LedgerEntry.objects.exists()
    assert set(Job.objects.values_list("state", flat=True)) == {"ready"}
    assert "belongs to the Stripe account" in StripeEvent.objects.first().note


def test_it_does_not_ask_stripe_in_a_restored_copy_that_nobody_claimed(donor, till):
    """At its own address and with its own keys: the site that it was copied from may still run."""
    donor.paid("once", "25")
    clone_guard.restored(timezone.now())
    till.fault("unavailable", count=1)  # the first call would take it away
    till.tell()
    assert "restored from a copy" in StripeEvent.objects.first().note
    assert donor.give("once", "26").status_code == 503
    with pytest.raises(clone_guard.WrongSiteError):
        runs.run(apply=True)
    assert till.sandbox.control("GET", "faults", till.tenant)["api"][0]["count"] == 1
    assert not LedgerEntry.objects.exists() and not Reconciliation.objects.exists()
    till.calm()
    clone_guard.claim()
    Job.objects.update(run_at=timezone.now())
    run_due()
    assert LedgerEntry.objects.filter(kind="charge").count() == 1


def test_it_books_in_silence_what_waited_when_a_copy_was_made(donor, till):
    donor.paid("once", "25")
    monthly = donor.give("monthly", "30")
    for event in till.told():
        till.post(event)
    restored.quieten_what_waits()
    run_due()
    assert LedgerEntry.objects.filter(kind="charge").count() == 1 and not Letter.objects.exists()
    donor.pay(monthly)
    till.tell()
    assert Letter.objects.exists()  # what comes later is told as ever


@pytest.mark.both
def test_it_holds_no_transaction_open_while_it_asks_stripe(donor, till, monkeypatch):
    donor.paid("monthly", "25")
    real, depths = client.request, []

    def watched(call, *args):
        depths.append(len(transaction.get_connection().savepoint_ids))
        return real(call, *args)

    monkeypatch.setattr(client, "request", watched)
    till.tell()
    assert depths and set(depths) == {0}

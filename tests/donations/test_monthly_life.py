"""The life of a monthly gift: cards that fail and work again, pauses, stops, and ends made elsewhere."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone

from donations import gateway, plans, reconcile, steering, telling
from donations.models import Gift, LedgerEntry, Plan, Receipt
from foundation.jobs.queue import enqueue_periodic, run_due
from foundation.letters.models import Letter

# Letters and pauses by the calendar; that a long gift is booked right is shown on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.finding, pytest.mark.once]
DAY = 86400
FAILS_LATER = "4000000000000341"


@pytest.fixture
def clock(till):
    """One clock for us and for Stripe. `clock(days)` moves both, an hour's work done at every step."""
    known: list[dict] = []
    with time_machine.travel(timezone.now(), tick=True) as ours:

        def move(days: float) -> None:
            till.advance(int(days * DAY))
            ours.shift(timedelta(days=days))
            came = till.events()
            till.tell(came[len(known) :])
            known[:] = came
            enqueue_periodic()
            run_due()

        yield move


@pytest.fixture
def plan(donor, till) -> Plan:
    donor.pay(donor.give("monthly", "30", name="Ada Lovelace"))
    till.tell()
    return Plan.objects.get()


@pytest.fixture
def failing(donor, till, clock) -> Plan:
    """A monthly gift whose second month has just failed."""
    donor.pay(donor.give("monthly", "30", name="Ada Lovelace"), card=FAILS_LATER)
    till.tell()
    clock(31.5)
    return Plan.objects.get()


def at_stripe(plan: Plan) -> dict:
    return gateway.get(gateway.v1().subscriptions.retrieve, plan.subscription_id)


def letters() -> int:
    return Letter.objects.filter(template__startswith="card_failed").count()


def test_it_writes_on_days_0_4_and_10_and_pauses_on_day_21(failing, clock):
    assert failing.status == "past_due" and letters() == 1
    for days, written in ((2, 1), (2.1, 2), (5, 2), (1.1, 3), (10, 3)):
        clock(days)
        assert letters() == written, days
    clock(1)
    plan = Plan.objects.get()
    assert plan.status == "paused" and plan.held_since and letters() == 3
    assert at_stripe(plan)["pause_collection"]["behavior"] == "void" and at_stripe(plan)["status"] != "canceled"
    clock(40)
    assert letters() == 3 and Gift.objects.paid().count() == 1


def test_it_says_in_the_last_letter_on_which_day_it_pauses(failing, clock):
    clock(10.1)
    assert "our last letter" in Letter.objects.filter(template="card_failed_last").get().text


def test_it_tells_of_one_failure_once_however_often_it_is_told(failing, till):
    till.tell([{**event, "id": event["id"] + "Twin"} for event in till.events()])
    assert letters() == 1


def test_it_leads_from_the_letter_to_a_page_with_one_button(failing, client):
    (link,) = re.findall(r"http://\S+/give/card/\S+", Letter.objects.get(template="card_failed").text)
    path = urlsplit(link).path
    page = client.get(path)
    assert page.status_code == 200 and "$30.00 USD" in page.content.decode() and page["Cache-Control"]


def test_it_opens_no_page_for_an_old_or_invented_link(failing, client):
    (link,) = re.findall(r"/give/card/\S+", Letter.objects.get(template="card_failed").text)
    assert client.get("/give/card/invented/").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert client.get(link).status_code == client.post(link).status_code == 404


def test_it_records_a_payment_whatever_our_row_says(plan, till, clock):
    Plan.objects.update(status="ended", as_of=timezone.now() + timedelta(days=900))
    clock(32)
    assert Gift.objects.paid().count() == Receipt.objects.count() == 2


def test_it_changes_the_amount_from_the_next_month_on(plan, till, clock):
    before = at_stripe(plan)
    steering.change_amount(plan, 4500)
    after = at_stripe(plan)
    assert plan.total == 4500 and len(after["items"]["data"]) == 1
    old, new = before["items"]["data"][0], after["items"]["data"][0]
    assert new["id"] == old["id"] and new["price"]["product"] == old["price"]["product"]
    clock(32)
    assert sorted(Gift.objects.paid().values_list("total", flat=True)) == [3000, 4500]


def test_it_refuses_an_amount_outside_of_the_limits(plan):
    for total in (0, -1, 100, 10**12):
        with pytest.raises(steering.CannotError):
            steering.change_amount(plan, total)
    assert at_stripe(plan)["items"]["data"][0]["price"]["unit_amount"] == 3000


def test_it_pauses_until_a_day_and_goes_on(plan, till, clock):
    steering.pause(plan, timezone.now() + timedelta(days=45))
    assert plan.status == "paused" and plan.resumes_at
    clock(40)
    assert Gift.objects.paid().count() == 1
    clock(30)
    assert Plan.objects.get().status == "active" and Gift.objects.paid().count() == 2


def test_it_resumes_by_hand(plan):
    assert steering.pause(plan).status == "paused"
    assert steering.resume(plan).status == "active" and plan.resumes_at is None


def test_it_stops_undoes_and_ends(plan, till, clock):
    steering.stop(plan)
    assert plan.cancel_at and plan.status == "paused"
    steering.undo_stop(plan)
    assert plan.cancel_at is None and plan.status == "active"
    steering.stop(plan)
    clock(8)
    assert Plan.objects.get().status == "ended"
    clock(30)
    assert Gift.objects.paid().count() == 1


def test_it_ends_now(plan):
    assert steering.end(plan).status == "ended" and plan.ended_at


@pytest.mark.parametrize("how", [{"cancel_at_period_end": True}, {"cancel_at": "min_period_end"}])
def test_it_sees_an_end_that_was_set_elsewhere(plan, till, clock, how):
    gateway.ask(gateway.v1().subscriptions.update, plan.subscription_id, how)
    till.tell()
    plan.refresh_from_db()
    assert plan.cancel_at and plan.status == "active"
    clock(33)
    assert Plan.objects.get().status == "ended" and Gift.objects.paid().count() == 1


def test_it_ends_the_series_when_a_payment_works(plan, till, clock):
    subscription = gateway.subscription(plan.subscription_id)
    first = Gift.objects.get()
    for number, status in enumerate(("past_due", "active", "past_due")):
        now = timezone.now() + timedelta(seconds=number + 1)
        plans.put(type(subscription)(**{**subscription.__dict__, "status": status}), first, now)
    assert letters() == 2  # two failures, a letter each
    assert Plan.objects.get().past_due_since


def test_it_goes_on_when_a_new_card_comes_after_the_pause(failing, till, clock):
    clock(21.1)
    plan = Plan.objects.get()
    assert plan.held_since
    plans.go_on(plan)
    run_due()
    plan.refresh_from_db()
    assert plan.held_since is None and not at_stripe(plan)["pause_collection"]


def test_it_goes_on_with_a_new_card_and_never_charges_the_months_before(failing, till, clock):
    """The donor gives the card on Stripe's page; what lifts our pause is the event of that."""
    clock(21.1)
    plan = Plan.objects.get()
    open_ones = {"subscription": plan.subscription_id, "status": "open"}
    assert plan.held_since and not list(gateway.each(gateway.v1().invoices.list, open_ones))
    page = telling.card_page(plan.customer_id, "http://localhost/give/card/done/")
    till.sandbox.portal(page, "card")
    clock(0.1)
    plan.refresh_from_db()
    assert plan.held_since is None and plan.status != "paused" and not at_stripe(plan)["pause_collection"]
    assert Gift.objects.paid().count() == 1
    clock(31)
    assert Gift.objects.paid().count() == 2 and Plan.objects.get().status == "active"
    assert [invoice["status"] for invoice in till.objects("invoice")].count("void") >= 1


def test_it_begins_a_new_series_when_the_card_fails_after_the_pause_too(failing, clock):
    """Stripe calls the gift past due all the time. Nobody is written to before a month fails again."""
    clock(21.1)
    plans.go_on(Plan.objects.get())
    clock(0.1)
    assert Plan.objects.get().status == "past_due"
    before = letters()
    clock(5)
    assert letters() == before
    clock(6)
    assert letters() == before + 1
    clock(4)
    clock(6.1)
    clock(11.1)
    plan = Plan.objects.get()
    assert plan.held_since and plan.status == "paused" and letters() == before + 3


def debit_on_its_way(donor, till, plan: Plan) -> dict:
    """Somebody pays the month that failed from a bank account, by Stripe's own pages. Returns the charge, pending."""
    till.sandbox.debit(donor.give("once", "25", email="bank@donor.example")["Location"])
    (method,) = [each["payment_method"] for each in till.objects("charge") if each["status"] == "pending"]
    calls = gateway.v1()
    if gateway.ask(calls.payment_methods.retrieve, method)["customer"]:
        gateway.ask(calls.payment_methods.detach, method)
    gateway.ask(calls.payment_methods.attach, method, {"customer": plan.customer_id})
    (month,) = gateway.each(calls.invoices.list, {"subscription": plan.subscription_id, "status": "open"})
    gateway.ask(calls.invoices.pay, month["id"], {"payment_method": method})
    return next(each for each in till.objects("charge") if each["status"] == "pending" and each["amount"] == 3000)


@pytest.mark.parametrize("first", ["the money", "that nothing is behind"])
def test_it_goes_on_when_the_money_comes_after_the_pause_whichever_is_told_first(failing, donor, till, clock, first):
    """A bank debit that set out before the pause: its month cannot be voided, and it is paid days after."""
    clock(19)
    charge = debit_on_its_way(donor, till, failing)
    Plan.objects.update(customer_id="")  # the new bank account itself lifts nothing here: only money does
    clock(2.1)
    held = Plan.objects.get()
    assert held.held_since and Gift.objects.paid().filter(plan=held).count() == 1
    before = len(till.events())
    till.sandbox.control("POST", "debits", till.tenant, {"charge": charge["id"], "status": "succeeded"})
    came = till.events()[before:]
    plan_told = [event for event in came if event["type"] == "customer.subscription.updated"]
    money_told = [event for event in came if event not in plan_told]
    assert plan_told and at_stripe(held)["status"] == "active" and at_stripe(held)["pause_collection"]
    for part in (money_told, plan_told) if first == "the money" else (plan_told, money_told):
        till.tell(part)
    plan = Plan.objects.get()
    assert Gift.objects.paid().filter(plan=plan).count() == 2
    assert (plan.held_since, plan.status) == (None, "active") and not at_stripe(plan)["pause_collection"]


def test_it_goes_on_when_only_the_comparison_finds_the_money(failing, donor, till, clock):
    clock(19)
    charge = debit_on_its_way(donor, till, failing)
    clock(2.1)
    assert Plan.objects.get().held_since
    till.sandbox.control("POST", "debits", till.tenant, {"charge": charge["id"], "status": "succeeded"})
    reconcile.run(apply=True)
    run_due()
    assert Plan.objects.get().status == "active" and not at_stripe(failing)["pause_collection"]


def test_it_pauses_nothing_that_is_paid_while_it_pauses(failing, till, clock, monkeypatch):
    pause = steering.pause

    def paid_just_before(plan: Plan) -> Plan:
        calls = gateway.v1()
        card = gateway.ask(calls.payment_methods.attach, "pm_card_visa", {"customer": plan.customer_id})
        (month,) = gateway.each(calls.invoices.list, {"subscription": plan.subscription_id, "status": "open"})
        gateway.ask(calls.invoices.pay, month["id"], {"payment_method": card["id"]})
        steering.look(plan)  # as the worker beside us does, for the event of it
        return pause(plan)

    monkeypatch.setattr(steering, "pause", paid_just_before)
    clock(21.1)
    plan = Plan.objects.get()
    assert (plan.status, plan.held_since) == ("active", None) and not at_stripe(plan)["pause_collection"]


def test_it_leaves_a_pause_that_the_donor_wished_when_money_comes(failing, donor, till, clock):
    charge = debit_on_its_way(donor, till, failing)
    steering.pause(failing)
    till.sandbox.control("POST", "debits", till.tenant, {"charge": charge["id"], "status": "succeeded"})
    clock(0.1)
    plan = Plan.objects.get()
    assert Gift.objects.paid().filter(plan=plan).count() == 2
    assert plan.status == "paused" and at_stripe(plan)["pause_collection"]


def test_it_stays_paused_when_stripe_calls_it_active_because_months_were_voided(failing, clock):
    clock(21.1)
    plan = Plan.objects.get()
    held = gateway.subscription(plan.subscription_id)
    plans.put(replace(held, status="active"), Gift.objects.paid().get(), timezone.now() + timedelta(seconds=5))
    run_due()
    assert Plan.objects.get().held_since and at_stripe(plan)["pause_collection"]


def test_it_voids_the_months_also_when_it_died_after_the_pause(failing, clock, monkeypatch):
    forgive, tried = telling.forgive, []

    def dies_once(subscription: str) -> None:
        tried.append(subscription)
        if len(tried) == 1:
            raise gateway.StripeIsDownError("gone", 1)
        forgive(subscription)

    monkeypatch.setattr(telling, "forgive", dies_once)
    clock(21.1)
    clock(0.1)
    open_ones = {"subscription": failing.subscription_id, "status": "open"}
    assert len(tried) == 2 and not list(gateway.each(gateway.v1().invoices.list, open_ones))


@pytest.mark.both
def test_it_keeps_its_books_through_fourteen_months(donor, clock):
    """From a 31 January: months of 28 to 31 days and two changes of the clocks; each month is booked once."""
    clock((datetime(timezone.now().year + 1, 1, 31, 10, tzinfo=UTC) - timezone.now()) / timedelta(days=1))
    donor.pay(donor.give("monthly", "30"))
    for _ in range(14):
        clock(30.5)
    assert Gift.objects.paid().count() == Receipt.objects.count() == 15
    assert LedgerEntry.objects.filter(kind="charge").count() == 15
    assert LedgerEntry.objects.raised() == {"USD": 3000 * 15}


def test_it_leads_from_the_button_to_stripes_page_for_the_card(failing, client):
    (link,) = re.findall(r"/give/card/\S+", Letter.objects.get(template="card_failed").text)
    for _ in range(2):  # a second press is fine
        answer = client.post(link)
        assert answer.status_code == 303 and "/p/session/" in answer["Location"]

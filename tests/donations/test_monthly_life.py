"""The life of a monthly gift: cards that fail and work again, pauses, stops, and ends made elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone

from donations.letters.audience import everybody
from donations.models import Gift, LedgerEntry, Plan, Receipt, StripeEvent
from donations.monthly import changes, plans
from donations.panel.dashboard import MoneyPanel
from donations.reconcile import runs
from donations.stripe import client as stripe_client
from donations.stripe import reads, writes
from donations.stripe.errors import StripeIsDownError
from foundation.jobs import queue
from foundation.jobs.queue import enqueue_periodic, run_due
from foundation.letters.models import Letter
from supporters import supporters
from tests.donations.donor import Donor, Till
from tests.donations.kept import keep

# Letters and pauses by the calendar; that a long gift is booked right is shown by test_calendar.py on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.finding, pytest.mark.once]
DAY = 86400
FAILS_LATER = "4000000000000341"


class Clock:
    """One clock for us and for Stripe. `clock(days)` moves both, an hour's work done at every step."""

    def __init__(self, till: Till, ours: time_machine.Traveller) -> None:
        self.till, self.ours, self.told = till, ours, 0

    def __call__(self, days: float, only: str = "") -> None:
        """`only`: of all events those alone are told. One for each month is enough, as test_events.py shows."""
        self.till.advance(int(days * DAY))
        self.ours.shift(timedelta(days=days))
        self.till.tell([event for event in self.news() if only in ("", event["type"])])
        enqueue_periodic()
        run_due()

    def news(self) -> list[dict]:
        came = self.till.told()[self.told :]
        self.told += len(came)
        return came

    def catch_up(self, days: float) -> None:
        """Where those days were put back, and not lived through (kept.py)."""
        self.ours.shift(timedelta(days=days))
        self.news()


@pytest.fixture
def clock(till, monkeypatch) -> Iterator[Clock]:
    """What the site does by the clock besides (it publishes pages and looks where links lead) moves no money."""
    about = ("donations.", "foundation.", "supporters.", "config.housekeeping.forget")
    kept = {name: each for name, each in queue.PERIODICS.items() if name.startswith(about)}
    monkeypatch.setattr(queue, "PERIODICS", kept)
    with time_machine.travel(timezone.now(), tick=True) as ours:
        yield Clock(till, ours)


@pytest.fixture
def plan(donor, till) -> Plan:
    donor.gave("monthly", "30", name="Ada Lovelace")
    return Plan.objects.get()


def lived(donor: Donor, clock: Clock, *days: float) -> Plan:
    """A monthly gift whose card pays once, and fails from the second month on, after so many days."""

    def make() -> None:
        donor.pay(donor.give("monthly", "30", name="Ada Lovelace"), FAILS_LATER)
        donor.till.tell()
        for each in days:
            clock(each)

    if not keep(("a card that fails", days), donor, make):
        clock.catch_up(sum(days))
    return Plan.objects.get()


@pytest.fixture
def failing(donor, clock) -> Plan:
    """A monthly gift whose second month has just failed."""
    return lived(donor, clock, 31.5)


@pytest.fixture
def held(donor, clock) -> Plan:
    """The same three weeks later: it was paused for it."""
    plan = lived(donor, clock, 31.5, 21.1)
    assert plan.auto_paused_at and plan.status == "paused"
    return plan


@pytest.fixture(params=["all", "customer", "subscriptions"])
def portal(request, till):
    """Gives a card on Stripe's page. It may replace the plan's card, the one of the customer, or both."""
    till.sandbox.truths(till.tenant, portal_card=request.param)

    def give(plan: Plan, card: str = "4242424242424242") -> None:
        page = writes.card_page(plan.customer_id, "http://localhost/give/card/done/")
        till.sandbox.portal(page, "card", card_number=card)

    return give


def at_stripe(plan: Plan) -> dict:
    return stripe_client.get(stripe_client.v1().subscriptions.retrieve, plan.subscription_id)


def letters() -> int:
    return Letter.objects.filter(template__startswith="card_failed").count()


def test_it_writes_on_days_0_4_and_10_and_pauses_on_day_21(failing, clock):
    assert failing.status == "past_due" and letters() == 1
    for days, written in ((2, 1), (2.1, 2), (5, 2), (1.1, 3), (10, 3)):
        clock(days)
        assert letters() == written, days
    clock(1)
    plan = Plan.objects.get()
    assert plan.status == "paused" and plan.auto_paused_at and letters() == 3
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
    assert client.get("/give/card/invented/").status_code == client.post("/give/card/invented/").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert client.get(link).status_code == 404


def test_it_mails_a_new_link_to_whoever_holds_an_old_one(failing, client):
    (link,) = re.findall(r"/give/card/\S+", Letter.objects.get(template="card_failed").text)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert "Mail me a new link" in client.get(link).content.decode()
        for _ in range(2):
            assert "A new link is on its way" in client.post(link).content.decode()
        letter = Letter.objects.get(template="card_link")
        (new,) = re.findall(r"/give/card/\S+", letter.text)
        assert letter.to == "ada@donor.example" and client.get(new).status_code == 200
    Plan.objects.update(status="ended")
    assert "This monthly gift has ended" in client.get(link).content.decode()


def test_it_records_a_payment_whatever_our_row_says(plan, till, clock):
    Plan.objects.update(status="ended", as_of=timezone.now() + timedelta(days=900))
    clock(32)
    assert Gift.objects.paid().count() == Receipt.objects.count() == 2


def test_it_changes_the_amount_from_the_next_month_on(plan, till, clock):
    before = at_stripe(plan)
    changes.change_amount(plan, 4500)
    after = at_stripe(plan)
    assert plan.total == 4500 and len(after["items"]["data"]) == 1
    old, new = before["items"]["data"][0], after["items"]["data"][0]
    assert new["id"] == old["id"] and new["price"]["product"] == old["price"]["product"]
    clock(32)
    assert sorted(Gift.objects.paid().values_list("total", flat=True)) == [3000, 4500]


def test_it_refuses_an_amount_outside_of_the_limits(plan):
    for total in (0, -1, 100, 10**12):
        with pytest.raises(changes.CannotError):
            changes.change_amount(plan, total)
    assert at_stripe(plan)["items"]["data"][0]["price"]["unit_amount"] == 3000


def test_it_pauses_until_a_day_and_goes_on(plan, till, clock):
    changes.pause(plan, timezone.now() + timedelta(days=45))
    assert plan.status == "paused" and plan.resumes_at
    clock(40)
    assert Gift.objects.paid().count() == 1
    clock(30)
    assert Plan.objects.get().status == "active" and Gift.objects.paid().count() == 2


def test_it_resumes_by_hand(plan):
    assert changes.pause(plan).status == "paused"
    assert changes.resume(plan).status == "active" and plan.resumes_at is None


def test_it_stops_undoes_and_ends(plan, till, clock):
    changes.stop(plan)
    assert plan.cancel_at and plan.status == "paused"
    changes.undo_stop(plan)
    assert plan.cancel_at is None and plan.status == "active"
    changes.stop(plan)
    clock(8)
    assert Plan.objects.get().status == "ended"
    clock(30)
    assert Gift.objects.paid().count() == 1


@pytest.mark.parametrize(("until", "status"), [(None, "paused"), (40, "paused"), (3, "active")])
def test_it_rests_on_where_it_rested_before_it_was_stopped(plan, till, clock, until, status):
    """A pause that would be over by then is over; pressed twice, a stop forgets nothing."""
    over = timezone.now().replace(microsecond=0) + timedelta(days=until) if until else None
    changes.pause(plan, over)
    changes.stop(plan)
    changes.stop(plan)
    clock(4)
    assert plan.status == "paused" and plan.resumes_at is None
    for _press in range(2):
        changes.undo_stop(plan)
        assert (plan.status, plan.cancel_at) == (status, None)
        assert plan.resumes_at == (over if status == "paused" else None)
    newest = Letter.objects.filter(template__startswith="plan_").latest("pk")
    assert newest.template == ("plan_paused" if status == "paused" else "plan_resumed")
    changes.resume(plan)
    changes.stop(plan)
    assert changes.undo_stop(plan).status == "active", "it did not rest before the second stop"


def test_it_leaves_the_pause_of_a_gift_that_others_set_an_end_to(plan, till):
    changes.pause(plan)
    stripe_client.request(stripe_client.v1().subscriptions.update, plan.subscription_id, {"cancel_at_period_end": True})
    changes.undo_stop(changes.refresh(plan))
    assert (plan.status, plan.cancel_at) == ("paused", None)


def test_it_names_no_end_of_a_pause_once_it_has_ended(plan, till):
    """Stripe keeps the pause of a gift for ever."""
    changes.pause(plan, timezone.now() + timedelta(days=40))
    changes.end(plan)
    assert (plan.status, plan.resumes_at) == ("ended", None) and at_stripe(plan)["pause_collection"]["resumes_at"]
    assert not plans.differs(plan, reads.subscription(plan.subscription_id))


def test_it_ends_now(plan):
    assert changes.end(plan).status == "ended" and plan.ended_at


@pytest.mark.parametrize("how", [{"cancel_at_period_end": True}, {"cancel_at": "min_period_end"}])
def test_it_sees_an_end_that_was_set_elsewhere(plan, till, clock, how):
    stripe_client.request(stripe_client.v1().subscriptions.update, plan.subscription_id, how)
    till.tell()
    plan.refresh_from_db()
    assert plan.cancel_at and plan.status == "active"
    clock(33)
    assert Plan.objects.get().status == "ended" and Gift.objects.paid().count() == 1


def test_it_ends_the_series_when_a_payment_works(plan, till, clock):
    subscription = reads.subscription(plan.subscription_id)
    first = Gift.objects.get()
    for number, status in enumerate(("past_due", "active", "past_due")):
        now = timezone.now() + timedelta(seconds=number + 1)
        everybody(plans.upsert(replace(subscription, status=status), first, now)[1])
    assert letters() == 2  # two failures, a letter each
    assert Plan.objects.get().past_due_since


def test_it_goes_on_when_a_new_card_comes_after_the_pause(held):
    plans.request_resume(held)
    run_due()
    held.refresh_from_db()
    assert held.auto_paused_at is None and not at_stripe(held)["pause_collection"]


def test_it_takes_the_open_month_by_a_new_card_at_once(failing, till, clock, portal):
    clock(9.5)
    before = letters()
    portal(failing)
    clock(0.1)
    plan = Plan.objects.get()
    assert (plan.status, Gift.objects.paid().count()) == ("active", 2)
    clock(1)
    assert letters() == before, "no last notice after a good card"
    clock(31)
    assert Gift.objects.paid().count() == LedgerEntry.objects.filter(kind="charge").count() == 3
    assert {charge["amount"] for charge in till.objects("charge") if charge["status"] == "succeeded"} == {3000}


def test_it_writes_once_when_the_new_card_is_refused_too(failing, till, portal):
    for _ in range(2):
        portal(failing, FAILS_LATER)
    till.tell()
    refused = Letter.objects.filter(key__startswith="card-refused:")
    tried = len(till.objects("charge"))
    assert refused.count() in (1, 2) and Gift.objects.paid().count() == 1  # a letter for each of the cards we saw
    told = refused.count()
    till.tell([{**event, "id": event["id"] + "Twin"} for event in till.events()])
    assert refused.count() == told and len(till.objects("charge")) == tried


def test_it_takes_nothing_by_a_new_card_of_a_gift_that_was_stopped_or_paused(failing, till, clock, portal):
    changes.pause(failing)
    portal(failing)
    till.tell()
    changes.stop(failing)
    portal(failing)
    till.tell()
    clock(4)
    assert Gift.objects.paid().count() == 1 and Plan.objects.get().status == "paused"


def test_it_leaves_the_card_that_the_plan_has_when_the_customers_is_older(failing, till, clock, portal):
    portal(failing)
    till.tell()
    newer = at_stripe(failing)["default_payment_method"]
    calls = stripe_client.v1()
    clock(0.1)  # of two cards of the same second nobody can say which is the newer one
    card = stripe_client.request(calls.payment_methods.attach, "pm_card_visa", {"customer": failing.customer_id})["id"]
    stripe_client.request(calls.subscriptions.update, failing.subscription_id, {"default_payment_method": card})
    stripe_client.request(calls.customers.update, failing.customer_id, {"name": "Ada King"})
    till.tell()
    assert newer != card and at_stripe(failing)["default_payment_method"] == card


@pytest.mark.parametrize("rest", ["stop", "pause"])
def test_it_asks_for_nothing_more_after_a_stop_or_a_pause(failing, till, clock, rest):
    {"stop": changes.stop, "pause": changes.pause}[rest](failing)
    run_due()
    till.sandbox.renew_card(at_stripe(failing)["default_payment_method"], till.tenant)  # each further try would pay
    for days in (3.5, 1, 2):
        clock(days)
    assert letters() == 1 and Gift.objects.paid().count() == 1
    open_ones = {"subscription": failing.subscription_id, "status": "open"}
    assert not list(stripe_client.each(stripe_client.v1().invoices.list, open_ones))


def test_it_writes_no_last_notice_while_a_bank_carries_out_the_payment(failing, donor, till, clock):
    clock(9)
    before = letters()
    debit_on_its_way(donor, till, failing)
    clock(1.5)
    assert Plan.objects.get().status == "past_due" and letters() == before


def test_it_wakes_a_gift_whose_pause_was_never_answered(failing, till, clock, portal, monkeypatch):
    pause, lost = writes.pause, []

    def unanswered(*args, **words):
        answer = pause(*args, **words)
        lost.append(answer)
        if len(lost) == 1:
            raise StripeIsDownError("no answer", 1)
        return answer

    monkeypatch.setattr(writes, "pause", unanswered)
    clock(21.1)
    clock(0.1)
    held = Plan.objects.get()
    open_ones = {"subscription": held.subscription_id, "status": "open"}
    assert (
        held.auto_paused_at
        and len(lost) == 1
        and not list(stripe_client.each(stripe_client.v1().invoices.list, open_ones))
    )
    portal(held)
    clock(0.1)
    assert Plan.objects.get().status != "paused" and not at_stripe(held)["pause_collection"]


@pytest.mark.both
def test_it_loses_no_pause_to_whoever_looks_at_the_same_moment(failing, till, clock, monkeypatch):
    """The event that our own pause causes is told before its answer comes to us."""
    pause = writes.pause

    def seen_first(*args, **words):
        answer = pause(*args, **words)
        changes.refresh(Plan.objects.get())
        return answer

    monkeypatch.setattr(writes, "pause", seen_first)
    clock(21.1)
    assert Plan.objects.get().auto_paused_at and Letter.objects.filter(template="plan_held").count() == 1


def test_it_shows_a_change_though_somebody_looked_just_before_stripe_made_it(plan, monkeypatch):
    """A fetch that began after ours, and whose answer is older than our change."""
    stop = writes.stop

    def seen_before(*args, **words):
        changes.refresh(Plan.objects.get())
        return stop(*args, **words)

    monkeypatch.setattr(writes, "stop", seen_before)
    assert changes.stop(plan).cancel_at and Plan.objects.get().cancel_at
    run_due()
    assert Letter.objects.filter(template="plan_stopped").count() == 1


@pytest.mark.both
def test_it_writes_nothing_over_what_others_write_of_a_plan(plan, monkeypatch):
    """Two supporters are made one while a plan is written."""
    other = supporters.get_or_create_supporter("other@donor.example", "Ada")
    real = plans._note_past_due

    def merged(*args, **words) -> None:
        Plan.objects.filter(pk=plan.pk).update(supporter=other)
        real(*args, **words)

    monkeypatch.setattr(plans, "_note_past_due", merged)
    changes.refresh(plan)
    assert Plan.objects.get().supporter == other


def test_it_leaves_a_pause_that_the_donor_wished_after_ours(held, clock, portal):
    changes.pause(held)
    assert held.auto_paused_at is None
    portal(held)
    clock(0.1)
    assert Plan.objects.get().status == "paused" and at_stripe(held)["pause_collection"]


@pytest.fixture
def bounced(donor, till, clock) -> Gift:
    """A monthly gift whose first payment, a bank debit, came back after four days."""
    till.sandbox.debit(donor.give("monthly", "30", name="Ada Lovelace")["Location"], "000222222227")
    till.tell()
    assert Gift.objects.get().status == "pending" and Plan.objects.get().status == "active"
    clock(4.1)
    return Gift.objects.get()


def test_it_says_how_to_mend_a_first_debit_that_came_back(bounced, donor, till, clock, portal):
    plan = Plan.objects.get()
    assert (bounced.status, bounced.plan, plan.status) == ("failed", plan, "past_due")
    assert Letter.objects.get().template == "card_failed"
    page = donor.client.get(f"/give/thanks/?session={bounced.session_id}").content.decode()
    assert "The first payment did not come" in page and "Start again" not in page
    portal(plan)
    clock(0.1)
    bounced.refresh_from_db()
    assert (bounced.status, Gift.objects.count(), Plan.objects.get().status) == ("paid", 1, "active")
    assert Receipt.objects.count() == LedgerEntry.objects.filter(kind="charge").count() == 1


def test_it_pauses_a_gift_whose_first_debit_came_back_and_says_so(bounced, clock):
    for days in (4.1, 6, 11.1):
        clock(days)
    templates = list(Letter.objects.order_by("id").values_list("template", flat=True))
    # On day 4 the bank is asked again already: nobody is told that this failed before it has.
    assert templates == ["card_failed", "card_failed_last", "plan_held"]
    assert Plan.objects.get().auto_paused_at and not LedgerEntry.objects.exists()


def test_it_notes_a_month_that_was_paid_outside_of_stripe(failing, till):
    (month,) = stripe_client.each(
        stripe_client.v1().invoices.list, {"subscription": failing.subscription_id, "status": "open"}
    )
    stripe_client.request(stripe_client.v1().invoices.pay, month["id"], {"paid_out_of_band": True})
    till.tell()
    noted = StripeEvent.objects.get(note__startswith="Paid outside of Stripe")
    assert (noted.type, noted.state) == ("invoice.paid", "done") and "$30.00 USD" in noted.note
    assert Plan.objects.get().status == "active" and Gift.objects.paid().count() == 1
    assert ("paid outside of Stripe this month", 1) in [row[:2] for row in MoneyPanel().get_context_data({})["figures"]]


def test_it_goes_on_with_a_new_card_and_never_charges_the_months_before(held, till, clock, portal):
    """The donor gives the card on Stripe's page; what lifts our pause is the event of that."""
    open_ones = {"subscription": held.subscription_id, "status": "open"}
    assert not list(stripe_client.each(stripe_client.v1().invoices.list, open_ones))
    portal(held)
    clock(0.1)
    held.refresh_from_db()
    assert held.auto_paused_at is None and held.status != "paused" and not at_stripe(held)["pause_collection"]
    assert Gift.objects.paid().count() == 1
    clock(31)
    assert Gift.objects.paid().count() == 2 and Plan.objects.get().status == "active"
    assert [invoice["status"] for invoice in till.objects("invoice")].count("void") >= 1


def test_it_begins_a_new_series_when_the_card_fails_after_the_pause_too(held, clock, portal):
    """Stripe calls the gift past due all the time. Nobody is written to before a month fails again."""
    portal(held, FAILS_LATER)
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
    assert plan.auto_paused_at and plan.status == "paused" and letters() == before + 3


def debit_on_its_way(donor, till, plan: Plan) -> dict:
    """Somebody pays the month that failed from a bank account, by Stripe's own pages. Returns the charge, pending."""
    till.sandbox.debit(donor.give("once", "25", email="bank@donor.example")["Location"])
    (method,) = [each["payment_method"] for each in till.objects("charge") if each["status"] == "pending"]
    calls = stripe_client.v1()
    if stripe_client.request(calls.payment_methods.retrieve, method)["customer"]:
        stripe_client.request(calls.payment_methods.detach, method)
    stripe_client.request(calls.payment_methods.attach, method, {"customer": plan.customer_id})
    (month,) = stripe_client.each(calls.invoices.list, {"subscription": plan.subscription_id, "status": "open"})
    stripe_client.request(calls.invoices.pay, month["id"], {"payment_method": method})
    return next(each for each in till.objects("charge") if each["status"] == "pending" and each["amount"] == 3000)


@pytest.mark.parametrize("first", ["the money", "that nothing is behind"])
def test_it_goes_on_when_the_money_comes_after_the_pause_whichever_is_told_first(failing, donor, till, clock, first):
    """A bank debit that set out before the pause: its month cannot be voided, and it is paid days after."""
    clock(19)
    charge = debit_on_its_way(donor, till, failing)
    Plan.objects.update(customer_id="")  # the new bank account itself lifts nothing here: only money does
    clock(2.1)
    held = Plan.objects.get()
    assert held.auto_paused_at and Gift.objects.paid().filter(plan=held).count() == 1
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
    assert (plan.auto_paused_at, plan.status) == (None, "active") and not at_stripe(plan)["pause_collection"]


def test_it_goes_on_when_only_the_comparison_finds_the_money(failing, donor, till, clock):
    clock(19)
    charge = debit_on_its_way(donor, till, failing)
    clock(2.1)
    assert Plan.objects.get().auto_paused_at
    till.sandbox.control("POST", "debits", till.tenant, {"charge": charge["id"], "status": "succeeded"})
    runs.run(apply=True)
    run_due()
    assert Plan.objects.get().status == "active" and not at_stripe(failing)["pause_collection"]


def test_it_pauses_nothing_that_is_paid_while_it_pauses(failing, till, clock, monkeypatch):
    hold = changes.auto_pause

    def paid_just_before(plan: Plan) -> Plan:
        calls = stripe_client.v1()
        card = stripe_client.request(calls.payment_methods.attach, "pm_card_visa", {"customer": plan.customer_id})
        (month,) = stripe_client.each(calls.invoices.list, {"subscription": plan.subscription_id, "status": "open"})
        stripe_client.request(calls.invoices.pay, month["id"], {"payment_method": card["id"]})
        changes.refresh(plan)  # as the worker beside us does, for the event of it
        return hold(plan)

    monkeypatch.setattr(changes, "auto_pause", paid_just_before)
    clock(21.1)
    plan = Plan.objects.get()
    assert (plan.status, plan.auto_paused_at) == ("active", None) and not at_stripe(plan)["pause_collection"]


def test_it_leaves_a_pause_that_the_donor_wished_when_money_comes(failing, donor, till, clock):
    charge = debit_on_its_way(donor, till, failing)
    changes.pause(failing)
    till.sandbox.control("POST", "debits", till.tenant, {"charge": charge["id"], "status": "succeeded"})
    clock(0.1)
    plan = Plan.objects.get()
    assert Gift.objects.paid().filter(plan=plan).count() == 2
    assert plan.status == "paused" and at_stripe(plan)["pause_collection"]


def test_it_stays_paused_when_stripe_calls_it_active_because_months_were_voided(held):
    subscription = replace(reads.subscription(held.subscription_id), status="active")
    plans.upsert(subscription, Gift.objects.paid().get(), timezone.now() + timedelta(seconds=5))
    run_due()
    assert Plan.objects.get().auto_paused_at and at_stripe(held)["pause_collection"]


def test_it_voids_the_months_also_when_it_died_after_the_pause(failing, clock, monkeypatch):
    forgive, tried = writes.forgive, []

    def dies_once(subscription: str) -> None:
        tried.append(subscription)
        if len(tried) == 1:
            raise StripeIsDownError("gone", 1)
        forgive(subscription)

    monkeypatch.setattr(writes, "forgive", dies_once)
    clock(21.1)
    clock(0.1)
    open_ones = {"subscription": failing.subscription_id, "status": "open"}
    assert len(tried) == 2 and not list(stripe_client.each(stripe_client.v1().invoices.list, open_ones))


def test_it_leads_from_the_button_to_stripes_page_for_the_card(failing, client):
    (link,) = re.findall(r"/give/card/\S+", Letter.objects.get(template="card_failed").text)
    for _ in range(2):  # a second press is fine
        answer = client.post(link)
        assert answer.status_code == 303 and "/p/session/" in answer["Location"]

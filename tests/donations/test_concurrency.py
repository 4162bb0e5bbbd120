"""One gate in front of Stripe: whoever finds it full is answered at once, and nobody asks the same again and again."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from django.test import Client

from donations.giving import other_pages, step_up
from donations.letters import plan_letters
from donations.models import Gift, Plan, months
from donations.stripe import client, concurrency, reads, throttle
from donations.stripe.errors import FullError
from foundation.access import tokens
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from tests.donations.donor import Donor
from tests.donations.test_my_page import mine, plan  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
WAYS = ["give", "give again", "finish", "thanks", "card", "my card", "skip", "stop", "once", "pause", "amount"]


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The calls to Stripe that this process makes from now on."""
    made: list[str] = []
    send = requests.Session.request

    def counted(self, method, url, *args, **more):
        made.append(f"{method} {url.partition('/v1/')[2]}")
        return send(self, method, url, *args, **more)

    monkeypatch.setattr(requests.Session, "request", counted)
    return made


@contextmanager
def full() -> Iterator[None]:
    """Every place is taken by somebody for whom Stripe is slow."""
    for _ in range(concurrency.SLOTS):
        assert concurrency._slots.acquire(blocking=False)
    try:
        yield
    finally:
        for _ in range(concurrency.SLOTS):
            concurrency._slots.release()


@pytest.fixture
def ways(donor, plan, mine):  # noqa: F811
    """Every request of a visitor that asks Stripe, by name."""
    donor = Donor(Client(), donor.till)
    wish = donor.wish("once", "25")
    donor.send(wish)
    gift = Gift.objects.exclude(session_id=None).latest("pk")
    finish = tokens.make(step_up.PURPOSE, gift.reference, step_up.LIFE)
    card = plan_letters.card_link(plan).text.split("/give/card/")[1].split()[0]
    page, until = f"/my/gifts/{plan.pk}/", str(int(months.rests(plan)[0].until.timestamp()))
    presses = {does: {"until": until} for does in ("skip", "pause")}
    presses |= {"stop": {}, "once": {}, "amount": {"total": "31"}}
    for does, more in presses.items():  # the page that asks is written without Stripe: its button is what is pressed
        more |= mine.post(page, {"does": does, **more}).context["filled"]
    Gift.objects.update(session_url="")  # a row that knows where its open page is asks Stripe nothing
    return {
        "give": lambda: donor.send({**wish, "other": "26"}),
        "give again": lambda: donor.send(wish),
        "finish": lambda: Client().post(f"/give/finish/{finish}/"),
        "thanks": lambda: donor.client.get(f"/give/thanks/?session={gift.session_id}"),
        "card": lambda: Client().post(f"/give/card/{card}"),
        "my card": lambda: mine.post(f"{page}card/"),
        **{
            does: lambda does=does, more=more: mine.post(page, {"does": does, **more}) for does, more in presses.items()
        },
    }


@pytest.mark.parametrize("name", WAYS)
def test_it_answers_at_once_and_truly_when_every_place_is_taken(ways, calls, name):
    with full():
        answer = ways[name]()
    text = answer.content.decode()
    if name == "thanks":
        assert answer.status_code == 200 and answer["Refresh"] and "Thank you" in text
    else:
        assert answer.status_code == 503 and "Very many people" in text and "cannot reach" not in text
        assert "Nothing was charged." in text or "Nothing was changed." in text
    assert calls == []
    assert ways[name]().status_code in (200, 302, 303), "a place is free again"
    assert calls != []


def test_it_gives_a_place_back_whatever_happens(donor, till):
    client.account()
    till.fault("unavailable", path="/v1/checkout/sessions", method="POST")
    fields = donor.wish("once", "25")
    for _ in range(2):
        assert donor.send(fields).status_code == 503
    with full():
        pass


def test_it_lets_no_call_of_a_request_past_the_gate(till):
    """Also one that somebody writes next year, and one page of a list after another."""
    with full():
        lists = client.v1().charges.list  # the library itself, past our own words for it
        for call in (lambda: reads.charge("ch_1"), lambda: list(client.each(lists, {})), lambda: lists({})):
            with pytest.raises(FullError):
                call()


def test_it_keeps_no_job_waiting_for_a_place(donor, till):
    donor.paid("once", "25")
    with full():
        till.tell()
    assert Gift.objects.get().is_paid


@pytest.mark.usefixtures("stopped")
def test_it_asks_stripe_a_few_times_for_a_form_that_is_sent_again_and_again(donor, till, calls):
    """Where our row does not know its open page: else Stripe is asked nothing at all, see test_one_stamp.py."""
    fields, answers = donor.wish("once", "25"), []
    for _ in range(concurrency.ASKS[0] + 10):
        answers.append(donor.send(fields))
        Gift.objects.update(session_url="")
    assert len(calls) <= concurrency.ASKS[0] + 5, "the account and the product are looked up once"
    assert answers[0].status_code == 303 and Gift.objects.count() == 1
    last = answers[-1]
    assert last.status_code == 429 and last["Retry-After"] == "600" and "many times in a row" in last.content.decode()
    assert 'value="25"' in last.content.decode() and "Nothing was charged" in last.content.decode()


@pytest.mark.parametrize("name", ["thanks", "card", "my card"])
def test_it_asks_stripe_nothing_more_for_a_page_that_is_pressed_again_and_again(ways, calls, name):
    for _ in range(concurrency.BRIEF_VISITS):
        ways[name]()
    asked = len(calls)
    last = ways[name]()
    assert len(calls) == asked > 0
    text = last.content.decode()
    assert "Thank you" in text if name == "thanks" else "many times in a row" in text


def test_it_counts_the_asks_of_each_gift_by_themselves(donor, till):
    fields = donor.wish("once", "25")
    for _ in range(concurrency.ASKS[0] + 5):
        donor.send(fields)
        Gift.objects.update(session_url="")
    assert donor.send({**fields, "other": "26"}).status_code == 303


def test_it_ends_all_calls_of_a_request_in_time(till, calls, monkeypatch):
    """Each may be slow; together they hold a thread no longer than a visit."""
    left, real = [], throttle.budget

    def budget(usual):
        left.append(real(usual))
        return 1.0

    monkeypatch.setattr(throttle, "budget", budget)
    with concurrency.visit("gift"):
        client.v1().charges.list({})
    client.v1().charges.list({})
    assert left[0] <= concurrency.VISIT and left[1] == client.BUDGET


def test_it_closes_the_earlier_pages_by_a_job_that_waits_for_stripe(donor, till, calls):
    fields = donor.wish("once", "25")
    donor.send(fields)
    before = len(calls)
    donor.send({**fields, "other": "40"})
    assert not [call for call in calls[before:] if "expire" in call], "the donor waits for no closing"
    till.fault("unavailable")
    run_due()
    job = Job.objects.get(kind=other_pages.KIND)
    assert (job.state, job.failures) == (Job.State.READY, 0)
    till.calm()
    Job.objects.update(run_at=job.created_at)
    run_due()
    assert sorted(Gift.objects.values_list("amount", "status")) == [(2500, "expired"), (4000, "started")]


def test_it_leaves_the_page_open_that_its_donor_went_back_to(donor, till):
    fields = donor.wish("once", "25")
    first = donor.send(fields)
    donor.send({**fields, "other": "40"})
    assert donor.send(fields)["Location"] == first["Location"]
    run_due()
    assert sorted(Gift.objects.values_list("amount", "status")) == [(2500, "started"), (4000, "expired")]


def test_it_closes_no_page_that_was_paid_meanwhile(donor, till):
    fields = donor.wish("once", "25")
    first = donor.send(fields)
    donor.send({**fields, "other": "40"})
    donor.pay(first)
    run_due()
    till.tell()
    assert sorted(Gift.objects.values_list("amount", "status")) == [(2500, "paid"), (4000, "started")]


def test_it_asks_for_each_closing_once(donor, till):
    fields = donor.wish("once", "25")
    for amount in range(25, 30):
        donor.send({**fields, "other": str(amount)})
    assert Job.objects.filter(kind=other_pages.KIND).count() == 4
    run_due()
    assert Gift.objects.filter(status="expired").count() == 4 and Plan.objects.count() == 0

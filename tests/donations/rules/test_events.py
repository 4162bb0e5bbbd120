"""What becomes of an event, each way by itself: done, not for us, later, failed; and what staff read about it."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from donations.letters.outcomes import Tell
from donations.models import StripeEvent
from donations.stripe import client
from donations.stripe.errors import NotFoundError, StripeIsDownError
from donations.sync import payments
from donations.webhooks import events
from foundation.jobs import queue as jobs
from foundation.organisation import clone_guard
from foundation.organisation.models import SiteIdentity
from tests.donations.rules import given

pytestmark = pytest.mark.django_db
OURS = settings.STRIPE_API_VERSION
ASKED = {"event": "evt_one"}


@pytest.fixture(autouse=True)
def account(monkeypatch):
    """The account that our key belongs to, so that nothing is asked over the network."""
    monkeypatch.setattr(client, "account", lambda: "acct_of_these_tests/test")


def event(ident: str = "evt_one", **fields) -> StripeEvent:
    known = {"type": "charge.succeeded", "object_id": "ch_one", "created": given.NOON, "api_version": OURS}
    return StripeEvent.objects.create(event_id=ident, **{**known, "livemode": False, "payload": "{}", **fields})


def stands(ident: str = "evt_one") -> tuple[str, str, bool]:
    row = StripeEvent.objects.get(event_id=ident)
    return row.state, row.note, row.finished_at is not None


@pytest.fixture
def step(monkeypatch):
    """What follows a charge; `step.ends` is what it returns or raises."""

    class Step:
        ends: str | Exception = ""
        asked: list[str] = []

        def __call__(self, ident: str, tell: Tell) -> str:
            self.asked.append(ident)
            if isinstance(self.ends, Exception):
                raise self.ends
            return self.ends

    made = Step()
    made.asked = []
    monkeypatch.setitem(events.HANDLERS, "charge.succeeded", made)
    return made


def test_it_takes_the_step_with_the_object_of_the_event_and_writes_down_its_note(step):
    event("evt_other", object_id="ch_other")
    event()
    step.ends = "Something unusual."
    with time_machine.travel(given.NOON, tick=False):
        events.apply(ASKED)
    assert step.asked == ["ch_one"] and stands() == ("done", "Something unusual.", True)
    assert StripeEvent.objects.get(event_id="evt_one").finished_at == given.NOON
    assert stands("evt_other") == ("waiting", "", False)


def test_it_claims_the_home_of_the_database_for_the_account_that_it_asked(step):
    event()
    events.apply(ASKED)
    assert SiteIdentity.objects.get().stripe_account == "acct_of_these_tests/test"


def test_it_leaves_alone_what_nobody_asked_for(step, monkeypatch):
    monkeypatch.setattr(client, "account", None)  # nothing is asked
    event(type="x.y")
    events.apply(ASKED)
    assert step.asked == [] and stands() == ("ignored", "", True)


@pytest.mark.parametrize("error", [payments.NotOursError, NotFoundError])
def test_it_notes_what_is_not_ours(step, error):
    event()
    step.ends = error("No gift has it.")
    events.apply(ASKED)
    assert stands() == ("ignored", "No gift has it.", True)


def test_it_comes_again_later_when_stripe_is_down(step, monkeypatch):
    monkeypatch.setattr(events.random, "uniform", lambda low, high: 1.0)
    event()
    step.ends = StripeIsDownError("No answer.", 45)
    with pytest.raises(jobs.RetryLaterError, match=r"^No answer\.$") as later:
        events.apply(ASKED)
    assert later.value.seconds == 45 and stands() == ("waiting", "No answer.", False)


def test_it_comes_again_in_ten_minutes_when_the_database_is_not_at_home(step):
    clone_guard.claim("acct_another/test")
    event()
    with pytest.raises(jobs.RetryLaterError, match="belongs to the Stripe account acct_another/test") as later:
        events.apply(ASKED)
    assert later.value.seconds == 600 and step.asked == []
    state, note, finished = stands()
    assert (state, finished) == ("waiting", False) and note == str(later.value)


def test_it_writes_nothing_of_a_job_that_another_worker_has(step):
    event()
    step.ends = jobs.LeaseLostError("Another's by now.")
    with pytest.raises(jobs.LeaseLostError):
        events.apply(ASKED)
    assert stands() == ("waiting", "", False)


def test_it_shows_a_fault_of_ours_and_lets_the_job_fail(step):
    event()
    step.ends = ZeroDivisionError("a fault")
    with pytest.raises(ZeroDivisionError):
        events.apply(ASKED)
    assert stands() == ("failed", "ZeroDivisionError: a fault", False)


@pytest.mark.parametrize(
    ("sent", "note", "shown"),
    [
        (OURS, "Unusual.", "Unusual."),
        ("2020-08-27", "Unusual.", f"Unusual. Sent in API version 2020-08-27; fetched in {OURS}."),
        ("2020-08-27", "", f"Sent in API version 2020-08-27; fetched in {OURS}."),
        ("", "", f"Sent in API version unknown; fetched in {OURS}."),
    ],
)
def test_it_says_when_an_event_speaks_another_version_of_the_api(step, sent, note, shown):
    event(api_version=sent)
    step.ends = note
    events.apply(ASKED)
    assert stands() == ("done", shown, True)


def test_it_keeps_two_thousand_characters_of_a_note(step):
    event()
    step.ends = "x" * 1999 + "yz"
    events.apply(ASKED)
    assert stands()[1] == "x" * 1999 + "y"


@pytest.mark.parametrize(
    ("age", "least", "wait"),
    [(0, 20, 20), (79, 20, 20), (84, 20, 21), (1200, 20, 300), (3600, 20, 900), (86400, 20, 900), (0, 2000, 900)],
)
def test_it_waits_a_quarter_of_the_age_of_the_event_and_at_most_fifteen_minutes(age, least, wait, monkeypatch):
    spread = []

    def uniform(*ends) -> float:
        spread.append(ends)
        return 1.0

    monkeypatch.setattr(events.random, "uniform", uniform)
    with time_machine.travel(given.NOON, tick=False):
        young = StripeEvent(received_at=timezone.now() - timedelta(seconds=age))
        assert events._wait(young, least) == wait
    assert spread == [(0.8, 1.2)]


def test_it_spreads_the_waiting_so_that_a_thousand_events_do_not_ask_at_once(monkeypatch):
    monkeypatch.setattr(events.random, "uniform", lambda low, high: high)
    with time_machine.travel(given.NOON, tick=False):
        assert events._wait(StripeEvent(received_at=timezone.now()), 100) == pytest.approx(120)

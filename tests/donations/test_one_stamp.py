"""One form, one gift: what a form that is sent again finds, and what it may not make."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from donations.card_testing import tries
from donations.giving import gifts
from donations.models import Gift
from donations.stripe import client, concurrency
from foundation.access.models import TokenBucket
from foundation.jobs.queue import run_due
from supporters import privacy_registry
from tests.donations.donor import SECOND, Donor, opened_before
from tests.foundation.crowd import together
from tests.narrowing import not_none

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
SOMEWHERE = "203.0.113.9"


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """What is asked of Stripe from here on."""
    found: list[str] = []
    real = client.request

    def request(call, *args, **options):
        found.append(str(getattr(call, "__qualname__", call)))
        return real(call, *args, **options)

    monkeypatch.setattr(client, "request", request)
    return found


def pages(status: str = "") -> list[dict]:
    """Every payment page that Stripe has for us, or those of one status."""
    found = client.request(client.v1().checkout.sessions.list, {"limit": 100})["data"]
    return [page for page in found if status in ("", page["status"])]


def test_it_finds_its_gift_however_often_it_is_sent_and_asks_stripe_nothing(donor, till, calls):
    """From the browser that filled it, and from one without its cookie at another address. Nothing is counted."""
    fields = donor.wish("once", "25")
    first = donor.send(fields)["Location"]
    limits, begun = list(TokenBucket.objects.order_by("key").values()), len(calls)
    other = Donor(Client(REMOTE_ADDR=SOMEWHERE), till)
    answers = {(donor if number % 5 == 0 else other).send(fields)["Location"] for number in range(25)}
    assert answers == {first} and len(calls) == begun and Gift.objects.count() == len(pages()) == 1
    assert list(TokenBucket.objects.order_by("key").values()) == limits, "so three hundred go as twenty-five do"


def test_it_opens_a_page_in_the_language_that_its_donor_changed_to(donor, till):
    """Stripe's page and the letters follow the gift. The page in the other language is closed: one form, one gift."""
    fields = donor.wish("once", "25")
    first, second, third = (
        donor.client.post(path, fields)["Location"] for path in ("/give/", "/es/give/", "/es/give/")
    )
    assert first != second == third
    run_due()
    assert [page["locale"] for page in pages("open")] == ["es"] and len(pages()) == 2
    assert Gift.objects.get(current=True).language == "es"


def test_it_makes_nothing_of_a_form_that_we_never_showed(donor, till):
    """Its id is signed: one page that was served is no licence for ids of one's own."""
    fields = donor.wish("once", "25")
    bare, _, mark = fields["attempt"].partition(":")
    for made_up in (bare, gifts.new_attempt(), f"{gifts.new_attempt()}:{mark}", "", "\0"):
        page = donor.send({**fields, "attempt": made_up})
        assert page.status_code == 200 and "send it once more" in page.content.decode(), made_up
        assert 'value="ada@donor.example"' in page.content.decode() and not Gift.objects.exists()
    assert donor.send({**fields, **donor._hidden(page)}).status_code == 303 and len(pages()) == 1


@pytest.mark.usefixtures("stopped")
def test_it_replaces_what_it_asked_for_before(donor, till):
    """Back, and another sum: one page is open, whichever was chosen last; and only a dozen an hour for one form."""
    fields = donor.wish("once", "25")
    for amount in ("25", "40", "25", "31"):
        donor.send({**fields, "other": amount})
        assert Gift.objects.filter(current=True).get().amount == int(amount) * 100
        run_due()
        assert [page["amount_total"] for page in pages("open")] == [int(amount) * 100]
    assert donor.client.get("/give/").context["before"].amount == 3100
    other = Donor(Client(REMOTE_ADDR=SOMEWHERE), till)
    codes = [
        other.send({**fields, "other": str(50 + number), "email": f"x{number}@donor.example"}).status_code
        for number in range(gifts.WISHES)
    ]
    assert codes == [303] * (gifts.WISHES - 3) + [429] * 3
    run_due()
    assert len(pages("open")) == 1 and Gift.objects.filter(current=True).count() == 1
    with time_machine.travel(timezone.now() + gifts.WISHES_WITHIN, tick=True):
        assert donor.send({**fields, "other": "99", "opened": opened_before()}).status_code == 303


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_has_one_page_in_the_end_when_twelve_send_one_form_at_once(donor, till):
    """Half with one sum and half each with their own. All are led to a page, or told to come again."""
    fields = donor.wish("once", "25")
    client.account()

    def send(number: int) -> int:
        fields_ = fields if number % 2 else {**fields, "other": str(30 + number)}
        return Client(REMOTE_ADDR=f"192.0.2.{number}").post("/give/", fields_).status_code

    assert set(together(12, send)) <= {303, 503}
    run_due()
    current = Gift.objects.get(current=True)
    assert [page["id"] for page in pages("open")] == [current.session_id]


@pytest.mark.both
def test_it_gives_no_second_gift_by_a_form_that_gave(donor, till):
    """The same once more finds the thanks; another sum asks, in this browser and in another, which hears no sum."""
    fields = donor.wish("once", "25")
    donor.till.pay(donor.send(fields)["Location"])
    till.tell()
    stranger = Donor(Client(REMOTE_ADDR=SOMEWHERE), till)
    for browser in (donor.client, Client(REMOTE_ADDR=SOMEWHERE)):
        assert browser.post("/give/", fields)["Location"].startswith("/give/thanks/?session=cs_")
    assert SECOND in donor.send({**fields, "other": "30"}).content.decode()
    asked = stranger.send({**fields, "other": "30"})
    text = asked.content.decode()
    assert "with this form already" in text and SECOND not in text and "$25" not in text
    assert len(pages()) == Gift.objects.count() == 1
    assert stranger.send({**fields, "other": "30", **stranger._hidden(asked)}).status_code == 303


def test_it_looks_at_stripe_once_its_page_may_be_over(donor, till, calls):
    """Two minutes before our row says so; when Stripe said so; and for whoever came back from paying."""
    fields = donor.wish("once", "25")
    donor.send(fields)
    ends = not_none(Gift.objects.get().session_expires_at)
    for left, asked in ((timedelta(minutes=3), False), (timedelta(minutes=1), True)):
        before = len(calls)
        with time_machine.travel(ends - left, tick=True):
            assert donor.send({**fields, "opened": opened_before()}).status_code == 303
        assert (len(calls) > before) is asked, left
    donor.pay(donor.send(fields))
    assert donor.send(fields)["Location"].startswith("/give/thanks/")


def test_it_keeps_the_address_of_a_page_no_longer_than_network_addresses(donor, till, caplog):
    caplog.set_level("DEBUG")
    donor.gave("once", "25")
    gift = Gift.objects.get()
    assert gift.session_url and gift.session_url not in caplog.text
    assert gift.session_url not in str(privacy_registry.export(not_none(gift.supporter)))
    tries.forget()
    assert Gift.objects.exclude(session_url="").exists()
    with time_machine.travel(timezone.now() + timedelta(days=2, seconds=60)):
        assert tries.forget(dry=True) and tries.forget()
    assert not Gift.objects.exclude(session_url="").exists()


def test_it_forgets_it_with_the_person(donor, till):
    donor.gave("once", "25")
    privacy_registry.erase(not_none(Gift.objects.get().supporter))
    assert Gift.objects.get().session_url == ""


def test_it_leads_on_while_every_place_at_stripe_is_taken(donor, till):
    fields = donor.wish("once", "25")
    first = donor.send(fields)
    taken = [concurrency._slots.acquire(blocking=False) for _ in range(concurrency.SLOTS)]
    try:
        assert all(taken) and donor.send(fields)["Location"] == first["Location"]
    finally:
        for _ in taken:
            concurrency._slots.release()


def test_it_opens_the_page_of_this_browser_again_with_a_form_of_another_day(donor, till):
    """The same wish in a form that is new, as after the cookie's form was given: one page."""
    donor.send(donor.wish("once", "25"))
    fresh = {**donor.wish("once", "25"), "attempt": gifts.stamped(gifts.new_attempt())}
    assert donor.send(fresh)["Location"] == Gift.objects.get().session_url
    assert Gift.objects.count() == 1

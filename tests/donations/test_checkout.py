"""The way to Stripe's page: one open page for each gift, whatever is clicked twice or breaks half way."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from donations.giving import checkout
from donations.models import Gift, StripeSetup
from donations.stripe import client, concurrency, reads, writes
from donations.stripe.errors import NotFoundError, StripeIsDownError
from foundation.jobs.queue import run_due
from foundation.organisation import clone_guard
from foundation.organisation.models import SiteIdentity
from tests.donations.donor import Donor, opened_before
from tests.foundation.crowd import together
from tests.narrowing import not_none

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
PAGES = "/v1/checkout/sessions"


def pages() -> list[dict]:
    """Every payment page that Stripe has for us."""
    return client.request(client.v1().checkout.sessions.list, {"limit": 100})["data"]


def test_it_finds_the_same_gift_when_a_form_is_sent_twice(donor, till):
    fields = donor.wish("once", "25")
    first, second = donor.send(fields), donor.send(fields)
    assert first["Location"] == second["Location"]
    assert Gift.objects.count() == len(pages()) == 1


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_gift_and_one_page_of_twenty_clicks_at_once(donor, till):
    fields = donor.wish("once", "25")

    def click(number: int) -> tuple[int, str]:
        try:
            answer = Client().post("/give/", fields)
            return answer.status_code, answer.get("Location", "")
        finally:
            connections.close_all()

    client.account()
    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(click, range(20)))
    assert Gift.objects.count() == len(pages()) == 1
    assert {status for status, _ in answers} <= {303, 503}  # Stripe may ask a late one to come again
    assert {place for status, place in answers if status == 303} == {pages()[0]["url"]}


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_gift_of_tabs_sent_at_the_same_instant(donor, till):
    wishes = [donor.wish() for _ in range(6)]
    cookies = {each.key: each.value for each in donor.client.cookies.values()}

    def send(number: int) -> str:
        tab = Client()
        tab.cookies.load(cookies)
        return tab.post("/give/", wishes[number])["Location"]

    assert len(set(together(len(wishes), send))) == 1
    assert Gift.objects.count() == 1


def test_it_makes_another_gift_of_other_values_and_closes_the_first_page(donor, till):
    fields = donor.wish("once", "25")
    donor.send(fields)
    donor.send({**fields, "other": "40"})
    assert [page["status"] for page in pages()] == ["open", "open"], "nobody waits for a page to be closed"
    run_due()
    assert sorted((page["amount_total"], page["status"]) for page in pages()) == [(2500, "expired"), (4000, "open")]


def test_it_closes_nobody_elses_page(donor, till):
    donor.give("once", "25")
    Donor(Client(), till).give("once", "40")
    run_due()
    assert {page["status"] for page in pages()} == {"open"}


def test_it_makes_a_new_page_when_the_old_one_ended(donor, till):
    fields = donor.wish("once", "25")
    donor.send(fields)
    writes.expire_checkout_session(not_none(Gift.objects.get().session_id))
    till.tell()
    donor.send(fields)
    gift = Gift.objects.get()
    assert gift.session_attempt == 2 and {page["status"] for page in pages()} == {"open", "expired"}
    assert reads.checkout_session(not_none(gift.session_id)).status == "open"


@pytest.mark.both
def test_it_does_not_charge_again_who_comes_back_after_paying(donor, till):
    fields = donor.wish("once", "25")
    donor.pay(donor.send(fields))
    again = donor.send(fields)
    assert again.status_code == 302 and again["Location"].startswith("/give/thanks/?session=cs_")
    assert len(pages()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        "unavailable",
        "error_before",
        "error_after",
        "reset_before",
        "rate_limit",
        "malformed",
        "conflict",
    ],
)
def test_it_shows_the_form_again_when_stripe_is_down_and_makes_one_page_later(donor, till, fault):
    client.account()
    till.fault(fault, path=PAGES, method="POST")
    fields = donor.wish("once", "25", name="Kept")
    page = donor.send(fields)
    text = page.content.decode()
    assert page.status_code == 503 and "Nothing was charged" in text
    assert 'value="ada@donor.example"' in text and 'value="Kept"' in text and 'value="25"' in text
    till.calm()
    answer = donor.send(fields)
    assert answer.status_code == 303
    assert Gift.objects.count() == 1
    assert len([page for page in pages() if page["status"] == "open"]) == 1
    donor.pay(answer)
    till.tell()
    assert Gift.objects.get().status == "paid"


def test_it_waits_no_longer_than_a_donor_does(donor, till, monkeypatch):
    monkeypatch.setattr(client, "BUDGET", 1.5)
    client.account()
    till.fault("slow", seconds=20, path=PAGES, method="POST")  # whoever waits for it gets a page to pay on
    page = donor.give("once", "25")
    assert page.status_code == 503 and "Nothing was charged" in page.content.decode()
    till.calm()


def test_it_leaves_threads_to_readers_however_many_donors_wait_for_a_slow_stripe(donor, till, monkeypatch):
    """Whoever finds every place taken is asked to come again, with all values kept, before Stripe is called."""
    monkeypatch.setattr(concurrency, "_slots", threading.BoundedSemaphore(1))
    fields = donor.wish("once", "25")
    with concurrency._slots:
        page = donor.send(fields)
    assert page.status_code == 503 and "Nothing was charged" in page.content.decode()
    assert pages() == []
    assert donor.send(fields).status_code == 303


def test_it_takes_a_slow_answer_within_the_budget(donor, till):
    till.fault("slow", seconds=1, count=1, path=PAGES, method="POST")
    assert donor.give("once", "25").status_code == 303


def test_it_retries_by_itself_with_the_same_key(donor, till):
    client.account()
    till.fault("unavailable", count=1, path=PAGES, method="POST")
    assert donor.give("once", "25").status_code == 303
    assert Gift.objects.get().session_attempt == len(pages()) == 1


def test_it_takes_the_answer_of_the_retry_when_the_connection_broke(donor, till):
    client.account()
    till.fault("reset_after", count=1, path=PAGES, method="POST")
    assert donor.give("once", "25")["Location"] == pages()[0]["url"]
    assert len(pages()) == 1


def test_it_adopts_the_page_whose_answer_was_lost(donor, till):
    """Stripe made the page and keeps a 500 under its key: asking again with that key would give the 500 for a day."""
    client.account()
    till.fault("error_after", path=PAGES, method="POST")
    fields = donor.wish("once", "25")
    donor.send(fields)
    till.calm()
    donor.send(fields)
    assert Gift.objects.get().session_attempt == len(pages()) == 1


def test_it_makes_a_further_page_when_stripe_made_none(donor, till):
    client.account()
    till.fault("error_before", path=PAGES, method="POST")
    fields = donor.wish("once", "25")
    donor.send(fields)
    assert Gift.objects.get().session_failed
    till.calm()
    donor.send(fields)
    assert Gift.objects.get().session_attempt == 2 and len(pages()) == 1


def test_it_goes_on_after_its_process_died_between_row_and_answer(donor, till):
    fields = donor.wish("once", "25")
    donor.send(fields)
    Gift.objects.update(session_id=None)  # as if the process had died before it wrote the answer down
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=True):
        donor.send({**fields, "opened": opened_before()})
    assert Gift.objects.get().session_attempt == len(pages()) == 1
    assert Gift.objects.get().session_id == pages()[0]["id"]


def test_it_keeps_the_moment_that_goes_with_a_key(donor, till):
    donor.give("once", "25")
    gift = Gift.objects.get()
    assert int(gift.session_expires_at.timestamp()) == pages()[0]["expires_at"]
    assert timedelta(minutes=30) < checkout.SESSION_LIFE


def test_it_sends_our_reference_with_everything(donor, till):
    donor.paid("monthly", "25")
    gift = Gift.objects.get()
    (page,) = pages()
    assert page["client_reference_id"] == page["metadata"]["gift"] == gift.reference
    (subscription,) = till.objects("subscription")
    assert subscription["metadata"] == {"gift": gift.reference}


@pytest.mark.both
def test_it_makes_each_product_once(donor, till):
    for amount in ("25", "26"):
        donor.give("once", amount)
        donor.give("monthly", amount)
    products = [thing["id"] for thing in till.objects("product")]
    assert sorted(products) == ["road_out_gift_monthly", "road_out_gift_once"]
    setup = StripeSetup.objects.get()
    assert (setup.product_once, setup.product_monthly) == ("road_out_gift_once", "road_out_gift_monthly")
    StripeSetup.objects.all().delete()
    assert donor.give("once", "27").status_code == 303


def test_it_moves_no_money_in_a_database_that_is_not_at_home(donor, till):
    clone_guard.claim("acct_of_another_place/test")
    page = donor.give("once", "25")
    assert page.status_code == 503 and "Nothing was charged" in page.content.decode()
    assert pages() == []


def test_it_counts_test_and_live_money_of_one_account_as_two(till, db):
    assert client.account().startswith("acct_") and client.account().endswith("/test")


def test_it_restores_the_choices_of_who_comes_back_without_paying(donor, till):
    donor.give("monthly", "42", name="Ada Lovelace", cover_fee="on")
    reference = Gift.objects.get().reference
    text = donor.client.get(f"/give/?back={reference}").content.decode()
    assert "Nothing was charged" in text and 'value="42"' in text and 'value="Ada Lovelace"' in text
    assert 'value="ada@donor.example"' in text
    assert re.search(r'name="amount_once" value="75"[^>]* checked', text)  # whoever gives once instead finds a sum
    fields = donor.form(f"/give/?back={reference}")
    donor.send({**donor.wish("monthly", "42", name="Ada Lovelace", cover_fee="on"), "attempt": fields["attempt"]})
    assert Gift.objects.count() == len(pages()) == 1


def test_it_restores_nothing_to_another_browser(donor, till):
    donor.give("once", "42", name="Ada Lovelace")
    text = Client().get(f"/give/?back={Gift.objects.get().reference}").content.decode()
    assert "Lovelace" not in text and "ada@" not in text and "Nothing was charged" not in text


def test_it_does_not_say_nothing_was_charged_when_something_was(donor, till):
    donor.gave("once", "42")
    text = donor.client.get(f"/give/?back={Gift.objects.get().reference}").content.decode()
    assert "Nothing was charged" not in text


@pytest.mark.parametrize(
    "call", ["payment_intent", "charge", "invoice", "subscription", "checkout_session", "expire_checkout_session"]
)
def test_it_asks_for_nothing_by_an_empty_id(till, call):
    """The library would ask for a list of everything."""
    with pytest.raises(NotFoundError):
        getattr(writes if call == "expire_checkout_session" else reads, call)("")


def test_it_counts_a_key_that_does_not_work_as_down(till, settings):
    settings.STRIPE_SECRET_KEY = "sk_live_never_taken_by_the_sandbox"
    with pytest.raises(StripeIsDownError):
        reads.charge("ch_1")


def test_it_takes_no_gift_in_a_copy_and_says_so(donor, till):
    SiteIdentity.objects.create(pk=1, stripe_account="acct_of_somebody_else")
    page = donor.give("once", "25")
    assert page.status_code == 503
    assert "This copy of the site does not take gifts. Nothing was charged." in page.content.decode()
    assert pages() == []
    assert "acct_of_somebody_else" in SiteIdentity.objects.get().refused
    clone_guard.claim()
    assert donor.give("once", "25").status_code == 303

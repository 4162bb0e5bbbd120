"""The page of thanks: the truth, and nothing of it to strangers."""

from datetime import UTC, datetime, timedelta
from threading import BoundedSemaphore
from urllib.parse import quote

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from donations.giving import browser_cookie
from donations.letters import plan_letters
from donations.models import Gift, Plan, ThankYou, months
from donations.stripe import concurrency, objects, reads
from tests.donations import appeal
from tests.donations.kept import keep
from tests.narrowing import not_none
from tests.staff.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("patient_page")]
BRIEF = concurrency.BRIEF  # as the site has it
NOTCH = "31v6"  # of a day ahead, on the drawn road


@pytest.fixture
def address(donor):
    """Where Stripe would lead back to, for a gift that was begun."""
    keep("a gift that was begun", donor, lambda: donor.give("once", "42.42", name="Ada Lovelace"))
    return f"/give/thanks/?session={Gift.objects.get().session_id}"


def words(client, address: str) -> str:
    return client.get(address).content.decode()


def paid(donor, till) -> None:
    till.pay(reads.checkout_session(not_none(Gift.objects.get().session_id)).url)


def test_it_says_that_a_payment_is_not_finished(donor, address):
    text = words(donor.client, address)
    assert "not finished" in text and "Nothing has been charged" in text and "/c/pay/" in text


def test_it_says_that_a_gift_arrived_before_our_books_know(donor, till, address):
    paid(donor, till)
    text = words(donor.client, address)
    assert "has arrived" in text and "$42.42" in text
    assert Gift.objects.get().status == "started"


def test_it_says_that_a_gift_arrived_once_our_books_know(donor, till, address):
    paid(donor, till)
    till.tell()
    text = words(donor.client, address)
    assert "has arrived" in text and "$42.42" in text and Gift.objects.get().reference in text
    assert "a…@donor.example" in text and "ada@donor.example" not in text


def test_it_says_that_a_page_ended_and_nothing_was_charged(donor, till, address):
    till.advance(3600)
    assert "Nothing was charged" in words(donor.client, address)
    till.tell()
    assert "Nothing was charged" in words(donor.client, address)


def test_it_says_that_a_bank_takes_days(donor, till, address, monkeypatch):
    page = objects.CheckoutSession("cs_1", "complete", False, False, "", "", "", "")
    monkeypatch.setattr(reads, "checkout_session", lambda ident: page)
    assert "on its way" in words(donor.client, address)


def test_it_thanks_and_looks_again_by_itself_when_stripe_does_not_answer(donor, till, address):
    paid(donor, till)
    till.fault("unavailable")
    answer = donor.client.get(address)
    text = answer.content.decode()
    assert "<h1>Thank you, Ada.</h1>" in text and "updates by itself" in text and "$42.42" in text
    assert "books" not in text and "pay again" not in text
    assert answer["Refresh"] == "3"  # seconds, of the same address
    till.calm()
    assert "has arrived" in words(donor.client, address)


def test_it_looks_less_and_less_often_and_not_for_ever(donor, till, address, time_machine):
    till.fault("unavailable")
    begun, waits = timezone.now(), []
    for minutes in (0, 10, 60, 25 * 60):
        time_machine.move_to(begun + timedelta(minutes=minutes), tick=False)
        waits.append(donor.client.get(address).headers.get("Refresh"))
    assert waits == ["3", "30", "60", None]


def test_it_asks_stripe_once_and_for_two_seconds_at_most(donor, till, address, monkeypatch):
    seen = []
    send = requests.Session.request

    def noted(*args, **more):
        seen.append(more["timeout"])
        return send(*args, **more)

    monkeypatch.setattr(requests.Session, "request", noted)
    monkeypatch.setattr(concurrency, "BRIEF", BRIEF)
    till.fault("unavailable")
    donor.client.get(address)
    assert len(seen) == 1 and max(seen[0]) <= BRIEF <= 2


def test_it_lets_few_wait_while_stripe_hangs_and_asks_now_and_then_whether_it_answers(
    donor, till, address, monkeypatch
):
    asked = []
    send = requests.Session.request

    def noted(*args, **more):
        asked.append(1)
        return send(*args, **more)

    monkeypatch.setattr(requests.Session, "request", noted)
    monkeypatch.setattr(concurrency, "BRIEF", 0.0)  # whoever hears nothing has waited for so long
    monkeypatch.setattr(concurrency, "PAUSE", 3600.0)
    till.fault("unavailable")
    for _ in range(concurrency.VAIN + 3):
        assert "<h1>Thank you, Ada.</h1>" in words(donor.client, address)
    assert len(asked) == concurrency.VAIN
    concurrency._breaker.next = 0.0  # a while later
    for _ in range(2):
        donor.client.get(address)
    assert len(asked) == concurrency.VAIN + 1, "one asked for all"
    till.calm()
    concurrency._breaker.next = 0.0
    for _ in range(2):
        donor.client.get(address)
    assert len(asked) == concurrency.VAIN + 3, "it answers again, and everybody asks"


def test_it_thanks_without_asking_when_too_many_wait_for_stripe(donor, till, address, monkeypatch):
    monkeypatch.setattr(concurrency, "_slots", BoundedSemaphore(1))
    assert concurrency._slots.acquire()
    assert "<h1>Thank you, Ada.</h1>" in words(donor.client, address)


@pytest.mark.parametrize(
    "session", ["", "cs_test_made_up", "x" * 500, "%00", "{CHECKOUT_SESSION_ID}", "cs_test_1' OR 1=1"]
)
def test_it_knows_no_session_that_is_not_ours(donor, till, session):
    answer = donor.client.get(f"/give/thanks/?session={session}")
    assert answer.status_code == 200 and "found no gift" in answer.content.decode()


def test_it_asks_stripe_for_no_session_that_is_not_this_browsers(donor, till, address, monkeypatch):
    def never(ident):
        raise AssertionError("asked")

    monkeypatch.setattr("donations.stripe.reads.checkout_session", never)
    donor.client.get("/give/thanks/?session=cs_test_somebody")
    stranger = Client().get(address)
    assert "<h1>Thank you.</h1>" in stranger.content.decode() and stranger["Refresh"] == "3"


@pytest.mark.parametrize("books", [False, True])
def test_it_shows_a_stranger_nothing_personal(donor, till, address, books):
    paid(donor, till)
    if books:
        till.tell()
    gift = Gift.objects.get()
    text = words(Client(), address)
    for secret in ("42.42", "Ada Lovelace", "donor.example", gift.reference, "/c/pay/"):  # none is in an id by chance
        assert secret not in text, secret


def test_it_shows_a_stranger_no_open_page(donor, address):
    assert "/c/pay/" not in words(Client(), address)


@pytest.mark.parametrize("value", ["", "x", "WyJBIl0:1:abc", "null"])
def test_it_believes_no_cookie_that_is_not_signed(donor, till, address, value):
    stranger = Client()
    stranger.cookies[browser_cookie.NAME] = value
    assert "$42" not in words(stranger, address)


def test_it_believes_no_cookie_of_another_gift(donor, till, address):
    stranger = Client()
    other = type(donor)(stranger, till)
    other.give("once", "77")
    assert "$42" not in words(stranger, address)


def test_it_remembers_several_gifts_of_one_browser(donor, till, address):
    paid(donor, till)
    till.tell()
    donor.give("once", "77")
    assert "has arrived" in words(donor.client, address)


def test_it_is_kept_by_nobody_and_tells_nobody_where_it_was(donor, address):
    answer = donor.client.get(address)
    assert "no-store" in answer["Cache-Control"] and answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.content.decode()
    assert answer.cookies == {}


def test_it_is_read_and_not_posted(donor, address):
    assert donor.client.post(address).status_code == 405


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Los_Angeles", "31 December 2026"), ("Asia/Tokyo", "1 January 2027")]
)
def test_it_dates_the_next_payment_on_the_organisations_calendar(donor, till, charity, zone, day):
    charity.time_zone = zone
    charity.save()
    donor.gave("monthly", "30")
    Plan.objects.update(current_period_end=datetime(2027, 1, 1, 3, tzinfo=UTC))
    address = f"/give/thanks/?session={Gift.objects.get().session_id}"
    assert f"The next payment is taken on {day}." in words(donor.client, address)


def thanks_for(gift: Gift) -> str:
    return f"/give/thanks/?session={gift.session_id}"


def test_it_names_no_next_payment_where_nothing_more_is_taken(donor, till):
    donor.gave("monthly", "30")
    Plan.objects.update(cancel_at=timezone.now() + timedelta(days=3))
    text = words(donor.client, thanks_for(Gift.objects.get()))
    assert "every month" in text and "next payment" not in text


def test_it_dates_the_first_payment_after_a_pause(donor, till, charity):
    donor.gave("monthly", "30")
    until = not_none(Plan.objects.get().current_period_end) + timedelta(days=1)
    Plan.objects.update(status="paused", resumes_at=until)
    after = charity.day_of(not_none(plan_letters.next_payment(Plan.objects.get())))
    text = words(donor.client, thanks_for(Gift.objects.get()))
    assert f"The next payment is taken on {date_format(after, 'DATE_FORMAT')}." in text


def test_it_leads_who_did_not_finish_back_to_their_campaign(donor, till, address):
    Gift.objects.update(campaign=appeal.make())
    till.advance(3600)
    assert 'href="/give/house/"' in words(donor.client, address)


def test_it_dates_the_next_payment_before_our_books_have_the_plan(donor, till, charity):
    text = donor.pay(donor.give("monthly", "30")).content.decode()
    (plan,) = till.objects("subscription")
    end = charity.day_of(datetime.fromtimestamp(plan["items"]["data"][0]["current_period_end"], UTC))
    assert not Plan.objects.exists() and f"The next payment is taken on {date_format(end, 'DATE_FORMAT')}." in text


def test_it_dates_the_next_payment_by_the_calendar_when_stripe_does_not_answer(donor, till, charity):
    donor.paid("monthly", "30")
    till.fault("unavailable")
    gift = Gift.objects.get()
    after = charity.day_of(months.second(gift))
    assert f"The next payment is taken on {date_format(after, 'DATE_FORMAT')}." in words(donor.client, thanks_for(gift))


@pytest.mark.parametrize(
    ("every", "given", "after"),
    [
        ("monthly", "2027-03-09", "2027-04-09"),
        ("monthly", "2027-12-31", "2028-01-31"),
        ("monthly", "2027-01-30", "2027-02-28"),
        ("yearly", "2028-02-29", "2029-02-28"),
    ],
)
def test_it_knows_the_day_of_a_second_payment(every, given, after):
    gift = Gift(frequency=every, paid_at=datetime.fromisoformat(f"{given}T18:00:00Z"))
    assert months.second(gift) == datetime.fromisoformat(f"{after}T18:00:00Z")


def test_it_thanks_by_the_name_that_was_typed_at_stripe(donor, till):
    text = donor.pay(donor.give("once", "25"), name="Grace O'Malley & Sons").content.decode()
    assert "<h1>Thank you, Grace O&#x27;Malley &amp; Sons.</h1>" in text
    assert "<h1>Thank you.</h1>" in words(Client(), thanks_for(Gift.objects.get()))


def test_it_thanks_without_a_name_that_is_none(donor, till):
    text = donor.pay(donor.give("once", "25"), name="cheap.example.com <b>").content.decode()
    assert "<h1>Thank you.</h1>" in text and "cheap" not in text


def test_it_draws_a_road_that_begins_with_the_gift(donor, till, address, charity):
    sentence = f"A road that begins with your gift of {date_format(charity.day_of(timezone.now()), 'DATE_FORMAT')}"
    assert sentence not in words(donor.client, address)
    paid(donor, till)
    text = words(donor.client, address)
    assert sentence in text and text.count("<circle") == 1 and NOTCH not in text
    till.tell()
    assert sentence in words(donor.client, address) and sentence not in words(Client(), address)
    monthly = donor.pay(donor.give("monthly", "30")).content.decode()
    assert sentence in monthly and NOTCH in monthly


def test_it_offers_the_pledge_and_asks_for_no_money_again(donor, till, address):
    paid(donor, till)
    main = words(donor.client, address).partition("<main")[2].partition("</main>")[0]
    assert 'href="/pledge/"' in main and 'href="/give/"' not in main and "mailto:" not in main


def test_it_offers_to_tell_somebody_of_the_campaign_or_the_site(donor, till, address):
    ThankYou.objects.create(act="share")
    paid(donor, till)
    home = f'<a href="{settings.BASE_URL}/">{settings.BASE_URL}/</a>'
    assert home in words(donor.client, address)
    Gift.objects.update(campaign=appeal.make(live=True))
    text = words(donor.client, address)
    assert f'<a href="{settings.BASE_URL}/give/house/">' in text and home not in text
    assert f"body={quote(settings.BASE_URL + '/give/house/', safe='')}" in text
    till.tell()
    assert home in words(Client(), address), "whose gift it is, and what for, is for its donor alone"


def test_it_speaks_of_employers_only_where_staff_say_where_to_look(donor, till, address):
    row = ThankYou.objects.create(act="employer")
    paid(donor, till)
    assert "employer" not in words(donor.client, address) and "/pledge/" in words(donor.client, address)
    ThankYou.objects.update(employer_address="https://match.example/")
    text = words(donor.client, address)
    assert "Your employer may double this gift." in text and 'href="https://match.example/"' in text
    ThankYou.objects.update(employer_words="Ask <at> work.")
    assert "Ask &lt;at&gt; work." in words(donor.client, address)
    editor, form = signed_in("Editor"), f"/admin/settings/donations/thankyou/{row.pk}/"
    sent = {"act": "employer", "employer_address": "javascript:alert(1)", "employer_words": ""}
    assert editor.post(form, sent).status_code == 200
    assert "where donors can look" in editor.post(form, {**sent, "employer_address": ""}).content.decode()
    assert editor.post(form, {**sent, "employer_address": "/about/"}).status_code == 302
    assert ThankYou.objects.get().employer_address == "/about/"

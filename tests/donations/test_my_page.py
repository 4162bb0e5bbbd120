"""My page: a supporter with a mailed link sees their own giving and steers it; nobody else sees anything."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from donations import privacy
from donations.books import receipts
from donations.giving import offline
from donations.letters import statements
from donations.models import Gift, Plan, Receipt, StripeEvent, months
from donations.stripe import client as stripe_client
from donations.stripe.errors import StripeIsDownError
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from supporters.models import Supporter
from supporters.visits import COOKIE
from tests.donations.donor import Donor
from tests.donations.test_books import gift
from tests.donations.test_offline import entry
from tests.narrowing import not_none
from tests.supporters.visitor import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def plan(donor, till) -> Plan:
    donor.gave("monthly", "30", name="Ada Lovelace")
    return Plan.objects.get()


@pytest.fixture
def mine(plan) -> Client:
    return come_in("ada@donor.example")


def hidden(client: Client, plan: Plan, does: str) -> dict[str, str]:
    """The hidden fields of the form with this button, as the page of the gift has it now."""
    forms = re.findall(r"<form.*?</form>", client.get(f"/my/gifts/{plan.pk}/").content.decode(), re.S)
    form = next((form for form in forms if f'name="does" value="{does}"' in form), "")
    return dict(re.findall(r'type="hidden" name="(until|read)" value="(\w+)"', form))


def press(client: Client, plan: Plan, does: str, **fields: str):
    """The button on the page of the gift, and the one of the page that asks, where one does."""
    page = f"/my/gifts/{plan.pk}/"
    answer = client.post(page, {**hidden(client, plan, does), "does": does, **fields})
    if answer.status_code != 200:
        return answer
    assert "No, leave it as it is" in answer.content.decode()
    return client.post(page, answer.context["filled"])


def at_stripe(plan: Plan) -> dict:
    return stripe_client.get(stripe_client.v1().subscriptions.retrieve, plan.subscription_id)


def test_it_shows_gifts_receipts_and_the_monthly_gift(mine, plan):
    html = mine.get("/my/").content.decode()
    receipt = Receipt.objects.get()
    assert "$30.00" in html
    assert receipt.label in html
    assert f"/my/gifts/{plan.pk}/" in html
    assert "1 gift" in html


def test_it_brings_receipts_and_statements_as_files(mine):
    receipt = Receipt.objects.get()
    answer = mine.get(f"/my/receipts/{receipt.label}.pdf")
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer["Cache-Control"]
    year = receipt.day.year
    assert mine.get(f"/my/statements/{year}.pdf").content.startswith(b"%PDF")
    assert receipt.label in mine.get(f"/my/statements/{year}.csv").content.decode("utf-8-sig")
    assert mine.get(f"/my/statements/{year - 1}.pdf").status_code == 404
    assert mine.get(f"/my/statements/{year}.exe").status_code == 404


def test_it_shows_nothing_of_somebody_elses(mine, plan, till, charity):
    other = Donor(Client(), till)
    other.pay(other.give("once", "40", email="grace@donor.example"))
    till.tell()
    stranger = come_in("grace@donor.example")
    receipt = Receipt.objects.get(gift__plan=plan)
    for address in (f"/my/gifts/{plan.pk}/", f"/my/receipts/{receipt.label}.pdf"):
        assert stranger.get(address).status_code == 404
    assert press(stranger, plan, "stop").status_code == 404
    assert receipt.label not in stranger.get("/my/").content.decode()
    assert "$30.00" not in stranger.get("/my/").content.decode()


def test_it_sends_who_has_no_session_to_the_door(plan):
    for address in ("gifts/1/", "receipts/R-2026-000001.pdf", "statements/2026.pdf"):
        answer = Client().get("/my/" + address)
        assert (answer.status_code, answer["Location"]) == (302, "/my/"), address


@pytest.mark.parametrize(
    ("presses", "status", "ends"),
    [(["stop"], "paused", True), (["stop", "undo"], "active", False), (["skip"], "paused", False),
     (["skip", "resume"], "active", False)],
)  # fmt: skip
def test_it_does_what_the_buttons_say(mine, plan, presses, status, ends):
    for does in presses:
        assert press(mine, plan, does).status_code == 302, does
    plan.refresh_from_db()
    assert plan.status == status
    assert bool(plan.cancel_at) is ends
    assert bool(at_stripe(plan)["cancel_at"]) is ends


def test_it_skips_one_payment_and_takes_the_next(mine, plan, till):
    next_payment = plan.current_period_end
    press(mine, plan, "skip")
    plan.refresh_from_db()
    assert next_payment < plan.resumes_at <= next_payment + timedelta(days=1)
    with time_machine.travel(next_payment + timedelta(days=2)):
        till.advance(33 * 86400)
        till.tell()
    assert Gift.objects.paid().count() == 1
    with time_machine.travel(next_payment + timedelta(days=33)):
        till.advance(31 * 86400)
        till.tell()
    assert Gift.objects.paid().count() == 2


def test_it_changes_the_amount_and_nothing_else(mine, plan):
    before = at_stripe(plan)["items"]["data"][0]
    assert press(mine, plan, "amount", total="45").status_code == 302
    after = at_stripe(plan)["items"]["data"][0]
    assert after["id"] == before["id"]
    assert after["price"]["unit_amount"] == 4500
    assert after["price"]["product"] == before["price"]["product"]
    assert Gift.objects.paid().count() == 1


def test_it_takes_and_states_yen_by_the_million_without_decimals(donor, till, charity):
    donor.gave("monthly", "5000", code="JPY", name="=HYPERLINK(1)")
    plan, mine = Plan.objects.get(), come_in("ada@donor.example")
    page, asked = f"/my/gifts/{plan.pk}/", {"does": "amount"}
    for wrong in ("5000001", "1234.5", "499", "9" * 24):
        assert mine.post(page, {**asked, "total": wrong}).status_code == 422, wrong
    assert "¥4,999,999 JPY is taken every month, instead of ¥5,000 JPY" in (
        mine.post(page, {**asked, "total": "4.999.999"}).content.decode()
    )
    assert press(mine, plan, "amount", total="4999999").status_code == 302
    plan.refresh_from_db()
    assert (plan.total, at_stripe(plan)["items"]["data"][0]["price"]["unit_amount"]) == (4_999_999, 4_999_999)
    most: dict[str, Any] = {"currency": "JPY", "amount": 99_999_999, "total": 99_999_999, "name": "=HYPERLINK(1)"}
    for _time in range(3):
        receipts.issue(gift(supporter=plan.supporter, paid_at=timezone.now(), **most))
    year = timezone.now().year
    file = mine.get(f"/my/statements/{year}.csv").content
    assert file.startswith(b"\xef\xbb\xbf"), "by this mark spreadsheet programs know how names are written"
    head, *rows = csv.reader(io.StringIO(file.decode("utf-8-sig")))
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["amount"], row["currency"]) for row in told] == [("5000", "JPY"), *[("99999999", "JPY")] * 3]
    assert {row["received from"] for row in told} == {"'=HYPERLINK(1)"}
    (part,) = statements.of(not_none(plan.supporter).pk, year).parts
    assert part.totals == ["¥300,004,997 JPY"]
    assert mine.get(f"/my/statements/{year}.pdf").content.startswith(b"%PDF")


def test_it_mails_a_letter_about_another_amount_while_it_rests(mine, plan):
    press(mine, plan, "pause", until=str(int(months.rests(plan)[2].until.timestamp())))
    plan.refresh_from_db()
    assert press(mine, plan, "amount", total="45").status_code == 302
    letter = Letter.objects.get(template="plan_changed")
    assert "$45.00" in letter.text and "$30.00" in letter.text


def test_it_takes_a_double_click_on_an_amount_for_one(mine, plan):
    for done in ("amount", "same", "same"):
        plan.refresh_from_db()
        assert press(mine, plan, "amount", total="45")["Location"].endswith(f"?done={done}")
    page = mine.get(f"/my/gifts/{plan.pk}/?done=same").content.decode()
    assert "It is this amount already." in page and "A letter confirms" not in page
    assert Letter.objects.filter(template="plan_changed").count() == 1


def test_it_skips_the_payment_that_was_named_and_no_other(mine, plan):
    """The page lay open over a payment: the one it named is taken, and nobody chose to leave out the next."""
    named = str(int(months.rests(plan)[0].until.timestamp()))
    with time_machine.travel(plan.current_period_end + timedelta(days=2)):
        late = come_in("ada@donor.example")
        answer = press(late, plan, "skip", until=named)
        assert answer.status_code == 422 and "Please choose how many payments are left out." in answer.content.decode()
    plan.refresh_from_db()
    assert plan.status == "active" and not at_stripe(plan)["pause_collection"]


def test_it_shows_a_bank_payment_that_is_on_its_way_and_says_so_before_it_forgets(mine, plan):
    more = {"currency": "USD", "amount": 7100, "total": 7100, "frequency": "once", "email": "ADA@donor.example"}
    more["livemode"] = False
    Gift.objects.create(status="pending", **more)
    assert "$71.00" in mine.get("/my/").content.decode()
    Gift.objects.create(status="pending", **{**more, "email": "eve@donor.example", "total": 7200, "amount": 7200})
    assert "$72.00" not in mine.get("/my/").content.decode()
    press(mine, plan, "once")
    assert "A bank payment is still on its way." in mine.get("/my/erase/").content.decode()


def test_it_says_beside_the_stop_what_cannot_be_called_back(mine, plan):
    words = "cannot be called back"
    assert words not in mine.get(f"/my/gifts/{plan.pk}/").content.decode()
    Gift.objects.create(
        status="pending", currency="USD", amount=3000, total=3000, frequency="monthly", plan=plan, livemode=False
    )
    assert words in mine.get(f"/my/gifts/{plan.pk}/").content.decode()


NO_AMOUNT = ("", "0", "-5", "abc", "99999999999", "30.001", "1e3", "NaN", "30; DROP", "\0", "٣١٫٥٠٠", "9" * 400)


def test_it_keeps_the_amount_when_the_new_one_is_none(mine, plan):
    for typed in NO_AMOUNT:
        answer = press(mine, plan, "amount", total=typed)
        assert answer.status_code == 422, typed
        assert 'aria-invalid="true"' in answer.content.decode(), typed
        plan.refresh_from_db()
        assert plan.total == 3000, typed


def test_it_names_the_next_payment_and_leaves_out_as_many_as_were_chosen(mine, plan, till):
    Plan.objects.update(started_at=datetime(2030, 8, 31, 10, tzinfo=UTC))
    Plan.objects.update(current_period_end=datetime(2031, 1, 31, 10, tzinfo=UTC))
    shown = re.findall(r'<option value="(\d+)"[^>]*>([^<]+)', mine.get(f"/my/gifts/{plan.pk}/").content.decode())
    assert [words for _value, words in shown[:3]] == [
        "1 payment; the next is on 28 February 2031",
        "2 payments; the next is on 31 March 2031",
        "3 payments; the next is on 30 April 2031",
    ]
    assert press(mine, plan, "pause", until=shown[2][0]).status_code == 302
    assert at_stripe(plan)["pause_collection"]["resumes_at"] == datetime(2031, 4, 1, 10, tzinfo=UTC).timestamp()
    assert Plan.objects.get().status == "paused"


def test_it_rests_for_nothing_but_what_was_offered(mine, plan):
    today = Organisation.load().today().isoformat()
    for typed in ("", "2020-01-01", "today", today, "9999-12-31", "1900000000", "\0", "1" * 300):
        answer = press(mine, plan, "pause", until=typed)
        assert answer.status_code == 422 and 'aria-invalid="true"' in answer.content.decode(), typed
        plan.refresh_from_db()
        assert plan.status == "active" and not at_stripe(plan)["pause_collection"], typed


def test_it_makes_a_single_gift_of_what_was_meant_once(mine, plan):
    assert "I meant to give once" in mine.get(f"/my/gifts/{plan.pk}/").content.decode()
    assert press(mine, plan, "once").status_code == 302
    plan.refresh_from_db()
    assert plan.status == "ended"
    assert Gift.objects.get().is_paid


def test_it_offers_that_in_the_first_week_only_and_says_until_when(plan, charity):
    """Clocks go forward in Denver within that week: its last moment is an hour later there, and the same everywhere."""
    Organisation.objects.update(time_zone="America/Denver")
    began = datetime(2027, 3, 9, 6, 30, tzinfo=UTC)
    Plan.objects.update(started_at=began)
    page, asked = f"/my/gifts/{plan.pk}/", {"does": "once"}
    last = began + timedelta(days=7)
    with time_machine.travel(last - timedelta(seconds=5), tick=False):
        mine = come_in("ada@donor.example")
        assert "until 16 March 2027, 00:30 MDT" in mine.get(page).content.decode()
        assert mine.post(page, asked).status_code == 200, "it asks"
    with time_machine.travel(last, tick=False):
        assert "I meant to give once" not in mine.get(page).content.decode()
        assert mine.post(page, asked).status_code == 409
    plan.refresh_from_db()
    assert plan.status == "active"


def test_it_leads_to_stripes_page_for_the_card(mine, plan):
    answer = mine.post(f"/my/gifts/{plan.pk}/card/")
    assert answer.status_code == 303
    assert "/p/" in answer["Location"] or "session" in answer["Location"]
    assert mine.get(f"/my/gifts/{plan.pk}/card/").status_code == 302


def test_it_says_so_when_stripe_is_down_and_changes_nothing(mine, plan, till):
    till.fault("unavailable", count=50)
    answer = press(mine, plan, "stop")
    assert answer.status_code == 503
    assert "Nothing was changed" in answer.content.decode()
    till.calm()
    plan.refresh_from_db()
    assert plan.status == "active"


@pytest.mark.parametrize(
    ("does", "status", "total"),
    [("stop", "paused", 3000), ("skip", "paused", 3000), ("once", "ended", 3000), ("amount", "active", 4500)],
)
def test_it_never_says_that_nothing_was_changed_where_stripes_answer_was_lost(
    mine, plan, till, monkeypatch, does, status, total
):
    """Stripe did it. It is done once, however often it is pressed, and a letter confirms it."""
    request, gone = stripe_client.request, [True]

    def lost(call, *args):
        answer = request(call, *args)
        if call.__name__ not in ("update", "cancel"):
            return answer
        if gone:  # nor can we look how it stands
            till.fault("unavailable", count=50)
        raise StripeIsDownError("No answer from Stripe.")

    monkeypatch.setattr(stripe_client, "request", lost)
    fields = {"total": "45"} if does == "amount" else {}
    answer = press(mine, plan, does, **fields)
    page = answer.content.decode()
    assert answer.status_code == 503 and "Nothing was changed" not in page
    assert "Stripe has not answered. We do not know yet whether it was done" in page
    till.calm()
    gone.clear()
    answer = press(mine, plan, does, **fields)
    assert answer.status_code == 302 and answer["Location"].partition("?done=")[2] in (does, "single")
    till.tell()
    plan.refresh_from_db()
    assert (plan.status, plan.total) == (status, total)
    assert Letter.objects.filter(template__startswith="plan_").exclude(template="plan_welcome").count() == 1


@pytest.mark.parametrize("does", ["", "end", "nonsense"])
def test_it_refuses_what_is_not_possible_now(mine, plan, does):
    assert press(mine, plan, does).status_code == 409
    plan.refresh_from_db()
    assert plan.status == "active"


def test_it_changes_nothing_by_looking(mine, plan):
    mine.get(f"/my/gifts/{plan.pk}/?does=stop")
    plan.refresh_from_db()
    assert plan.status == "active" and plan.cancel_at is None


def test_it_forgets_who_asks_once_the_monthly_gift_has_ended(mine, plan):
    assert mine.post("/my/erase/", {"sure": "yes"}).status_code == 409
    press(mine, plan, "once")
    assert mine.post("/my/erase/", {}).status_code == 422
    assert "tax law makes us keep it" in mine.get("/my/erase/").content.decode()
    assert mine.post("/my/erase/", {"sure": "yes"}).status_code == 200
    assert not Supporter.objects.filter(email="ada@donor.example").exists()
    assert mine.get("/my/").context["form"]
    run_due()
    assert not Letter.objects.filter(to__icontains="ada@").exists()


@pytest.mark.both
@pytest.mark.parametrize("written", ["jo@özge.example", "jo@ÖZGE.example", "jo@\\u00f6zge.example"])
def test_it_forgets_what_an_event_says_of_an_address_however_that_writes_it(db, written):
    ours = gift(email="jo@Özge.example", supporter=Supporter.objects.create(email="jo@Özge.example", canonical="jo@x"))
    row = {"type": "charge.updated", "created": timezone.now(), "livemode": False}
    StripeEvent.objects.create(event_id="evt_1", payload=f'{{"id": "evt_1", "to": "{written}"}}', **row)
    StripeEvent.objects.create(event_id="evt_2", payload='{"id": "evt_2", "to": "jo@ozge.example"}', **row)
    privacy.erase(not_none(ours.supporter))
    kept = {event.event_id: event.payload for event in StripeEvent.objects.all()}
    assert "jo@" not in kept["evt_1"] and "jo@" in kept["evt_2"]


@pytest.mark.both
def test_it_gives_everything_away_that_is_known(mine, plan):
    known = mine.get("/my/data.json")
    assert known["Content-Disposition"].startswith("attachment")
    data = known.json()
    assert data["donations"]["gifts"][0]["reference"] == Gift.objects.get().reference
    assert {"supporters", "donations", "pledges"} <= set(data)


def test_it_closes_the_page_on_this_side_too(mine):
    token = mine.cookies[COOKIE].value
    mine.post("/my/leave/")
    again = Client()
    again.cookies[COOKIE] = token
    assert "$30.00" not in again.get("/my/").content.decode()


def test_it_ends_the_session_after_half_an_hour(mine):
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert not re.search(r"\$30\.00", mine.get("/my/").content.decode())


@pytest.mark.both
@pytest.mark.parametrize(
    ("zone", "year", "day", "iso", "until"),
    [
        ("America/Los_Angeles", 2025, "31 December 2025", "2025-12-31", "31 December 2026"),
        ("Asia/Tokyo", 2026, "1 January 2026", "2026-01-01", "1 January 2027"),
    ],
)
def test_it_dates_gifts_and_years_on_the_organisations_calendar(mine, plan, charity, zone, year, day, iso, until):
    charity.time_zone = zone
    charity.save()
    moment = datetime(2026, 1, 1, 3, tzinfo=UTC)
    receipts.issue(gift(supporter=plan.supporter, paid_at=moment))
    Plan.objects.update(status="paused", resumes_at=datetime(2027, 1, 1, 3, tzinfo=UTC), started_at=moment)
    html = mine.get("/my/").content.decode()
    assert f'<th scope="row">{day}</th>' in html and f"My gifts of {year}" in html
    assert f"Paused until {until}" in html
    assert iso in mine.get(f"/my/statements/{year}.csv").content.decode()
    page = mine.get(f"/my/gifts/{plan.pk}/").content.decode()
    assert f"It began on {day}" in page and f"Paused until {until}" in page


def test_it_draws_nothing_for_what_went_back_and_says_what_is_left(mine, plan, charity):
    back = offline.record(entry("back", email="ada@donor.example", amount=9900))
    offline.take_back(back)
    html = mine.get("/my/").content.decode()
    assert "You have given $30.00 USD since" in html
    assert html.count('<circle class="s"') == 1
    first, second = back.receipts.order_by("id")
    assert f'{second.label}</a> (corrected), <a href="/my/receipts/{first.label}.pdf">' in html


def test_it_says_before_it_forgets_what_runs_and_what_stays_of_this_person(mine, plan):
    page = mine.get("/my/erase/").content.decode()
    assert f'<a href="/my/gifts/{plan.pk}/">$30.00 USD every month</a>' in page
    assert "Your receipt, with the name it was issued to" in page and Receipt.objects.get().label in page
    press(mine, plan, "once")
    assert f"/my/gifts/{plan.pk}/" not in mine.get("/my/erase/").content.decode()


def test_it_keeps_two_monthly_gifts_apart(mine, plan, donor, till):
    donor.gave("monthly", "60")
    other = Plan.objects.exclude(pk=plan.pk).get()
    html = mine.get("/my/").content.decode()
    assert f"/my/gifts/{plan.pk}/" in html and f"/my/gifts/{other.pk}/" in html
    press(mine, plan, "stop")
    for each in (plan, other):
        each.refresh_from_db()
    assert (plan.status, other.status) == ("paused", "active")
    assert bool(at_stripe(plan)["cancel_at"]) and not at_stripe(other)["cancel_at"]


def test_it_opens_on_two_devices_and_closes_on_one(plan):
    desk, phone = come_in("ada@donor.example"), come_in("ada@donor.example")
    desk.post("/my/leave/")
    assert "$30.00" not in desk.get("/my/").content.decode()
    assert "$30.00" in phone.get("/my/").content.decode()
    press(phone, plan, "once")
    phone.post("/my/erase/", {"sure": "yes"})
    assert phone.get("/my/").context["form"]


@pytest.mark.both
def test_it_takes_a_double_click_on_stop_for_one(mine, plan):
    sent = {**hidden(mine, plan, "stop"), "does": "stop"}
    page = f"/my/gifts/{plan.pk}/"
    assert [mine.post(page, sent)["Location"] for _ in range(2)] == [f"{page}?done=stop", f"{page}?done=stopped"]
    said = mine.get(f"{page}?done=stopped").content.decode()
    assert "It is stopped already. Nothing was changed." in said and "A letter confirms" not in said
    plan.refresh_from_db()
    assert plan.status == "paused" and plan.cancel_at
    run_due()
    assert Letter.objects.filter(template="plan_stopped").count() == 1


def test_it_has_no_receipt_by_a_guessed_number(mine):
    for number in ("DEMO-2026-999999", "R-2026-000001", "..", "%00", "1", "DEMO-2026-000001 OR 1=1"):
        assert mine.get(f"/my/receipts/{number}.pdf").status_code == 404, number

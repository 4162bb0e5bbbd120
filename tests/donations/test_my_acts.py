"""What a donor changes on My page: it says what happens to the money and when, asks once, and a letter confirms it."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from donations.giving import offline
from donations.letters import papers, plan_letters
from donations.models import Gift, Plan, Receipt, months
from donations.monthly import changes
from donations.my import sentences
from donations.stripe import writes
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from tests.donations.test_monthly_life import clock, failing, portal  # noqa: F401 - fixtures
from tests.donations.test_my_page import at_stripe, hidden, mine, plan, press  # noqa: F401 - fixtures
from tests.donations.test_offline import entry
from tests.drawing import reading
from tests.supporters.visitor import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FIRST, NEXT = datetime(2031, 1, 31, 10, tzinfo=UTC), datetime(2031, 2, 28, 10, tzinfo=UTC)


@pytest.fixture
def known_days(plan: Plan) -> None:  # noqa: F811
    """So that sentences can be compared: the next payments are those of 31 January, 28 February and so on, in 2031."""
    Plan.objects.update(started_at=datetime(2030, 8, 31, 10, tzinfo=UTC), current_period_end=FIRST)


def page_of(plan: Plan) -> str:  # noqa: F811
    return f"/my/gifts/{plan.pk}/"


def written(template: str) -> list[Letter]:
    run_due()
    return list(Letter.objects.filter(template=template).order_by("id"))


def test_it_says_above_each_button_what_is_taken_and_when(mine, plan, known_days):  # noqa: F811
    page = mine.get(page_of(plan)).content.decode()
    for words in (
        "The payment of $30.00 USD on 31 January 2031 is not taken, and is not owed. The next one is taken on 28 Feb",
        "The 3 payments of $30.00 USD from 31 January 2031 to 31 March 2031 are not taken, and are not owed. "
        "The next one is taken on 30 April 2031.",
        "From now on nothing more is taken: not the $30.00 USD of 31 January 2031, and nothing later.",
        "Nothing is taken now. From 31 January 2031 on $30.00 USD is taken every month from the new card.",
    ):
        assert words in page, words
    press(mine, plan, "stop")
    words = "Your gift goes on: $30.00 USD is taken every month again, next on"
    assert words in mine.get(page_of(plan)).content.decode()


def test_it_asks_once_about_what_was_typed_or_chosen_or_cannot_be_undone(mine, plan, known_days):  # noqa: F811
    Plan.objects.update(started_at=timezone.now())
    plan.refresh_from_db()
    until = {"until": str(int(months.rests(plan)[1].until.timestamp()))}
    for does, fields, words in (
        ("amount", {"total": "45"}, "From 31 January 2031 on $45.00 USD is taken every month, instead of $30.00 USD."),
        ("pause", until, "The 2 payments of $30.00 USD from 31 January 2031 to "),
        (
            "once",
            {},
            "Nothing more is ever taken: nothing on 31 January 2031, and nothing later. This cannot be undone",
        ),
    ):
        answer = mine.post(page_of(plan), {"does": does, **fields})
        page = answer.content.decode()
        assert answer.status_code == 200 and words in page, (does, page)
        main = page.partition("<main")[2].partition("</main>")[0]
        assert main.count("<button") == 1 and main.count("<a ") == 1, "one button, one way back"
        assert "No, leave it as it is" in page and "A letter confirms it." in page
        again = mine.post(page_of(plan), {"does": does, **fields})
        assert again.status_code == 200 and words in again.content.decode(), "loaded again, it asks again"
    plan.refresh_from_db()
    assert (plan.status, plan.total, at_stripe(plan)["pause_collection"]) == ("active", 3000, None)
    assert not Letter.objects.filter(template__startswith="plan_").exists()


def test_it_asks_again_when_the_page_lay_open_and_something_else_is_true_by_now(mine, plan, known_days):  # noqa: F811
    old = {**hidden(mine, plan, "stop"), "does": "stop"}
    typed = mine.post(page_of(plan), {"does": "amount", "total": "45"}).context["filled"]
    Plan.objects.update(current_period_end=NEXT)
    for sent, words in (
        (old, "not the $30.00 USD of 28 February 2031"),
        (typed, "From 28 February 2031 on $45.00 USD"),
    ):
        answer = mine.post(page_of(plan), sent)
        assert answer.status_code == 200 and words in answer.content.decode()
    plan.refresh_from_db()
    assert plan.total == 3000 and plan.cancel_at is None and at_stripe(plan)["cancel_at"] is None


@pytest.mark.parametrize(
    ("before", "does", "again", "letter"),
    [
        ("", "skip", "resting", "plan_paused"),
        ("skip", "resume", "going", "plan_resumed"),
        ("", "stop", "stopped", "plan_stopped"),
        ("stop", "undo", "going", "plan_resumed"),
        ("", "once", "single", "plan_single"),
    ],
)
def test_it_changes_nothing_twice_by_a_second_click(mine, plan, before, does, again, letter):  # noqa: F811
    if before:
        press(mine, plan, before)
    asked = mine.post(page_of(plan), {**hidden(mine, plan, does), "does": does, "read": ""})
    sent = asked.context["filled"]
    found = [mine.post(page_of(plan), sent)["Location"] for _ in range(2)]
    assert found == [f"{page_of(plan)}?done={does}", f"{page_of(plan)}?done={again}"]
    said = mine.get(found[1]).content.decode()
    assert "Nothing was changed." in said and "A letter confirms it." not in said
    assert "A letter confirms it." in mine.get(found[0]).content.decode()
    assert len(written(letter)) == 1


def test_it_takes_two_stops_that_meet_for_one(mine, plan):  # noqa: F811
    """Both were read as not stopped: each sets an end, and the second sets none further."""
    first = changes.stop(plan).cancel_at
    stopped = at_stripe(plan)["cancel_at"]
    changes.stop(Plan.objects.get())
    assert at_stripe(plan)["cancel_at"] == stopped and Plan.objects.get().cancel_at == first
    assert len(written("plan_stopped")) == 1


def test_it_leaves_the_next_three_out_by_a_button_of_its_own(mine, plan, charity):  # noqa: F811
    third = months.rests(plan)[2]
    forms = re.findall(r"<form.*?</form>", mine.get(page_of(plan)).content.decode(), re.S)
    (form,) = [form for form in forms if "Skip the next three" in form]
    sent = dict(re.findall(r'type="hidden" name="(until|read)" value="(\w+)"', form))
    assert mine.post(page_of(plan), {**sent, "does": "pause"}).status_code == 302
    plan.refresh_from_db()
    assert plan.status == "paused" and plan.resumes_at == third.until
    (letter,) = written("plan_paused")
    day = charity.day_of(third.next)
    assert f"{day.day} {day:%B %Y}" in letter.text


def test_it_says_what_an_undo_brings_back_of_a_rest(mine, plan, known_days):  # noqa: F811
    plan.refresh_from_db()
    press(mine, plan, "pause", until=str(int(months.rests(plan)[1].until.timestamp())))
    press(mine, plan, "stop")
    Plan.objects.update(current_period_end=FIRST)
    plan.refresh_from_db()
    assert plan.rested.isdecimal() and "rests as it did before: $30.00 USD is taken next on" in sentences.undo(plan)
    plan.rested = writes.ALWAYS
    assert "nothing is taken until you go on" in sentences.undo(plan)
    plan.rested = writes.NEVER
    assert sentences.undo(plan).startswith("Your gift goes on: $30.00 USD is taken every month again, next on 31 Jan")


# --- Meant once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "stop"])
def test_it_calls_a_gift_that_was_meant_once_a_single_one_everywhere(mine, plan, before):  # noqa: F811
    if before:
        press(mine, plan, before)
    press(mine, plan, "once")
    assert at_stripe(plan)["cancellation_details"]["comment"] == "The donor meant to give once."
    (letter,) = written("plan_single")
    assert "is a single one, not a monthly one" in letter.text and "/my/" in letter.text
    assert not written("plan_ended")
    assert Gift.objects.get().frequency == "once"
    receipt = Receipt.objects.get()
    printed = reading.text(papers.receipt(receipt).content)
    assert "Givenonce" in printed and "month" not in printed
    page = mine.get("/my/").content.decode()
    assert "$30.00 USD, a single gift" in page and "$30.00 USD every month" not in page
    assert "monthly gift</td>" not in page and "Begun as a monthly gift; nothing more is taken" in page
    own = mine.get(page_of(plan)).content.decode()
    assert "<h1>$30.00 USD, a single gift</h1>" in own and "made it a single one" in own


def test_it_calls_a_monthly_gift_that_staff_ended_what_it_was(mine, plan):  # noqa: F811
    changes.end(plan)
    assert written("plan_ended") and not written("plan_single")
    assert Gift.objects.get().frequency == "monthly"
    assert "$30.00 USD every month" in mine.get("/my/").content.decode()


# --- Another card -------------------------------------------------------------------------------------------


def test_it_writes_once_about_another_card_and_not_about_the_first(plan, till, portal):  # noqa: F811
    assert not written("card_changed")
    portal(plan)
    till.tell()
    (letter,) = written("card_changed")
    assert "Your new card is saved" in letter.subject and "The next payment is taken on" in letter.text
    assert "still open" not in letter.text and "open since" not in letter.text and "/my/" in letter.text
    till.tell()
    assert len(written("card_changed")) == 1


def test_it_says_when_the_open_payment_is_tried_by_the_new_card(failing, clock, portal):  # noqa: F811
    portal(failing)
    clock(0.1)
    (letter,) = written("card_changed")
    assert "that has been open since" in letter.text and "is tried with it at once, by us" in letter.text
    assert Gift.objects.paid().count() == 2, "and it was"


def test_it_says_on_the_way_back_what_became_of_the_card(mine, plan):  # noqa: F811
    for done, words in (
        ("card-kept", "You came back from Stripe without a new card."),
        ("card", "Stripe has saved your new card. Nothing is taken now. From "),
    ):
        page = mine.get(f"{page_of(plan)}?done={done}").content.decode()
        assert words in page and ("A letter confirms it." in page) is (done == "card")
    page = Client().get("/give/card/done/?card=saved").content.decode()
    assert "Your new card is saved" in page and "we try it with the new card at once" in page
    assert "without a new card" in Client().get("/give/card/done/").content.decode()


def test_it_says_behind_the_mailed_link_what_another_card_pays(plan, known_days):  # noqa: F811
    Plan.objects.update(past_due_since=timezone.now(), status="past_due")
    token = plan_letters.card_link(Plan.objects.get()).text.split("/give/card/")[1].split()[0]
    page = Client().get(f"/give/card/{token}").content.decode()
    assert "The payment that is still open is tried with the new card at once, and later ones are taken" in page


def test_it_gives_stripe_one_address_for_a_saved_card_and_one_for_the_way_back(mine, plan, monkeypatch):  # noqa: F811
    sent: list[tuple[str, str]] = []

    def card_page(customer: str, back: str, saved: str) -> str:
        sent.append((back, saved))
        return "https://stripe.example/p/session/1"

    monkeypatch.setattr(writes, "card_page", card_page)
    mine.post(f"{page_of(plan)}card/")
    ((back, saved),) = sent
    assert back.endswith(f"{page_of(plan)}?done=card-kept") and saved.endswith(f"{page_of(plan)}?done=card")


# --- My page ------------------------------------------------------------------------------------------------


def test_it_shows_what_waits_for_its_first_payment(donor, till):
    till.sandbox.debit(donor.give("monthly", "30", name="Ada Lovelace")["Location"])
    till.tell()
    donor.gave("once", "5", name="Ada Lovelace")
    page = come_in("ada@donor.example").get("/my/").content.decode()
    assert "$30.00 USD every month" in page and "It waits for its first payment" in page
    donor.gave("once", "6", email="grace@donor.example")
    assert "It waits" not in come_in("grace@donor.example").get("/my/").content.decode()


def test_it_counts_on_the_road_what_stands_on_it(mine, plan, charity):  # noqa: F811
    offline.take_back(offline.record(entry("back", email="ada@donor.example", amount=9900)))
    page = mine.get("/my/").content.decode()
    assert "A road with 1 gift" in page and "A road with 2 gifts" not in page

"""Yearly gifts: offered where staff entered amounts, announced before they are taken, and stopped like monthly ones."""

import calendar
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from donations.letters import anniversaries, plan_letters
from donations.models import Currency, Gift, LedgerEntry, Plan, Receipt, StripeSetup, months
from donations.monthly import changes
from donations.reconcile import runs
from donations.stripe import client as stripe_client
from donations.sync import orphans
from foundation.letters.models import Letter
from supporters.models import Supporter
from tests.donations.test_give_page import SECOND_RUNGS, checked, errors
from tests.donations.test_monthly_life import DAY, Clock, at_stripe, clock  # noqa: F401 - a fixture
from tests.donations.test_my_page import press
from tests.donations.test_panel import SET
from tests.donations.truth import disagreements_with_stripe
from tests.narrowing import not_none
from tests.staff.users import signed_in
from tests.supporters.visitor import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def offered(charity) -> Currency:
    """US dollars, with yearly amounts; the other currencies without."""
    Currency.objects.filter(code="USD").update(yearly_amounts=[15000, 30000, 60000])
    return Currency.objects.get(code="USD")


def enter(amounts: str) -> list[int]:
    """Staff write yearly amounts for US dollars in the panel, or take them away. Returns what is kept (cents)."""
    pk = Currency.objects.get(code="USD").pk
    saved = signed_in("Administrator").post(f"/admin/currency/edit/{pk}/", {**SET, "code": "USD", "yearly": amounts})
    assert saved.status_code == 302
    return Currency.objects.get(code="USD").yearly_amounts


@pytest.fixture
def plan(donor, offered) -> Plan:
    donor.gave("yearly", "300", name="Ada Lovelace")
    return Plan.objects.get()


def page_of(donor, query: str = "") -> str:
    return donor.client.get(f"/give/{query}").content.decode()


def written(template: str) -> list[Letter]:
    return list(Letter.objects.filter(template=template).order_by("id"))


def noon_of_a_leap_day() -> datetime:
    """The first of a later year, so that it is to come."""
    year = next(year for year in range(timezone.now().year + 1, timezone.now().year + 9) if calendar.isleap(year))
    return datetime(year, 2, 29, 12, tzinfo=UTC)


# --- The form -----------------------------------------------------------------------------------------------


def test_it_offers_every_year_only_where_staff_entered_amounts(donor):
    assert "Every year" not in page_of(donor)
    assert enter("150 300 600") == [15000, 30000, 60000]
    page = page_of(donor)
    assert page.index("Every month") < page.index("Every year") and "each year until you stop it" in page
    assert 'data-words-yearly="Continue with {sum} every year"' in page
    assert "Every year" not in page_of(donor, "?currency=EUR")
    assert enter("") == [] and "Every year" not in page_of(donor)


def test_it_takes_yearly_from_a_link_and_falls_back_to_once(donor, offered):
    rungs = {**SECOND_RUNGS, "amount_yearly": "300"}
    assert checked(donor.client.get("/give/?frequency=yearly")) == {**rungs, "frequency": "yearly"}
    assert checked(donor.client.get("/give/?frequency=yearly&amount=600"))["amount_yearly"] == "600"
    assert checked(donor.client.get("/give/?frequency=yearly&currency=EUR")) == {**SECOND_RUNGS, "frequency": "once"}


def test_it_falls_back_to_once_in_a_currency_that_has_no_yearly_amounts(donor, offered):
    assert checked(donor.send(donor.wish("yearly", "300", into="EUR")))["frequency"] == "once"


def test_it_asks_again_when_every_year_was_taken_back_meanwhile(donor, offered):
    fields = donor.wish("yearly", "300")
    Currency.objects.update(yearly_amounts=[])
    answer = donor.send(fields)
    assert "choose again how often" in errors(answer) and not Gift.objects.exists()


def test_it_covers_the_fee_of_a_yearly_gift_too(donor, offered):
    donor.give("yearly", "300", cover_fee="on")
    gift = Gift.objects.get()
    assert gift.fee_cover == offered.fee_cover(30000) and gift.every == "every year" and gift.repeats


# --- A life -------------------------------------------------------------------------------------------------


def test_it_is_announced_taken_again_and_stopped(donor, till, clock):  # noqa: F811
    """Begun on 29 February: the next one is taken on the 28th."""
    enter("150 300 600")
    clock((noon_of_a_leap_day() - timezone.now()) / timedelta(days=1))
    thanks = donor.pay(donor.give("yearly", "300", name="Ada Lovelace")).content.decode()
    assert "$300.00 USD every year" in thanks
    till.tell()
    plan = Plan.objects.get()
    item = at_stripe(plan)["items"]["data"][0]["price"]
    assert (plan.frequency, item["recurring"]["interval"]) == ("yearly", "year")
    assert item["product"] == StripeSetup.objects.get().product_yearly == "road_out_gift_yearly"
    assert plan.current_period_end.date().isoformat()[5:] == "02-28"
    (first,) = written("receipt_monthly")
    assert "Thank you for your yearly gift" in first.text and "every year; this is one payment" in first.text
    clock(1.1)
    assert "$300.00 USD every year" in written("welcome_monthly")[0].text

    clock(340)
    assert not written("renewal_notice")
    for days in (5, 2):
        clock(days)
    (notice,) = written("renewal_notice")
    assert "On 28 February" in notice.text and "$300.00 USD" in notice.text and "/my/" in notice.text
    assert notice.stop_url == "" and Gift.objects.paid().count() == 1

    clock(18)
    assert sorted(Gift.objects.paid().values_list("frequency", flat=True)) == ["yearly", "yearly"]
    assert Receipt.objects.count() == LedgerEntry.objects.filter(kind="charge").count() == 2
    assert len(written("receipt_monthly")) == 2 and not written("yearly_reminder")

    assert disagreements_with_stripe(till) == []

    mine, address = come_in("ada@donor.example"), f"/my/gifts/{plan.pk}/"
    assert "$300.00 USD every year" in mine.get("/my/").content.decode()
    assert "Stop this yearly gift" in mine.get(address).content.decode()
    assert press(mine, plan, "stop").status_code == 302
    assert "Your yearly gift of $300.00 USD is stopped" in written("plan_stopped")[0].text
    clock(8)
    assert Plan.objects.get().status == "ended"
    clock(360)
    assert Gift.objects.paid().count() == 2 and len(written("renewal_notice")) == 1


def test_it_writes_late_rather_than_not_at_all_and_only_of_what_will_be_taken(plan):
    for days, status, letters in ((22, "active", 0), (2, "past_due", 0), (2, "active", 1), (2, "active", 1)):
        Plan.objects.update(current_period_end=timezone.now() + timedelta(days=days), status=status)
        anniversaries.announce()
        assert len(written("renewal_notice")) == letters, (days, status)
    Plan.objects.update(current_period_end=timezone.now() + timedelta(days=9), frequency="monthly")
    anniversaries.announce()
    Plan.objects.update(frequency="yearly", cancel_at=timezone.now() + timedelta(days=20))
    anniversaries.announce()
    assert len(written("renewal_notice")) == 1


def test_it_announces_in_the_language_of_the_donor(plan):
    Supporter.objects.update(language="es")
    Plan.objects.update(current_period_end=timezone.now() + timedelta(days=20))
    anniversaries.announce()
    (letter,) = written("renewal_notice")
    assert letter.subject.startswith("Su pago anual del ") and "donación anual de" in letter.text


def test_it_says_yearly_where_the_card_fails(plan):
    plan.past_due_since = timezone.now()
    letter = plan_letters.card_failed(plan, 10)
    assert letter and letter.subject == "Your yearly payment is still open: our last letter"
    assert "Your yearly gift of $300.00 USD still" in letter.text and "monthly" not in letter.text


def test_it_changes_the_amount_from_the_next_year_on(plan):
    assert changes.change_amount(plan, 60000).total == 60000
    price = at_stripe(plan)["items"]["data"][0]["price"]
    assert (price["unit_amount"], price["recurring"]["interval"]) == (60000, "year")
    assert str(Plan.objects.get()) == "$600.00 USD every year"


def test_it_leaves_no_year_out_neither_for_donors_nor_for_staff(plan):
    mine, address = come_in("ada@donor.example"), f"/my/gifts/{plan.pk}/"
    page = mine.get(address).content.decode()
    offered = set(re.findall(r'name="does" value="(\w+)"', page))
    assert offered == {"once", "amount", "stop"}
    until = str(int((timezone.now() + timedelta(days=400)).timestamp()))
    for does in ({"does": "skip"}, {"does": "pause", "until": until}):
        assert mine.post(address, does).status_code == 409
    staff = signed_in("Donor care").get(f"/admin/plan/inspect/{plan.pk}/").content.decode()
    assert "Change the amount" in staff and "Skip the next" not in staff and "Leave out payments" not in staff
    assert at_stripe(plan)["pause_collection"] is None


def test_it_makes_a_yearly_gift_a_single_one_within_a_week(plan):
    mine = come_in("ada@donor.example")
    assert press(mine, plan, "once").status_code == 302
    assert Plan.objects.get().status == "ended" and Gift.objects.paid().count() == 1


def test_it_stands_beside_a_monthly_gift_on_my_page_each_with_its_own_day_and_acts(donor, plan, charity):
    donor.gave("monthly", "30", name="Ada Lovelace")
    monthly = Plan.objects.exclude(pk=plan.pk).get()
    mine = come_in("ada@donor.example")
    page = mine.get("/my/").content.decode()
    for each, what in ((plan, "Change or stop"), (monthly, "Change, pause or stop")):
        _head, _tag, row = page.partition(f'href="/my/gifts/{each.pk}/"')
        day = date_format(charity.day_of(not_none(months.next_payment(each))), "DATE_FORMAT")
        assert day in page and what in row[:200], each
    assert press(mine, monthly, "stop").status_code == 302
    plan.refresh_from_db()
    monthly.refresh_from_db()
    assert monthly.cancel_at and plan.cancel_at is None and plan.status == "active"


def test_it_lists_yearly_gifts_apart(plan):
    staff = signed_in("Donor care")
    for frequency, seen in (("yearly", True), ("monthly", False)):
        assert (plan.subscription_id in staff.get(f"/admin/plan/?frequency={frequency}").content.decode()) is seen


# --- Books --------------------------------------------------------------------------------------------------


def test_it_compares_yearly_gifts_and_puts_a_wrong_interval_right(plan):
    assert "monthly and yearly gifts" not in runs.run().found
    Plan.objects.update(frequency="monthly")
    assert runs.run(apply=True).found["monthly and yearly gifts"] == 1
    assert Plan.objects.get().frequency == "yearly"


def test_it_rebuilds_a_yearly_gift_that_our_books_lost(donor, offered, till):
    donor.paid("yearly", "300")
    reference = Gift.objects.get().reference
    Gift.objects.all().delete()
    (subscription,) = stripe_client.each(stripe_client.v1().subscriptions.list, {})
    orphans.rebuild(reference, {"subscription": subscription["id"]})
    assert Gift.objects.get(reference=reference).frequency == "yearly"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2028-02-29", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2027-03-31", ["2028-03-31", "2029-03-31"]),
    ],
)
def test_it_reckons_the_days_of_further_years_as_stripe_does(start, expected):
    begun, first = (datetime.fromisoformat(f"{day}T12:00:00+00:00") for day in (start, expected[0]))
    plan = Plan(frequency="yearly", started_at=begun, current_period_end=first)
    found = [months.first_after(plan, datetime.fromisoformat(f"{day}T00:00:00+00:00")) for day in expected]
    assert [day.date().isoformat() for day in found if day] == expected

"""Test money of the rehearsal that docs/stripe.md asks for stands in the books of the live site, and counts nowhere."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from donations import ledger, numbers, progress, published, receipts, statements
from donations.models import Campaign, Gift, LedgerEntry, MatchReservation, Plan
from supporters.people import meet
from tests.donations.rules import given
from tests.staff.people import signed_in

pytestmark = pytest.mark.django_db
KEYS = {False: "rk_test_of_these_tests", True: "rk_live_of_these_tests"}


def going(settings, live: bool) -> None:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, KEYS[live]


def paid(number: int, live: bool, campaign: Campaign, plan: Plan | None = None) -> Gift:
    person = meet(f"donor{number}@donor.example")
    now = timezone.now()
    gift = given.gift(livemode=live, supporter=person, campaign=campaign, plan=plan, paid_at=now, email=person.email)
    sums = {"amount": 2606, "cover": 106, "currency": "USD", "livemode": live}
    ledger.put(f"ch_{number}", LedgerEntry.Kind.CHARGE, now, gift=gift, **sums)
    receipts.issue(gift)
    held = {"promised": 1000, "amount": 1000, "state": MatchReservation.State.SETTLED}
    MatchReservation.objects.create(gift=gift, campaign=campaign, **held)
    return gift


@pytest.fixture
def rehearsed(settings):
    """Two gifts with test keys, one of them monthly and led the campaign; then the live key, and one real gift."""
    given.charity()
    campaign = given.campaign()
    going(settings, live=False)
    plan = given.plan(
        livemode=False, status="past_due", past_due_since=timezone.now(), supporter=meet("donor1@donor.example")
    )
    campaign.lead_gift = paid(1, False, campaign, plan)
    campaign.save()
    paid(2, False, campaign)
    assert LedgerEntry.objects.raised() == {"USD": 5000}
    going(settings, live=True)
    assert LedgerEntry.objects.raised() == {}
    paid(3, True, campaign)
    return campaign


def test_it_counts_real_money_alone(rehearsed):
    now = progress.of(rehearsed)
    assert (now.raised, now.people, now.lead, now.matched) == (2500, 1, 0, 1000)
    listed = Campaign.objects.with_totals().get()
    assert (listed.raised_sum, listed.matched_sum) == (2500, 1000)
    assert LedgerEntry.objects.raised() == {"USD": 2500} and LedgerEntry.objects.people() == 1
    today = timezone.now().date()
    for by in ("month", "fund", "currency"):
        (chart,) = published.charts(by, today)
        assert sum(row["value"] for row in chart.rows) == 2500, by
    assert [person.email for person in statements.receivers(today.year)] == ["donor3@donor.example"]
    real = Gift.objects.get(livemode=True).receipts.get()
    assert (real.series, real.number) == ("R", 1)


def test_it_asks_nothing_more_of_monthly_gifts_of_the_rehearsal(rehearsed):
    assert not Plan.objects.counted().running().exists() and not Plan.objects.behind().exists()
    figures = {str(label): number for label, number, _url in numbers.CarePanel().get_context_data({})["figures"]}
    assert figures["gifts that came"] == 1 and figures["monthly gifts whose card fails"] == 0
    plan = Plan.objects.get()
    page = signed_in("Donor care").get(f"/admin/plan/inspect/{plan.pk}/").content.decode()
    assert f"/admin/plan/inspect/{plan.pk}/stop/" not in page


def test_it_marks_them_for_staff_and_says_what_becomes_of_them(rehearsed):
    page = signed_in("Finance").get("/admin/gift/").content.decode()
    assert len(re.findall(r">\s*test\s*<", page)) == 2
    front = signed_in("Finance").get("/admin/").content.decode()
    assert "2 gifts of a rehearsal with test money stand in the books" in front
    said = StringIO()
    call_command("claim_site", stdout=said)
    assert "count in no total, campaign, match or statement" in said.getvalue()

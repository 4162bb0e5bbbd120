"""Months of 28 to 31 days, a leap year, clocks that change, and the last evening of a tax year."""

from calendar import isleap, monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import count

import pytest
from django.test import Client
from django.utils import timezone

from donations.models import Gift, LedgerEntry, Plan, Receipt
from tests.donations.donor import Donor
from tests.donations.test_monthly_life import clock  # noqa: F401 - fixture
from tests.donations.test_refunds import balanced

pytestmark = pytest.mark.django_db
DAY = 86400


@pytest.fixture
def pacific(charity):
    charity.time_zone = "America/Los_Angeles"
    charity.save()
    return charity.zone


@pytest.fixture
def at(clock):  # noqa: F811
    """Move Stripe's clock and ours to a moment (UTC)."""

    def move(*moment: int, **told: str) -> None:
        when = datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type]  # never so many that one is the zone
        clock((when - timezone.now()).total_seconds() / DAY, **told)

    return move


def next_leap_year() -> int:
    return next(year for year in count((timezone.now() + timedelta(days=31)).year + 1) if isleap(year))


def fourteen_months(leap: int, day: int) -> list[date]:
    """From a December to the January after a 29 February: Stripe keeps the day, or takes the month's last one."""
    due = [date(leap - 1, 12, day)]
    for months in range(12, 25):
        year, month = leap + (months - 12) // 12, months % 12 + 1
        due.append(date(year, month, min(day, monthrange(year, month)[1])))
    assert len(due) == 14 and date(leap, 2, 29) in due
    return due


def assert_booked(plan: Plan, due: list[date], zone: tzinfo) -> None:
    """Once for each month, on its day."""
    gifts = list(Gift.objects.paid().filter(plan=plan).order_by("paid_at"))
    assert [gift.paid_at.date() for gift in gifts] == due
    entries = LedgerEntry.objects.filter(kind="charge", gift__plan=plan)
    assert sorted(entries.values_list("day", flat=True)) == due
    receipts = Receipt.objects.filter(gift__plan=plan)
    assert sorted(receipts.values_list("day", "year")) == [(each, each.year) for each in due]
    assert {gift.paid_at.hour for gift in gifts[1:]} == {13}  # Stripe's anchor is a moment of UTC...
    assert {gift.paid_at.astimezone(zone).hour for gift in gifts[1:]} == {5, 6}  # ...so local clocks move under it
    assert plan.status == "active"


def test_it_books_fourteen_months_of_a_gift_begun_on_the_last_of_a_month(donor, till, at, pacific):
    leap = next_leap_year()
    at(leap - 1, 12, 31, 12, 30)  # not on the hour: both clocks run on by parts of a second
    donor.gave("monthly", "30")
    due = fourteen_months(leap, 31)
    for day in due[1:]:
        at(day.year, day.month, day.day, 14)  # two hours later: an hour of it the invoice is a draft
    assert_booked(Plan.objects.get(), due, pacific)
    assert LedgerEntry.objects.raised() == {"USD": 3000 * 14} and balanced(till)


@pytest.mark.once
def test_it_books_the_same_fourteen_months_when_they_are_told_at_their_end(donor, till, at, pacific):
    """Of gifts begun on the 29th and the 30th: days are Stripe's, however late we hear of them."""
    leap = next_leap_year()
    for day in (29, 30):
        at(leap - 1, 12, day, 12, 30)
        Donor(Client(), till).gave("monthly", str(day), email=f"{day}@donor.example")
    at(leap + 1, 1, 30, 14, only="invoice.paid")
    for day in (29, 30):
        assert_booked(Plan.objects.get(total=day * 100), fourteen_months(leap, day), pacific)
    assert balanced(till)


def test_it_keeps_the_last_evening_of_the_year_in_its_year(donor, till, at, pacific):
    """23:30 on 31 December in Los Angeles is 1 January for Stripe."""
    year = timezone.now().year + 2
    at(year, 1, 1, 7, 30)
    donor.gave("once", "25")
    at(year, 1, 1, 8, 30)
    donor.gave("once", "40", email="later@donor.example")
    late, early = Receipt.objects.order_by("id")
    assert (late.day, late.year) == (date(year - 1, 12, 31), year - 1)
    assert (early.day, early.year) == (date(year, 1, 1), year)
    days = LedgerEntry.objects.filter(kind="charge").order_by("id").values_list("day", flat=True)
    assert list(days) == [date(year - 1, 12, 31), date(year, 1, 1)]

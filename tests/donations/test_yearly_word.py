"""The yearly word to monthly donors: once a year, of twelve months, whatever was paused or off on its day."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from donations.books import ledger
from donations.letters import anniversaries
from donations.models import LedgerEntry, Plan
from foundation.letters.models import Letter
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def paid_on(plan: Plan, *days: date) -> None:
    """A payment of $31.20 on each of these days."""
    for day in days:
        row = given.gift(plan=plan, supporter=plan.supporter, frequency="monthly", livemode=False, paid_at=at_noon(day))
        facts = {"gift": row, "amount": 3120, "currency": "USD", "livemode": False}
        ledger.book(f"ch_{day}", LedgerEntry.Kind.CHARGE, at_noon(day), **facts)


def monthly(start: date, *days: date) -> Plan:
    given.charity()
    ada = get_or_create_supporter("ada@donor.example")
    plan = given.plan(supporter=ada, started_at=at_noon(start), livemode=False, status="active")
    paid_on(plan, *days)
    return plan


def told(today: date) -> list[str]:
    with time_machine.travel(at_noon(today)):
        anniversaries.remind()
    return list(Letter.objects.filter(template="yearly_reminder").order_by("id").values_list("text", flat=True))


def tenths(year: int, months: range) -> list[date]:
    return [date(year, month, 10) for month in months]


def test_it_counts_twelve_months_and_no_payment_of_the_year_before():
    days = [*tenths(2024, range(4, 13)), *tenths(2025, range(1, 13)), *tenths(2026, range(1, 6))]
    monthly(date(2024, 4, 10), *days)
    assert told(date(2026, 4, 9)) == []
    for _day in range(2):
        (text,) = told(date(2026, 4, 10))
    assert "$374.40 USD in 12 payments" in text


def test_it_writes_after_the_worker_was_off_for_weeks_and_once():
    monthly(date(2025, 4, 10), *tenths(2025, range(4, 13)), *tenths(2026, range(1, 7)))
    (text,) = told(date(2026, 5, 29))
    assert "$374.40 USD in 12 payments" in text
    assert told(date(2026, 5, 30)) == [text] == told(date(2026, 9, 1))


def test_it_waits_while_a_gift_is_paused_and_writes_when_it_goes_on():
    plan = monthly(date(2025, 4, 10), *tenths(2025, range(4, 13)), *tenths(2026, range(1, 4)))
    Plan.objects.update(status="paused")
    assert told(date(2026, 4, 10)) == [] == told(date(2026, 7, 20))
    Plan.objects.update(status="active")
    paid_on(plan, date(2026, 8, 10))
    (text,) = told(date(2026, 8, 11))
    assert "$249.60 USD in 8 payments" in text
    assert told(date(2026, 8, 12)) == [text]


def test_it_writes_of_a_gift_of_29_february_on_that_day_or_the_first_of_march():
    every = [date(2024, 2, 29)]
    every += [date(year, month, 29) for year in range(2024, 2028) for month in range(3, 13)]
    every += [day for year in range(2025, 2028) for day in (date(year, 1, 29), date(year, 2, 28))]
    monthly(date(2024, 2, 29), *every, date(2028, 1, 29))
    assert told(date(2025, 2, 28)) == []
    written = 0
    for today in (date(2025, 3, 1), date(2026, 3, 1), date(2027, 3, 1), date(2028, 2, 29)):
        texts, written = told(today), written + 1
        assert len(texts) == written and "$374.40 USD in 12 payments" in texts[-1], today
    assert len(told(date(2028, 3, 1))) == written

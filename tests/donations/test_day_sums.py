"""Sums of giving by day: kept beside the ledger, never late, and the ledger's own each night."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from donations.books import day_sums, ledger
from donations.books.day_sums import Given
from donations.models import DaySum, DaySumMark, LedgerEntry

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ONE, OTHER = date(2026, 6, 1), date(2026, 6, 2)
EVER = (date(2000, 1, 1), date(2100, 1, 1))
KINDS = {
    "charge": 2500,
    "offline": 4000,
    "refund": -500,
    "refund_reversal": 500,
    "dispute": -2500,
    "dispute_reversal": 2500,
    "correction": -4000,
    "fee": -100,
    "foreign": 9900,
    "payout": -3000,
}


def booked(name: str, kind: str = "charge", day: date = ONE, **fields) -> LedgerEntry:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    ledger.book(
        name, LedgerEntry.Kind(kind), at, **{"amount": KINDS[kind], "currency": "USD", "livemode": False} | fields
    )
    return LedgerEntry.objects.get(stripe_object=name, kind=kind)


def later() -> time_machine.travel:
    return time_machine.travel(timezone.now() + 2 * day_sums.LAG)


def test_it_sums_what_came_and_what_went_back_by_day_and_currency_and_no_fees(charity):
    for kind in KINDS:
        booked(f"one-{kind}", kind)
    booked("euros", currency="EUR", amount=7)
    booked("next", day=OTHER, amount=9)
    expected = {
        (ONE, "USD"): Given(2, 6500, -4000),
        (ONE, "EUR"): Given(1, 7, 0),
        (OTHER, "USD"): Given(1, 9, 0),
    }
    assert day_sums.by_day(*EVER) == expected
    with later():
        day_sums.refresh()
    assert DaySum.objects.count() == 3 and day_sums.by_day(*EVER) == expected
    assert day_sums.by_day(OTHER, OTHER) == {(OTHER, "USD"): Given(1, 9, 0)}


def test_it_tells_at_once_what_is_booked_after_sums_were_kept(charity):
    booked("one")
    with later():
        day_sums.refresh()
        booked("two")
        booked("back", "refund")
        assert day_sums.by_day(*EVER) == {(ONE, "USD"): Given(2, 5000, -500)}
        day_sums.refresh()  # both are too young to be kept
        assert DaySum.objects.get().received == 2500
    with time_machine.travel(timezone.now() + 4 * day_sums.LAG):
        day_sums.refresh()
        day_sums.refresh()
    assert DaySum.objects.get().received == 5000
    assert day_sums.by_day(*EVER) == {(ONE, "USD"): Given(2, 5000, -500)}


def test_it_stays_in_front_of_an_entry_whose_transaction_may_not_be_over(charity):
    """Of two entries the first may be the younger: it got its id before the other was written."""
    with later():
        booked("young")
    booked("old")
    with time_machine.travel(timezone.now() + 2.5 * day_sums.LAG):
        day_sums.refresh()
        assert not DaySum.objects.exists()
        assert day_sums.by_day(*EVER) == {(ONE, "USD"): Given(2, 5000, 0)}


def test_it_counts_money_of_a_rehearsal_apart(charity):
    booked("test")
    booked("live", livemode=True, amount=1)
    assert day_sums.by_day(*EVER) == {(ONE, "USD"): Given(1, 2500, 0)}
    with later():
        day_sums.refresh()
    assert day_sums.by_day(*EVER) == {(ONE, "USD"): Given(1, 2500, 0)}


def test_it_finds_a_wrong_sum_at_night_and_puts_it_right(charity, caplog):
    booked("one")
    booked("two", day=OTHER)
    with later():
        day_sums.refresh()
        day_sums.check()
        assert day_sums.checked().wrong == 0 and "put right" not in caplog.text
        true = day_sums.by_day(*EVER)
        DaySum.objects.filter(day=ONE).update(received=1)
        DaySum.objects.filter(day=OTHER).delete()
        DaySum.objects.create(day=date(2026, 7, 1), currency="USD", livemode=False, gifts=1, received=5)
        day_sums.check()
    assert day_sums.by_day(*EVER) == true
    assert day_sums.checked().wrong == 3 and "put right" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_it_counts_each_entry_once_however_many_workers_count(charity):
    for number in range(5):
        booked(f"n{number}")

    def work(number: int) -> None:
        try:
            day_sums.refresh()
        finally:
            connections.close_all()

    with later(), ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert day_sums.by_day(*EVER) == {(ONE, "USD"): Given(5, 12500, 0)}
    assert DaySumMark.objects.get().through == LedgerEntry.objects.latest("pk").pk

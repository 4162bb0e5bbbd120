"""Receipt numbers when all happens at once: payments, transactions that fail, corrections, New Year, another entity."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction

from donations.books import ledger, receipts
from donations.giving import benefits
from donations.models import Gift, LedgerEntry, Receipt, ReceiptCounter
from foundation.organisation.models import Organisation
from tests.donations.rules import given

NEW_YEAR = datetime(2027, 1, 1, 8, tzinfo=UTC)  # in Los Angeles
WAYS = ("pay", "pay", "fail", "correct")


def paid(number: int) -> Gift:
    """Within seconds of New Year, on either side of it."""
    gift = given.gift(name=f"Giver {number}", paid_at=NEW_YEAR + timedelta(seconds=number % 7 - 3))
    sums = {"amount": 2606, "currency": "USD", "livemode": True}
    ledger.book(f"ch_{number}", LedgerEntry.Kind.CHARGE, NEW_YEAR, gift=gift, **sums)
    return gift


def act(gift: Gift, way: str, number: int) -> None:
    try:
        with transaction.atomic():
            receipts.issue(Gift.objects.select_for_update().get(pk=gift.pk))
            if way == "fail":
                raise ArithmeticError
        if way == "correct":
            benefits.correct(gift, f"Seat {number} at the dinner", 950)
    except ArithmeticError:
        pass
    finally:
        connections.close_all()


def become_another(number: int) -> None:
    try:
        with transaction.atomic():
            organisation = Organisation.load()
            organisation.legal_name, organisation.receipt_series = f"Entity {number}", f"S{number}"
            organisation.save()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_it_leaves_no_gap_in_any_series_and_year_and_mixes_no_entities(settings):
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_of_these_tests"
    given.charity(time_zone="America/Los_Angeles")
    gifts = [paid(number) for number in range(16)]
    with ThreadPoolExecutor(6) as pool:
        work = [pool.submit(act, gifts[at % 16], WAYS[at // 3 % 4], at) for at in range(24)]
        work += [pool.submit(become_another, 1)]
        work += [pool.submit(act, gifts[at * 5 % 16], WAYS[at % 4], 24 + at) for at in range(24)]
    assert [each.exception() for each in work if each.exception()] == []
    for counter in ReceiptCounter.objects.all():
        found = Receipt.objects.filter(series=counter.series, year=counter.year).order_by("number")
        assert [each.number for each in found] == list(range(1, counter.last + 1)), str(counter)
        assert len({each.entity for each in found}) == 1, str(counter)
    years = {2026: datetime(2026, 12, 31, tzinfo=UTC).date(), 2027: datetime(2027, 1, 1, tzinfo=UTC).date()}
    for gift in Gift.objects.exclude(receipts=None):
        first, *later = gift.receipts.order_by("pk")
        assert first.replaces is None and first.day == years[first.year], first
        assert [each.replaces for each in later] == [first, *later][:-1] and {each.series for each in later} <= {
            first.series
        }

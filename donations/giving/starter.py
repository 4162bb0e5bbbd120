"""Seed data: the currencies of a new site. Amounts are a start for staff to change, and promise nothing."""

from donations import money
from donations.models import Currency
from foundation.organisation import mode

# code: monthly and once ladders, smallest and largest gift, all in whole units of the currency
CURRENCIES: dict[str, tuple[list[int], list[int], int, int]] = {
    "USD": ([15, 30, 60, 120], [35, 75, 150, 300], 5, 50_000),
    "EUR": ([15, 30, 60, 120], [35, 75, 150, 300], 5, 50_000),
    "GBP": ([10, 25, 50, 100], [30, 60, 120, 250], 5, 50_000),
    "CAD": ([20, 40, 80, 150], [50, 100, 200, 400], 5, 50_000),
    "AUD": ([20, 40, 80, 150], [50, 100, 200, 400], 5, 50_000),
    "JPY": ([2_000, 4_000, 8_000, 15_000], [5_000, 10_000, 20_000, 40_000], 500, 5_000_000),
}


# What the offline Stripe takes: 2.9 % and a fixed part. A real account's rates are for its staff to enter.
OFFLINE_BASIS_POINTS = 290
OFFLINE_FIXED = {"USD": 30, "EUR": 25, "GBP": 20, "CAD": 30, "AUD": 30, "JPY": 40}


def load() -> int:
    """Add the currencies that are not there yet, idempotent; rows that staff changed stay. Returns how many were added.

    With Stripe itself the fee rates stay empty, and no fee cover is offered, until staff enter what their own account
    pays.
    """
    known = set(Currency.objects.values_list("code", flat=True))
    new = [_currency(code, position) for position, code in enumerate(CURRENCIES, start=1) if code not in known]
    Currency.objects.bulk_create(new)
    return len(new)


def _currency(code: str, position: int) -> Currency:
    monthly, once, least, most = CURRENCIES[code]
    unit = 10 ** money.exponent(code)
    return Currency(
        code=code,
        position=position,
        monthly_amounts=[amount * unit for amount in monthly],
        once_amounts=[amount * unit for amount in once],
        minimum=least * unit,
        maximum=most * unit,
        fee_basis_points=OFFLINE_BASIS_POINTS if mode.offline_stripe() else None,
        fee_fixed=OFFLINE_FIXED[code] if mode.offline_stripe() else None,
    )

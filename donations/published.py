"""What the public sees of the books: sums raised by month, fund and currency, and nothing about a donor."""

from datetime import date
from typing import Any, NamedTuple

from babel.dates import format_skeleton
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import get_language, gettext, to_locale

from donations import money
from donations.models import LedgerEntry

MONTHS = 12


class Chart(NamedTuple):
    """Bars of one currency: `rows` is what the tag bar_table takes."""

    caption: str
    rows: list[dict[str, Any]]


def charts(by: str, today: date) -> list[Chart]:
    """One chart for each currency, because sums of two currencies are no sum. Empty while nothing was raised.

    `by`: month (the twelve that end with the one of `today`, a date of the organisation's calendar), fund, or
    currency (both of all time).
    """
    if by == "month":
        return _by_month(today)
    if by == "currency":
        return _charts([(money.name(code), code, amount) for code, amount in sorted(_raised().items())])
    return _by_fund()


def _by_month(today: date) -> list[Chart]:
    months = _last_months(today)
    rows = (
        LedgerEntry.objects.counted()
        .filter(day__gte=months[0])
        .order_by()
        .annotate(month=TruncMonth("day"))
        .values("month", "currency")
        .annotate(sum=Sum(F("amount") - F("cover")))
    )
    sums = {(row["currency"], row["month"]): row["sum"] for row in rows}
    found = sorted({code for code, _ in sums})
    return _charts([(_name(month), code, sums.get((code, month), 0)) for code in found for month in months])


def _by_fund() -> list[Chart]:
    rows = (
        LedgerEntry.objects.counted()
        .order_by("gift__fund__position", "gift__fund__name")
        .values("gift__fund__name", "currency")
        .annotate(sum=Sum(F("amount") - F("cover")))
    )
    free = gettext("Where it is needed most")
    return _charts([(row["gift__fund__name"] or free, row["currency"], row["sum"]) for row in rows])


def _charts(bars: list[tuple[str, str, int]]) -> list[Chart]:
    codes = dict.fromkeys(code for _, code, _ in bars)
    return [
        Chart(
            money.name(code),
            [
                {"label": label, "value": max(amount, 0), "text": money.short(amount, code)}
                for label, own, amount in bars
                if own == code
            ],
        )
        for code in codes
    ]


def _raised() -> dict[str, int]:
    raised: dict[str, int] = LedgerEntry.objects.raised()
    return {code: amount for code, amount in raised.items() if amount > 0}


def _last_months(today: date) -> list[date]:
    """The first days of twelve months, this one last."""
    last = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(last - MONTHS + 1, last + 1)]


def _name(month: date) -> str:
    return str(format_skeleton("yMMMM", month, locale=to_locale(get_language() or "en")))

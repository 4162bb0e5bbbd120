"""Public totals of the ledger: sums raised by month, fund and currency, and nothing about a donor."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from babel.dates import format_skeleton
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import get_language, gettext, to_locale

from donations import money
from donations.models import Currency, LedgerEntry

MONTHS = 12
LAST = 1_000_000  # after every position that staff give


class Raised(NamedTuple):
    """Sum raised in a month for a fund in a currency (minor units, no fee cover). No fund: where it is needed most."""

    month: date
    fund: str | None
    fund_position: int | None
    currency: str
    currency_position: int | None
    sum: int


class Chart(NamedTuple):
    """Bar chart of one currency: `rows` is what the tag bar_table takes."""

    caption: str
    rows: list[dict[str, Any]]


def raised() -> list[Raised]:
    """Return all totals, in one query. The giving page's first currency comes first, and gifts for no fund do."""
    position = Currency.objects.filter(code=OuterRef("currency")).values("position")
    rows = (
        LedgerEntry.objects.counted()
        .order_by()
        .annotate(month=TruncMonth("day"), position=Subquery(position))
        .values_list("month", "gift__fund__name", "gift__fund__position", "currency", "position")
        .annotate(sum=Sum(F("amount") - F("cover")))
    )
    return sorted((Raised(*row) for row in rows), key=_order)


def charts(by: str, today: date, rows: Sequence[Raised] | None = None) -> list[Chart]:
    """Return one chart for each currency, because sums of two currencies are no sum. Empty while nothing was raised.

    `by`: month (the twelve that end with the one of `today`, a date of the organisation's calendar), fund, or currency
    (both of all time). `rows`: what `raised` returned, for several charts of one page.
    """
    rows = raised() if rows is None else rows
    if by == "month":
        months = _last_months(today)
        found = dict.fromkeys(row.currency for row in rows if row.month in months)
        sums = Counter[tuple[str, date]]()
        for row in rows:
            sums[row.currency, row.month] += row.sum
        return _charts([(_name(month), code, sums[code, month]) for code in found for month in months])
    free = gettext("Where it is needed most")
    all_of_it = Counter[tuple[str, str]]()
    for row in rows:
        label = money.name(row.currency) if by == "currency" else row.fund or free
        all_of_it[label, row.currency] += row.sum
    bars = [(label, code, amount) for (label, code), amount in all_of_it.items()]
    return _charts([bar for bar in bars if bar[2] > 0] if by == "currency" else bars)


def _order(row: Raised) -> tuple[int, str, int, str, date]:
    of_currency = LAST if row.currency_position is None else row.currency_position
    of_fund = -1 if row.fund_position is None else row.fund_position
    return of_currency, row.currency, of_fund, row.fund or "", row.month


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


def _last_months(today: date) -> list[date]:
    """The first days of twelve months, this one last."""
    last = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(last - MONTHS + 1, last + 1)]


def _name(month: date) -> str:
    return str(format_skeleton("yMMMM", month, locale=to_locale(get_language() or "en")))

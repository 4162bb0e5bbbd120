"""Front page of the panel: this month's giving beside last month's and that of a year ago, and giving day by day."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from wagtail.admin.ui.components import Component

from donations import money
from donations.books import day_sums
from donations.books.day_sums import NOTHING, Given
from donations.models import Currency, Gift
from foundation.drawing.charts import bar_widths
from foundation.organisation import mode
from foundation.organisation.models import Organisation

YEAR = 12
RECENTLY = timedelta(days=30)
PITCH, TALL = 10, 100  # of the chart, in its own units: a day is so wide, the best one so high

Days = tuple[date, date]  # the first and the last, both included
Found = dict[tuple[date, str], Given]


class Sum(NamedTuple):
    """What was given in some days, in words, and the list of those gifts. `returned`: empty where nothing went back."""

    received: str
    gifts: int
    returned: str
    url: str


class Bar(NamedTuple):
    """One day: a line of the table, and a bar of the chart, in its units."""

    day: date
    sum: Sum
    left: int
    top: float
    high: float


class MonthPanel(Component):
    """Dashboard panel of giving, by currency: this month until today beside as many days of two others, and day by day
    since last month began.
    """

    name = "donations_month"
    order = 60
    template_name = "donations/month_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        spans = compared(Organisation.load().today())
        (_this, today), (since, _until), *_rest = spans
        a_year_ago = spans[-1]
        found = day_sums.by_day(*a_year_ago, (since, today))
        codes = _in_order({code for _day, code in found})
        mark = day_sums.checked()
        return {
            "heads": [_head(span) for span in spans],
            "rows": [(money.name(code), [_sum(found, code, span) for span in spans]) for code in codes],
            "charts": [(money.name(code), _bars(found, code, (since, today))) for code in codes],
            "tall": TALL,
            "checked": mark,
            "wrong": mark if mark and mark.wrong_at and mark.wrong_at > timezone.now() - RECENTLY else None,
        }


def compared(today: date) -> list[Days]:
    """This month until today; as many days of the last month and all of it; the same of this month a year ago."""
    spans = [_until(today, 0), _until(today, 1), _whole(today, 1), _until(today, YEAR), _whole(today, YEAR)]
    return list(dict.fromkeys(spans))  # at the end of a month the two are one


def _whole(today: date, back: int) -> Days:
    """The month so many months ago."""
    number = today.year * 12 + today.month - 1 - back
    first = date(number // 12, number % 12 + 1, 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _until(today: date, back: int) -> Days:
    """As many days of it as this month has had; a shorter one is whole."""
    first, last = _whole(today, back)
    return first, min(first.replace(day=1) + timedelta(days=today.day - 1), last)


def _head(span: Days) -> str:
    first, last = span
    return gettext("%(first)s to %(last)s") % {"first": first.day, "last": date_format(last, "DATE_FORMAT")}


def _in_order(codes: Iterable[str]) -> list[str]:
    """As on the giving page; those that are not offered any more come last."""
    positions = dict(Currency.objects.values_list("code", "position"))
    return sorted(codes, key=lambda code: (code not in positions, positions.get(code), code))


def _sum(found: Found, code: str, span: Days) -> Sum:
    first, last = span
    given = NOTHING
    for (day, own), each in found.items():
        if own == code and first <= day <= last:
            given = given.plus(each)
    return _said(given, code, span)


def _said(given: Given, code: str, span: Days) -> Sum:
    first, last = span
    only = {"status": Gift.Status.PAID.value, "currency": code, "livemode": not mode.no_money_moves()}
    days = {"paid_at__date_from": first.isoformat(), "paid_at__date_to": last.isoformat()}
    returned = money.exact(-given.returned, code) if given.returned else ""
    url = f"{reverse('gift:index')}?{urlencode({**only, **days})}"
    return Sum(money.exact(given.received, code), given.gifts, returned, url)


def _bars(found: Found, code: str, span: Days) -> list[Bar]:
    first, last = span
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    given = [found.get((day, code), NOTHING) for day in days]
    heights = bar_widths([each.received for each in given], TALL)
    return [
        Bar(day, _said(each, code, (day, day)), number * PITCH, TALL - high, high)
        for number, (day, each, high) in enumerate(zip(days, given, heights, strict=True))
    ]

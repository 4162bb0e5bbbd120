"""Billing dates of a monthly or yearly gift, as Stripe reckons them, and which payments a pause leaves out."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from donations.models.frequency import MONTHS, Frequency
from donations.models.gifts import Gift
from donations.models.plans import Plan

A_WHILE = timedelta(days=1)  # Stripe voids what it makes while paused; no two payments are nearer than four weeks
MOST = 12  # a donor who wants a longer pause stops, and comes back


@dataclass(frozen=True)
class Rest:
    """A pause of some payments: how many, until when nothing is charged, and the next one after that (UTC)."""

    payments: int
    until: datetime
    next: datetime

    @property
    def last(self) -> datetime:
        """The last payment that it leaves out (UTC)."""
        return self.until - A_WHILE


def rests(plan: Plan) -> list[Rest]:
    """Return the pauses on offer: one, two, three and more of the coming payments; empty while we know no day."""
    first = plan.current_period_end
    if first is None:
        return []
    gone = 0
    while _later(plan, first, gone) <= timezone.now():  # the event about a new month may be on its way
        gone += 1
    days = [_later(plan, first, gone + number) for number in range(MOST + 1)]
    return [Rest(count, days[count - 1] + A_WHILE, days[count]) for count in range(1, MOST + 1)]


def first_after(plan: Plan, moment: datetime) -> datetime | None:
    """Return the first payment at or after a moment (UTC); None while Stripe told us no day."""
    if plan.current_period_end is None:
        return None
    number = 0
    while _later(plan, plan.current_period_end, number) < moment:
        number += 1
    return _later(plan, plan.current_period_end, number)


def next_payment(plan: Plan) -> datetime | None:
    """When Stripe charges the next payment (UTC), as far as it told us."""
    if plan.cancel_at:
        return None
    if plan.status == Plan.Status.PAUSED and plan.resumes_at:
        return first_after(plan, plan.resumes_at)
    return plan.current_period_end if plan.status == Plan.Status.ACTIVE else None


def second(gift: Gift) -> datetime:
    """Return the second payment of a gift that repeats (UTC), by its calendar alone: while we have no plan of it."""
    first = gift.paid_at or gift.created_at
    return _later(Plan(started_at=first, frequency=gift.frequency), first, 1)


def _later(plan: Plan, first: datetime, payments: int) -> datetime:
    """The payment that is so many payments after one. A gift of the 31st is charged on the last day of a shorter month,
    a yearly one of 29 February on the 28th while there is no 29th.
    """
    last_day = calendar.monthrange(first.year, first.month)[1]
    day = max(first.day, plan.started_at.day) if first.day == last_day else first.day
    count = first.year * 12 + first.month - 1 + payments * MONTHS[Frequency(plan.frequency)]
    year, month = count // 12, count % 12 + 1
    return first.replace(year=year, month=month, day=min(day, calendar.monthrange(year, month)[1]))

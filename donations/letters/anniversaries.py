"""Scheduled letters of monthly and yearly gifts: a welcome a day after the first payment; to monthly donors a reminder
once a year, to yearly ones a notice before each further payment.
"""

from calendar import isleap
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from donations import money
from donations.letters import gift_letters, papers, plan_letters
from donations.models import LedgerEntry, Plan
from donations.models.frequency import Frequency
from foundation.jobs import queue as jobs
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from supporters import news
from supporters.models import ConsentEvent

NOTICE = timedelta(days=21)  # the strictest law on renewals that we know wants 15 to 45 days
A_DAY = timedelta(days=1)  # so that the receipt and the welcome do not come together
LATE = 270  # days after the anniversary: the worker was off, or the gift paused. The next letter is months away then


def plan_welcome(plan: Plan) -> None:
    """Enqueue the welcome letter for a day later, once a plan. Call it in the transaction of the first payment."""
    jobs.enqueue("welcome", f"welcome:{plan.subscription_id}", {"plan": plan.pk}, run_at=timezone.now() + A_DAY)


@jobs.handler("welcome")
def welcome(args: dict[str, Any]) -> None:
    """Job: write the welcome letter. A donor who stopped or paused within the day is not welcomed to what they left."""
    plan = Plan.objects.get(pk=args["plan"])
    if plan.status == Plan.Status.ACTIVE and plan.cancel_at is None:
        plan_letters.welcome(plan)


@jobs.every("day")
def remind() -> None:
    """Write the yearly reminder, daily, to all whose monthly gift became a year older, once a year: later where it
    was paused on that day, or no worker ran.
    """
    organisation = Organisation.load()
    today = organisation.today()
    monthly = Plan.objects.counted().filter(frequency=Frequency.MONTHLY)
    going = monthly.filter(status=Plan.Status.ACTIVE, cancel_at=None).exclude(supporter=None)
    for plan in going.select_related("supporter").iterator():
        years = _completed(organisation.day_of(plan.started_at), today)
        if years and not Letter.objects.filter(key=_key(plan, years)).exists():
            with transaction.atomic():
                _write(plan, years, today)


@jobs.every("day")
def announce() -> None:
    """Write, daily, to all whose yearly payment is taken within three weeks. Not news, so there is no stopping it: who
    is charged after a year without a word has been taken by surprise.
    """
    now = timezone.now()
    for plan in Plan.objects.counted().running().filter(frequency=Frequency.YEARLY).iterator():
        day = plan_letters.next_payment(plan)
        if day and now < day <= now + NOTICE:
            plan_letters.renews(plan, day)


def _completed(start: date, today: date) -> int:
    """How many years ended; 0 when the last of them ended long ago. Who began on 29 February waits for 1 March in the
    years without one.
    """
    for year in (today.year, today.year - 1):
        day = date(year, 3, 1) if _leaps(start) and not isleap(year) else start.replace(year=year)
        if year > start.year and timedelta(0) <= today - day <= timedelta(days=LATE):
            return year - start.year
    return 0


def _leaps(day: date) -> bool:
    return (day.month, day.day) == (2, 29)


def _a_year_before(day: date) -> date:
    return date(day.year - 1, 2, 28) if _leaps(day) else day.replace(year=day.year - 1)


def _key(plan: Plan, years: int) -> str:
    return f"yearly:{plan.subscription_id}:{years}"


def _write(plan: Plan, years: int, today: date) -> None:
    """Write one reminder. What came in the twelve months before `today`, on the organisation's own calendar, is in the
    ledger: twelve payments of a gift that was never paused. Nothing came, nothing is written.
    """
    rows = LedgerEntry.objects.giving().filter(gift__plan=plan, currency=plan.currency)
    rows = rows.filter(day__gte=_a_year_before(today), day__lt=today)
    sums = rows.aggregate(given=Sum("amount"), payments=Count("gift", distinct=True))
    gift = plan_letters.newest_gift(plan)
    if gift is None or plan.supporter is None or not sums["given"] or sums["given"] < 0:
        return
    upcoming = plan_letters.next_payment(plan)
    with gift_letters.speaking_to(gift):
        news.write(
            _key(plan, years),
            "yearly_reminder",
            plan.supporter,
            ConsentEvent.Purpose.REMINDERS,
            {
                "name": gift.name,
                "my_page": papers.my_page(),
                "total": money.exact(plan.total, plan.currency),
                "given": money.exact(sums["given"], plan.currency),
                "payments": sums["payments"],
                "next_on": gift_letters.day(Organisation.load().day_of(upcoming)) if upcoming else "",
            },
        )

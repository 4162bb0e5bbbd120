"""Scheduled letters of monthly and yearly gifts: a welcome a day after the first payment; to monthly donors a reminder
once a year, to yearly ones a notice before each further payment.
"""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from donations import money
from donations.letters import gift_letters, plan_letters
from donations.models import LedgerEntry, Plan
from donations.models.frequency import Frequency
from foundation.jobs import queue as jobs
from foundation.organisation.models import Organisation
from supporters import news
from supporters.models import ConsentEvent

NOTICE = timedelta(days=21)  # the strictest law on renewals that we know wants 15 to 45 days
A_DAY = timedelta(days=1)  # so that the receipt and the welcome do not come together
LATE = 14  # days after the anniversary on which the letter still makes sense, should no worker have run


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
    """Write the yearly reminder, daily, to all whose monthly gift became a year older in the last days, once a year."""
    organisation = Organisation.load()
    today = organisation.today()
    monthly = Plan.objects.counted().filter(frequency=Frequency.MONTHLY)
    going = monthly.filter(status=Plan.Status.ACTIVE, cancel_at=None).exclude(supporter=None)
    for plan in going.select_related("supporter").iterator():
        years = _completed(organisation.day_of(plan.started_at), today)
        if years:
            with transaction.atomic():
                _write(plan, years)


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
    """How many years ended within the last days; 0 when none did. Who began on 29 February waits for 1 March."""
    for year in {today.year, today.year - 1}:
        leap_day = (start.month, start.day) == (2, 29)
        day = date(year, 3, 1) if leap_day else date(year, start.month, start.day)
        if year > start.year and timedelta(0) <= today - day <= timedelta(days=LATE):
            return year - start.year
    return 0


def _write(plan: Plan, years: int) -> None:
    """Write one reminder. What came in the last twelve months is in the ledger; nothing came, nothing is written."""
    since = timezone.now() - timedelta(days=365 + LATE)
    rows = LedgerEntry.objects.giving().filter(gift__plan=plan, occurred_at__gte=since, currency=plan.currency)
    sums = rows.aggregate(given=Sum("amount"), payments=Count("gift", distinct=True))
    gift = plan_letters.newest_gift(plan)
    if gift is None or plan.supporter is None or not sums["given"] or sums["given"] < 0:
        return
    upcoming = plan_letters.next_payment(plan)
    with gift_letters.speaking_to(gift):
        news.write(
            f"yearly:{plan.subscription_id}:{years}",
            "yearly_reminder",
            plan.supporter,
            ConsentEvent.Purpose.REMINDERS,
            {
                "name": gift.name,
                "my_page": gift_letters.my_page(),
                "total": money.exact(plan.total, plan.currency),
                "given": money.exact(sums["given"], plan.currency),
                "payments": sums["payments"],
                "next_on": gift_letters.day(Organisation.load().day_of(upcoming)) if upcoming else "",
            },
        )

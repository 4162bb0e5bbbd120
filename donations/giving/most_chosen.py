"""Count, hourly, which amount most donors chose this year, by currency and frequency; shown only when it is true."""

from datetime import timedelta

from django.db.models import Count, F
from django.utils import timezone

from donations.models import Currency, Gift
from donations.models.frequency import Frequency
from donations.stripe import client
from foundation.jobs import queue as jobs

YEAR = timedelta(days=365)
ENOUGH = 100  # gifts: with fewer, "most chosen" is chance


@jobs.every("hour")
def count() -> None:
    """Save the most chosen amount of each currency, hourly, in minor units; nothing where two are level."""
    for currency in Currency.objects.all():
        found = {each: most(currency.code, each) for each in Frequency.values}
        chosen = {each: amount for each, amount in found.items() if amount is not None}
        if chosen != currency.most_chosen:
            Currency.objects.filter(pk=currency.pk).update(most_chosen=chosen)


def most(code: str, frequency: str) -> int | None:
    """Return the most chosen amount in minor units, of gifts paid in the last twelve months that somebody chose on a
    form: renewals were not chosen again, and what was given back whole was chosen by nobody.
    """
    since = timezone.now() - YEAR
    chosen = Gift.objects.paid().filter(currency=code, frequency=frequency, paid_at__gt=since)
    chosen = chosen.exclude(attempt_key=None).filter(livemode=client.is_live())
    chosen = chosen.with_returns().filter(total__gt=-F("returned"))
    counted = list(chosen.order_by().values_list("amount").annotate(times=Count("pk")).order_by("-times"))
    if sum(times for _amount, times in counted) < ENOUGH:
        return None
    if counted[1:] and counted[0][1] == counted[1][1]:
        return None
    return int(counted[0][0])

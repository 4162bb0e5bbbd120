"""Circuit breaker against card testing: while open, unknown browsers do a proof of work before a Checkout Session."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from donations.letters import alarms
from donations.models import Breaker, CardTry
from foundation.access import ratelimit

ROW = 1
OPEN_FOR = timedelta(minutes=15)  # after the last sign of an attack
# Whoever waited long for a turn to write is behind by minutes. What closes later than this was opened by a wrong clock.
WRONG_CLOCK = OPEN_FOR + timedelta(hours=1)
WINDOW = timedelta(minutes=30)  # in which cards are counted
CARDS = 5  # different ones among those that were declined: nobody has more to try
DECLINES, SHARE = 10, 0.5  # declined cards in that time, and their share of all. A judgement, not a measurement
STILL = ("step-ups", "", 20, 600)  # more unknown browsers than this in ten minutes: it stays open


def is_open() -> bool:
    now = timezone.now()
    return Breaker.objects.filter(closes_at__gt=now, closes_at__lte=now + WRONG_CLOCK).exists()


def trip(reason: Breaker.Reason) -> None:
    """Trip the breaker: open it, or keep it open for longer. Staff are alerted once, by the process that opened it."""
    now = timezone.now()
    Breaker.objects.bulk_create([Breaker(pk=ROW)], ignore_conflicts=True)
    shut = Breaker.objects.filter(
        Q(closes_at=None) | Q(closes_at__lte=now) | Q(closes_at__gt=now + WRONG_CLOCK), pk=ROW
    )
    with transaction.atomic():
        if shut.update(
            reason=reason,
            trips=F("trips") + 1,
            opened_at=now,
            closes_at=now + OPEN_FOR,
            asked=0,
            proved=0,
            mailed=0,
        ):
            alarms.card_testing(Breaker.objects.get(pk=ROW))
        else:
            Breaker.objects.filter(pk=ROW).update(closes_at=now + OPEN_FOR)


def trip_if_due() -> None:
    """Trip the breaker if too many cards were declined in the last half hour. Called after each declined card. One
    person who tries the same cards again and again opens it for nobody.
    """
    recent = CardTry.objects.filter(at__gt=timezone.now() - WINDOW)
    refused = recent.filter(declined=True)
    declined, cards = refused.count(), refused.aggregate(cards=Count("card", distinct=True))["cards"]
    if declined >= DECLINES and cards >= CARDS and declined >= SHARE * recent.count():
        trip(Breaker.Reason.DECLINES)


def count(what: str) -> None:
    """Count an unknown browser that was "asked" for a proof of work, that "proved", or that was "mailed" its link."""
    if what == "asked" and is_open() and not ratelimit.allow(*STILL):
        Breaker.objects.filter(pk=ROW).update(closes_at=timezone.now() + OPEN_FOR)
    Breaker.objects.filter(pk=ROW).update(**{what: F(what) + 1})

"""Circuit breaker against card testing: while open, unknown browsers do a proof of work before a Checkout Session."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from donations.letters import alarms
from donations.models import Breaker, CardTry
from foundation.access import ratelimit

ROW = 1
OPEN_FOR = timedelta(minutes=15)  # after the last sign of an attack
WINDOW = timedelta(minutes=30)  # in which cards are counted
DECLINES, SHARE = 10, 0.5  # declined cards in that time, and their share of all. A judgement, not a measurement
STILL = ("step-ups", "", 20, 600)  # more unknown browsers than this in ten minutes: it stays open


def is_open() -> bool:
    return Breaker.objects.filter(closes_at__gt=timezone.now()).exists()


def trip(reason: Breaker.Reason) -> None:
    """Trip the breaker: open it, or keep it open for longer. Staff are alerted once, by the process that opened it."""
    now = timezone.now()
    Breaker.objects.bulk_create([Breaker(pk=ROW)], ignore_conflicts=True)
    shut = Breaker.objects.filter(Q(closes_at=None) | Q(closes_at__lte=now), pk=ROW)
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
    """Trip the breaker if too many cards were declined in the last half hour. Called after each declined card."""
    recent = CardTry.objects.filter(at__gt=timezone.now() - WINDOW)
    declined = recent.filter(declined=True).count()
    if declined >= DECLINES and declined >= SHARE * recent.count():
        trip(Breaker.Reason.DECLINES)


def count(what: str) -> None:
    """Count an unknown browser that was "asked" for a proof of work, that "proved", or that was "mailed" its link."""
    if what == "asked" and is_open() and not ratelimit.allow(*STILL):
        Breaker.objects.filter(pk=ROW).update(closes_at=timezone.now() + OPEN_FOR)
    Breaker.objects.filter(pk=ROW).update(**{what: F(what) + 1})

"""When a month is not paid: letters on days 0, 4 and 10, a pause on day 21, and on again once the card works."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from donations import plan_letters, steering, telling
from donations.gateway import StripeIsDownError
from donations.models import Plan
from foundation.jobs import queue as jobs
from foundation.organisation import home

HOLD = plan_letters.PATIENCE.days
STEPS = tuple(plan_letters.SERIES)  # days; the first letter is written with the failure itself, if we hear of it
GUARD_WAIT = 600


@jobs.every("hour")
def look_after() -> None:
    """Put on the table the step that each unpaid monthly gift has come to, once. Missed days are not made up."""
    now = timezone.now()
    for plan in Plan.objects.behind().filter(past_due_since__lte=now):
        since = plan.past_due_since or now
        day = max(step for step in STEPS if timedelta(days=step) <= now - since)
        key = f"arrears:{plan.subscription_id}:{since:%Y%m%d%H%M%S}:{day}"
        jobs.enqueue("arrears", key, {"plan": plan.pk, "since": since.isoformat(), "day": day})


@jobs.handler("arrears")
def take_step(args: dict[str, Any]) -> None:
    """Look first: the card may have worked in the meantime, and then nobody is bothered."""
    plan = _looked_at(args)
    if plan.held_since and args["day"] == HOLD:  # paused already, and died before the months were voided
        _with_stripe(lambda: telling.forgive(plan.subscription_id))
        return
    since = plan.past_due_since
    if since is None or plan.held_since or since.isoformat() != args["since"]:
        return
    if args["day"] < HOLD:
        plan_letters.card_failed(plan, args["day"])
        return
    if plan.cancel_at or plan.status == Plan.Status.PAUSED:
        return  # it rests or ends already
    # Marked first, so that the letter about this pause says why. If Stripe does not answer, the next look clears it.
    now = timezone.now()
    Plan.objects.filter(pk=plan.pk).update(held_since=now)
    _with_stripe(lambda: steering.pause(plan))
    if plan.past_due_since is None:  # it was paid between our look and the pause
        _with_stripe(lambda: steering.resume(plan))
        return
    # Somebody else's look in between saw no pause yet, and cleared the mark.
    Plan.objects.filter(pk=plan.pk, held_since=None).update(held_since=now)
    _with_stripe(lambda: telling.forgive(plan.subscription_id))


@jobs.handler("plan-goes-on")
def go_on(args: dict[str, Any]) -> None:
    """Lift the pause that we made."""
    plan = _looked_at(args)
    if plan.held_since and plan.status == Plan.Status.PAUSED and not plan.cancel_at:
        _with_stripe(lambda: steering.resume(plan))


def _looked_at(args: dict[str, Any]) -> Plan:
    plan = Plan.objects.get(pk=args["plan"])
    _with_stripe(lambda: steering.look(plan))
    return plan


def _with_stripe(call: Any) -> None:
    try:
        call()
    except StripeIsDownError as error:
        raise jobs.RetryLaterError(error.seconds, str(error)) from error
    except home.NotAtHomeError as error:
        raise jobs.RetryLaterError(GUARD_WAIT, str(error)) from error

"""When a month is not paid: letters on days 0, 4 and 10, a pause on day 21, and on again once the card works."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from donations import letters, steering
from donations.gateway import StripeIsDownError
from donations.models import Plan
from foundation.jobs import queue as jobs
from foundation.organisation import home

HOLD = letters.PATIENCE.days
STEPS = (0, 4, letters.LAST_LETTER, HOLD)  # days; the first letter is written with the failure itself, if we hear of it
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
    since = plan.past_due_since
    if since is None or plan.held_since or since.isoformat() != args["since"]:
        return
    if args["day"] < HOLD:
        letters.card_failed(plan, args["day"])
        return
    if plan.cancel_at or plan.status == Plan.Status.PAUSED:
        return  # it rests or ends already
    _with_stripe(lambda: steering.pause(plan))
    Plan.objects.filter(pk=plan.pk).update(held_since=timezone.now())


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

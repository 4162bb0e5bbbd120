"""When a month is not paid: letters on days 0, 4 and 10, a pause on day 21, and on again once the card works."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from donations.letters import plan_letters
from donations.models import Plan
from donations.monthly import changes
from donations.stripe import reads, unpaid, writes
from donations.stripe.errors import waiting_for_stripe
from foundation.jobs import queue as jobs

HOLD = plan_letters.PATIENCE.days
STEPS = tuple(plan_letters.SERIES)  # days; the first letter is written with the failure itself, if we hear of it


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
@waiting_for_stripe()
def take_step(args: dict[str, Any]) -> None:
    """Look first: the card may have worked in the meantime, and then nobody is bothered."""
    plan = _looked_at(args)
    if plan.held_since and args["day"] == HOLD:  # the answer was lost, or it died before the months were voided
        _after_pause(plan)
        return
    since = plan.past_due_since
    if plan.status != Plan.Status.PAST_DUE or plan.cancel_at or since is None or since.isoformat() != args["since"]:
        return  # it is paid, rests, or ends already
    if args["day"] < HOLD:
        if not unpaid.on_its_way(reads.subscription(plan.subscription_id).latest):
            plan_letters.card_failed(plan, args["day"])
        return
    changes.hold(plan)
    _after_pause(plan)


def _after_pause(plan: Plan) -> None:
    """Nothing is owed for the time of the pause. It is lifted where the money came between our look and the pause."""
    latest = reads.subscription(plan.subscription_id).latest
    if latest and reads.invoice(latest).paid:
        changes.resume(plan)
    else:
        writes.forgive(plan.subscription_id)


@jobs.handler("plan-forgive")
@waiting_for_stripe()
def forgive(args: dict[str, Any]) -> None:
    """Void what was open when somebody stopped or paused. Who has taken it up again since is asked for it again."""
    plan = _looked_at(args)
    if plan.status == Plan.Status.PAUSED:
        writes.forgive(plan.subscription_id)


@jobs.handler("plan-goes-on")
@waiting_for_stripe()
def go_on(args: dict[str, Any]) -> None:
    """Lift the pause that we made."""
    plan = _looked_at(args)
    if plan.held_since and plan.status == Plan.Status.PAUSED and not plan.cancel_at:
        changes.resume(plan)


def _looked_at(args: dict[str, Any]) -> Plan:
    plan = Plan.objects.get(pk=args["plan"])
    changes.look(plan)
    return plan

"""Dunning when a month or year is not paid: letters on days 0, 4 and 10, a pause on day 21 until a card works."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from donations.letters import plan_letters
from donations.models import Plan
from donations.monthly import changes
from donations.stripe import reads, unpaid, writes
from donations.stripe.errors import waiting_for_stripe
from foundation.jobs import queue as jobs

PAUSE_DAY = plan_letters.PATIENCE.days
STEPS = tuple(plan_letters.SERIES)  # days; the first letter is written with the failure itself, if we hear of it


@jobs.every("hour")
def enqueue_due_steps() -> None:
    """Enqueue, hourly, the dunning step that each past-due plan has come to, once. Missed days are not made up."""
    now = timezone.now()
    for plan in Plan.objects.behind().filter(past_due_since__lte=now):
        since = plan.past_due_since or now
        day = max(step for step in STEPS if timedelta(days=step) <= now - since)
        key = f"dunning:{plan.subscription_id}:{since:%Y%m%d%H%M%S}:{day}"
        jobs.enqueue("dunning", key, {"plan": plan.pk, "since": since.isoformat(), "day": day})


@jobs.handler("dunning")
@waiting_for_stripe()
def take_step(args: dict[str, Any]) -> None:
    """Job: one dunning step. Refreshes the plan first: if the card has worked in the meantime, nobody is bothered."""
    plan = _refreshed(args)
    if (
        plan.auto_paused_at and args["day"] == PAUSE_DAY
    ):  # the answer was lost, or it died before the months were voided
        _after_pause(plan)
        return
    since = plan.past_due_since
    if plan.status != Plan.Status.PAST_DUE or plan.cancel_at or since is None or since.isoformat() != args["since"]:
        return  # it is paid, paused, or ends already
    if args["day"] < PAUSE_DAY:
        if not unpaid.on_its_way(reads.subscription(plan.subscription_id).latest):
            plan_letters.card_failed(plan, args["day"])
        return
    changes.auto_pause(plan)
    _after_pause(plan)


def _after_pause(plan: Plan) -> None:
    """Void what is unpaid: nothing is owed for the pause. Resume if the money came between our read and the pause."""
    latest = reads.subscription(plan.subscription_id).latest
    if latest and reads.invoice(latest).paid:
        changes.resume(plan)
    else:
        writes.forgive(plan.subscription_id)


@jobs.handler("plan-forgive")
@waiting_for_stripe()
def forgive(args: dict[str, Any]) -> None:
    """Job: void what was open when somebody stopped or paused. Not if it was resumed since: then it is asked for."""
    plan = _refreshed(args)
    if plan.status == Plan.Status.PAUSED:
        writes.forgive(plan.subscription_id)


@jobs.handler("plan-resume")
@waiting_for_stripe()
def resume(args: dict[str, Any]) -> None:
    """Job: lift the pause that we made (`auto_pause`)."""
    plan = _refreshed(args)
    if plan.auto_paused_at and plan.status == Plan.Status.PAUSED and not plan.cancel_at:
        changes.resume(plan)


def _refreshed(args: dict[str, Any]) -> Plan:
    plan = Plan.objects.get(pk=args["plan"])
    changes.refresh(plan)
    return plan

"""Keep a monthly gift as Stripe has it, never as it was before."""

from datetime import datetime

from donations import facts, letters
from donations.models import Gift, Plan
from foundation.jobs import queue as jobs

Status = Plan.Status
STATUS = {
    "active": Status.ACTIVE,
    "trialing": Status.ACTIVE,
    "past_due": Status.PAST_DUE,
    "unpaid": Status.PAST_DUE,
    "incomplete": Status.PAST_DUE,
    "paused": Status.PAUSED,
    "canceled": Status.ENDED,
    "incomplete_expired": Status.ENDED,
}


def put(subscription: facts.Subscription, first: Gift, as_of: datetime) -> Plan:
    """The plan as it was at `as_of`, when the fetch began (UTC). One that is newer already is left as it is.

    Call it with the first gift of the plan locked.
    """
    plan = Plan.objects.filter(subscription_id=subscription.id).first()
    if plan and plan.as_of >= as_of:
        return plan
    if plan is None:
        plan = Plan(subscription_id=subscription.id, supporter=first.supporter)
    plan.status = _status(subscription, plan.status)
    plan.stripe_status = subscription.status[:40]
    plan.customer_id = subscription.customer
    plan.currency = subscription.currency
    plan.total = subscription.total
    plan.amount, plan.fee_cover = parts(subscription.total, first)
    plan.as_of = as_of
    plan.started_at = subscription.started
    plan.current_period_end = subscription.period_end
    plan.cancel_at = subscription.cancel_at
    plan.ended_at = subscription.ended
    plan.resumes_at = subscription.resumes_at
    plan.item_id, plan.product_id = subscription.item, subscription.product
    plan.livemode = subscription.livemode
    _arrears(plan, subscription, as_of)
    plan.save()
    if plan.past_due_since and plan.held_since is None:
        letters.card_failed(plan, 0)
    return plan


def _arrears(plan: Plan, subscription: facts.Subscription, as_of: datetime) -> None:
    """Since when a payment is missing. What we paused for that goes on once it is paid."""
    behind = STATUS.get(subscription.status) == Status.PAST_DUE
    plan.past_due_since = (plan.past_due_since or as_of) if behind else None
    if subscription.collecting or plan.status == Status.ENDED:
        plan.held_since = None
    elif plan.held_since and not behind:
        go_on(plan)


def go_on(plan: Plan) -> None:
    """Ask the worker to lift the pause that we made: the card works, or is a new one."""
    jobs.enqueue(
        "plan-goes-on", f"plan-goes-on:{plan.subscription_id}:{plan.held_since:%Y%m%d%H%M%S}", {"plan": plan.pk}
    )


def parts(total: int, first: Gift) -> tuple[int, int]:
    """Gift and fee cover of a total, as the donor divided it; all gift, once the total is another."""
    return (first.amount, first.fee_cover) if total == first.total else (total, 0)


def _status(subscription: facts.Subscription, before: str) -> str:
    """In our words. A status that Stripe adds one day changes nothing until somebody taught it to us."""
    status = STATUS.get(subscription.status)
    if status is None:
        return before
    return Status.PAUSED if status != Status.ENDED and not subscription.collecting else status


def differs(plan: Plan, subscription: facts.Subscription) -> bool:
    """Whether our row is not what Stripe has."""
    ours = (plan.stripe_status, plan.total, plan.cancel_at, plan.ended_at, plan.resumes_at, plan.current_period_end)
    theirs = (subscription.status, subscription.total, subscription.cancel_at, subscription.ended)
    more = (subscription.resumes_at, subscription.period_end)
    return ours != (*theirs, *more) or plan.status != _status(subscription, plan.status)

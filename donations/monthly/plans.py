"""Keep a monthly gift as Stripe has it, never as it was before."""

from copy import copy
from datetime import datetime, timedelta
from typing import Any

from donations.campaigns import matching
from donations.letters.outcomes import (
    AmountChanged,
    CardFailed,
    Outcome,
    PlanEnded,
    PlanPaused,
    PlanResumed,
    PlanStopped,
)
from donations.letters.plan_letters import PATIENCE
from donations.models import Gift, LedgerEntry, Plan
from donations.stripe import ahead, objects
from foundation.jobs import queue as jobs

Status = Plan.Status
STATUS = {
    "active": Status.ACTIVE,
    "trialing": Status.ACTIVE,
    "past_due": Status.PAST_DUE,
    "unpaid": Status.PAST_DUE,
    "incomplete": Status.WAITING,
    "paused": Status.PAUSED,
    "canceled": Status.ENDED,
    "incomplete_expired": Status.ENDED,
}
FIRST_TRY = timedelta(days=1)  # by then Stripe has tried the card for a new month


def put(subscription: objects.Subscription, first: Gift, as_of: datetime) -> tuple[Plan, list[Outcome]]:
    """The plan as it was at `as_of`, when the fetch began (UTC), and what happened to it. One that is newer already is
    left as it is.

    Call it with the first gift of the plan locked.
    """
    plan = Plan.objects.filter(subscription_id=subscription.id).first()
    if plan and ahead.overtaken(plan.as_of, as_of):
        return plan, []
    before = copy(plan)
    if plan is None:
        plan = Plan(subscription_id=subscription.id, supporter=first.supporter)
    shown = _shown(subscription, plan.status)
    for name, value in shown.items():
        setattr(plan, name, value)
    plan.amount, plan.fee_cover = parts(subscription.total, first)
    plan.as_of = as_of
    _arrears(plan, subscription, as_of, lifted=before is not None and before.status == Status.PAUSED)
    ours = [*shown, "amount", "fee_cover", "as_of", "past_due_since"]  # others write the supporter
    plan.save(update_fields=ours if before else None)
    _first_payment(plan, first)
    outcomes: list[Outcome] = []
    if plan.asks_for_card and plan.past_due_since and plan.past_due_since <= as_of:
        outcomes.append(CardFailed(plan, 0))
    if before and before.status != Status.WAITING:
        outcomes += _gravest(plan, before)
    return plan, outcomes


def _first_payment(plan: Plan, first: Gift) -> None:
    """The gift that the plan began with is its own before it is paid, so that somebody hears when it fails. It is not
    finished when the plan ends while a step of the donor's is left.
    """
    if first.plan_id is None and not first.is_paid:
        Gift.objects.filter(pk=first.pk).update(plan=plan)
        first.plan = plan
    if plan.status == Status.ENDED and first.status == Gift.Status.WAITING:
        Gift.objects.filter(pk=first.pk).update(status=Gift.Status.EXPIRED)
        first.status = Gift.Status.EXPIRED
        matching.release(first)


def _held(subscription: objects.Subscription) -> datetime | None:
    """Since when it rests because we paused it. That stands at Stripe, so that no lost answer loses it."""
    return None if subscription.collecting or STATUS.get(subscription.status) == Status.ENDED else subscription.held


def _resumes(subscription: objects.Subscription) -> datetime | None:
    """When a pause ends by itself. Stripe keeps it for ever on a gift that ended meanwhile."""
    return None if STATUS.get(subscription.status) == Status.ENDED else subscription.resumes_at


def _gravest(plan: Plan, before: Plan) -> list[Outcome]:
    """What the donor must hear of, whoever did it: staff, Stripe's own pages or its clock. One thing, the gravest."""
    if plan.status == Status.ENDED or before.status == Status.ENDED:
        told = before.status == Status.ENDED or before.cancel_at is not None  # a day that was set was told then
        return [] if told else [PlanEnded(plan)]
    if plan.cancel_at != before.cancel_at:
        goes_on = PlanPaused if plan.status == Status.PAUSED else PlanResumed
        return [PlanStopped(plan) if plan.cancel_at else goes_on(plan)]
    if plan.status == Status.PAUSED:
        if before.status != Status.PAUSED and plan.held_since and plan.past_due_since:
            return [CardFailed(plan, PATIENCE.days)]
        changed = (before.status, before.resumes_at) != (plan.status, plan.resumes_at)
        return [PlanPaused(plan)] if changed else []
    if before.status == Status.PAUSED:
        return [PlanResumed(plan)]
    return [AmountChanged(plan, before.total)] if plan.total != before.total else []


def _arrears(plan: Plan, subscription: objects.Subscription, as_of: datetime, lifted: bool) -> None:
    """Since when a payment is missing. What we paused for that goes on once it is paid.

    Nothing behind is not enough: Stripe may call a gift active again because we voided its unpaid months. And it may
    call it past due for weeks after a pause was `lifted`: a new series begins if the next month is not paid either.
    """
    behind = STATUS.get(subscription.status) == Status.PAST_DUE
    plan.past_due_since = (plan.past_due_since or as_of) if behind else None
    if behind and lifted and subscription.collecting:
        plan.past_due_since = max(subscription.period_end or as_of, as_of) + FIRST_TRY
    if plan.held_since and plan.pk:
        follow_money(plan)


def follow_money(plan: Plan) -> None:
    """What we paused goes on once its money is booked and nothing is behind, whichever of the two is told first.

    What counts is when we booked it: a bank debit that arrives now was begun before the pause. Call it with the first
    gift of the plan locked.
    """
    if plan.held_since is None or plan.past_due_since:
        return
    came = LedgerEntry.objects.filter(kind="charge", gift__plan=plan, gift__status=Gift.Status.PAID)
    if came.filter(recorded_at__gt=plan.held_since).exists():
        go_on(plan)


def go_on(plan: Plan) -> None:
    """Ask the worker to lift the pause that we made: the card works, or is a new one."""
    jobs.enqueue(
        "plan-goes-on", f"plan-goes-on:{plan.subscription_id}:{plan.held_since:%Y%m%d%H%M%S}", {"plan": plan.pk}
    )


def parts(total: int, first: Gift) -> tuple[int, int]:
    """Gift and fee cover of a total, as the donor divided it; all gift, once the total is another."""
    return (first.amount, first.fee_cover) if total == first.total else (total, 0)


def _status(subscription: objects.Subscription, before: str) -> str:
    """In our words. A status that Stripe adds one day changes nothing until somebody taught it to us."""
    status = STATUS.get(subscription.status)
    if status is None:
        return before
    return Status.PAUSED if status != Status.ENDED and not subscription.collecting else status


def differs(plan: Plan, subscription: objects.Subscription) -> bool:
    """Whether our row is not what Stripe has."""
    return any(getattr(plan, name) != value for name, value in _shown(subscription, plan.status).items())


def _shown(subscription: objects.Subscription, before: str) -> dict[str, Any]:
    """The fields of our row that Stripe alone decides."""
    return {
        "status": _status(subscription, before),
        "stripe_status": subscription.status[:40],
        "customer_id": subscription.customer,
        "currency": subscription.currency,
        "total": subscription.total,
        "started_at": subscription.started,
        "current_period_end": subscription.period_end,
        "cancel_at": subscription.cancel_at,
        "ended_at": subscription.ended,
        "resumes_at": _resumes(subscription),
        "item_id": subscription.item,
        "product_id": subscription.product,
        "held_since": _held(subscription),
        "livemode": subscription.livemode,
    }

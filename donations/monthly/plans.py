"""Upsert a plan: our copy of a Stripe subscription, never older than it was before."""

from copy import copy
from datetime import datetime, timedelta
from typing import Any

from donations.campaigns import matching
from donations.letters.outcomes import (
    AmountChanged,
    CardChanged,
    CardFailed,
    MadeSingle,
    Outcome,
    PlanEnded,
    PlanPaused,
    PlanResumed,
    PlanStopped,
)
from donations.letters.plan_letters import PATIENCE
from donations.models import Gift, LedgerEntry, Plan
from donations.models.frequency import FREQUENCIES, Frequency
from donations.stripe import objects, prefetch
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


def upsert(subscription: objects.Subscription, first: Gift, as_of: datetime) -> tuple[Plan, list[Outcome]]:
    """Upsert the plan as it was at `as_of`, when the fetch began (UTC), and return it with what happened to it. One
    that is newer already is left as it is.

    Call it with the first gift of the plan locked.
    """
    plan = Plan.objects.filter(subscription_id=subscription.id).first()
    if plan and prefetch.overtaken(plan.as_of, as_of):
        return plan, []
    before = copy(plan)
    if plan is None:
        plan = Plan(subscription_id=subscription.id, supporter=first.supporter)
    shown = _shown(subscription, plan)
    for name, value in shown.items():
        setattr(plan, name, value)
    plan.amount, plan.fee_cover = parts(subscription.total, first)
    plan.as_of = as_of
    _note_past_due(plan, subscription, as_of, lifted=before is not None and before.status == Status.PAUSED)
    ours = [*shown, "amount", "fee_cover", "as_of", "past_due_since"]  # others write the supporter
    plan.save(update_fields=ours if before else None)
    _first_payment(plan, first)
    if subscription.meant_once:
        _make_single(first)
    outcomes: list[Outcome] = []
    if plan.asks_for_card and plan.past_due_since and plan.past_due_since <= as_of:
        outcomes.append(CardFailed(plan, 0))
    if before and before.status != Status.WAITING:
        outcomes += _gravest(plan, before, subscription.meant_once)
        if plan.asks and before.method_id and plan.method_id not in ("", before.method_id):
            outcomes.append(CardChanged(plan))
    return plan, outcomes


def _make_single(first: Gift) -> None:
    """The gift that it began with is a single one: so it is called wherever it is named (D-157)."""
    Gift.objects.filter(pk=first.pk).update(frequency=Frequency.ONCE)
    first.frequency = Frequency.ONCE


def _first_payment(plan: Plan, first: Gift) -> None:
    """Link the gift that the plan began with before it is paid, so that somebody hears when it fails. It expires when
    the plan ends while the donor still had to act.
    """
    if first.plan_id is None and not first.is_paid:
        Gift.objects.filter(pk=first.pk).update(plan=plan)
        first.plan = plan
    if plan.status == Status.ENDED and first.status == Gift.Status.WAITING:
        Gift.objects.filter(pk=first.pk).update(status=Gift.Status.EXPIRED)
        first.status = Gift.Status.EXPIRED
        matching.release(first)


def _auto_paused_at(subscription: objects.Subscription) -> datetime | None:
    """Since when we have auto-paused it (UTC). That stands at Stripe, so that no lost answer loses it."""
    over = subscription.collecting or STATUS.get(subscription.status) == Status.ENDED
    return None if over else subscription.auto_paused_at


def _resumes(subscription: objects.Subscription) -> datetime | None:
    """When a pause ends by itself (UTC). Stripe keeps it for ever on a gift that ended meanwhile."""
    return None if STATUS.get(subscription.status) == Status.ENDED else subscription.resumes_at


def _gravest(plan: Plan, before: Plan, meant_once: bool) -> list[Outcome]:
    """Outcomes that the donor must hear of, caused by staff, Stripe's own pages or its clock: only the gravest."""
    if plan.status == Status.ENDED or before.status == Status.ENDED:
        if meant_once:  # of that nobody was told, also where an end was set before
            return [] if before.status == Status.ENDED else [MadeSingle(plan)]
        told = before.status == Status.ENDED or before.cancel_at is not None  # a day that was set was told then
        return [] if told else [PlanEnded(plan)]
    if plan.cancel_at != before.cancel_at:
        goes_on = PlanPaused if plan.status == Status.PAUSED else PlanResumed
        return [PlanStopped(plan) if plan.cancel_at else goes_on(plan)]
    amount: list[Outcome] = [AmountChanged(plan, before.total)] if plan.total != before.total else []
    if plan.status == Status.PAUSED:
        if before.status != Status.PAUSED and plan.auto_paused_at and plan.past_due_since:
            return [CardFailed(plan, PATIENCE.days)]
        changed = (before.status, before.resumes_at) != (plan.status, plan.resumes_at)
        return [PlanPaused(plan)] if changed else amount
    if before.status == Status.PAUSED:
        return [PlanResumed(plan)]
    return amount


def _note_past_due(plan: Plan, subscription: objects.Subscription, as_of: datetime, lifted: bool) -> None:
    """Set since when a payment is past due. What we paused for that is resumed once it is paid.

    Nothing past due is not enough: Stripe may call a gift active again because we voided its unpaid months. And it may
    call it past due for weeks after a pause was `lifted`: a new dunning series begins if the next month is not paid
    either.
    """
    behind = STATUS.get(subscription.status) == Status.PAST_DUE
    plan.past_due_since = (plan.past_due_since or as_of) if behind else None
    if behind and lifted and subscription.collecting:
        plan.past_due_since = max(subscription.period_end or as_of, as_of) + FIRST_TRY
    if plan.auto_paused_at and plan.pk:
        follow_money(plan)


def follow_money(plan: Plan) -> None:
    """Resume an auto-paused plan once its money is booked and nothing is past due, whichever of the two is told first.

    What counts is when we booked it: a bank debit that arrives now was begun before the pause. Call it with the first
    gift of the plan locked.
    """
    if plan.auto_paused_at is None or plan.past_due_since:
        return
    came = LedgerEntry.objects.filter(kind="charge", gift__plan=plan, gift__status=Gift.Status.PAID)
    if came.filter(recorded_at__gt=plan.auto_paused_at).exists():
        request_resume(plan)


def request_resume(plan: Plan) -> None:
    """Enqueue the job that lifts the pause that we made: the card works, or is a new one."""
    jobs.enqueue(
        "plan-resume", f"plan-resume:{plan.subscription_id}:{plan.auto_paused_at:%Y%m%d%H%M%S}", {"plan": plan.pk}
    )


def parts(total: int, first: Gift) -> tuple[int, int]:
    """Split a total into gift and fee cover (minor units), as the donor did; all gift, if the total is another."""
    return (first.amount, first.fee_cover) if total == first.total else (total, 0)


def _status(subscription: objects.Subscription, before: str) -> str:
    """Map Stripe's status to ours. A status that Stripe adds one day changes nothing until somebody taught it to us."""
    status = STATUS.get(subscription.status)
    if status is None:
        return before
    return Status.PAUSED if status != Status.ENDED and not subscription.collecting else status


def differs(plan: Plan, subscription: objects.Subscription) -> bool:
    """Whether our row differs from what Stripe has."""
    return any(getattr(plan, name) != value for name, value in _shown(subscription, plan).items())


def _shown(subscription: objects.Subscription, before: Plan) -> dict[str, Any]:
    """The fields of our row that Stripe alone decides. What it has and we have no word for stays as it was `before`."""
    return {
        "status": _status(subscription, before.status),
        "stripe_status": subscription.status[:40],
        "customer_id": subscription.customer,
        "currency": subscription.currency,
        "total": subscription.total,
        "frequency": FREQUENCIES.get(subscription.interval, before.frequency),
        "started_at": subscription.started,
        "current_period_end": subscription.period_end,
        "cancel_at": subscription.cancel_at,
        "ended_at": subscription.ended,
        "resumes_at": _resumes(subscription),
        "item_id": subscription.item,
        "product_id": subscription.product,
        "method_id": subscription.method,
        "rested": subscription.rested[:40],
        "auto_paused_at": _auto_paused_at(subscription),
        "livemode": subscription.livemode,
    }

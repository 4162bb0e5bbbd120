"""Keep a monthly gift as Stripe has it, never as it was before."""

from copy import copy
from datetime import datetime, timedelta

from donations import ahead, facts, matching, plan_letters
from donations.models import Gift, LedgerEntry, Plan
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
OURS = [
    *["status", "stripe_status", "customer_id", "currency", "total", "amount", "fee_cover", "as_of", "started_at"],
    *["current_period_end", "cancel_at", "ended_at", "resumes_at", "item_id", "product_id", "livemode"],
    *["past_due_since", "held_since"],
]
FIRST_TRY = timedelta(days=1)  # by then Stripe has tried the card for a new month


def put(subscription: facts.Subscription, first: Gift, as_of: datetime) -> Plan:
    """The plan as it was at `as_of`, when the fetch began (UTC). One that is newer already is left as it is.

    Call it with the first gift of the plan locked.
    """
    plan = Plan.objects.filter(subscription_id=subscription.id).first()
    if plan and ahead.overtaken(plan.as_of, as_of):
        return plan
    before = copy(plan)
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
    plan.resumes_at = _resumes(subscription)
    plan.item_id, plan.product_id = subscription.item, subscription.product
    plan.livemode = subscription.livemode
    plan.held_since = _held(subscription)
    _arrears(plan, subscription, as_of, lifted=before is not None and before.status == Status.PAUSED)
    plan.save(update_fields=OURS if before else None)  # others write the supporter
    _first_payment(plan, first)
    if plan.asks_for_card and plan.past_due_since and plan.past_due_since <= as_of:
        plan_letters.card_failed(plan, 0)
    if before and before.status != Status.WAITING:
        _write_of(plan, before)
    return plan


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


def _held(subscription: facts.Subscription) -> datetime | None:
    """Since when it rests because we paused it. That stands at Stripe, so that no lost answer loses it."""
    return None if subscription.collecting or STATUS.get(subscription.status) == Status.ENDED else subscription.held


def _resumes(subscription: facts.Subscription) -> datetime | None:
    """When a pause ends by itself. Stripe keeps it for ever on a gift that ended meanwhile."""
    return None if STATUS.get(subscription.status) == Status.ENDED else subscription.resumes_at


def _write_of(plan: Plan, before: Plan) -> None:
    """Tell the donor what changed, whoever did it: staff, Stripe's own pages or its clock. One letter, the gravest."""
    if plan.status == Status.ENDED or before.status == Status.ENDED:
        if before.status != Status.ENDED and before.cancel_at is None:  # a day that was set was told then
            plan_letters.ended(plan)
    elif plan.cancel_at != before.cancel_at:
        goes_on = plan_letters.paused if plan.status == Status.PAUSED else plan_letters.resumed
        (plan_letters.stopped if plan.cancel_at else goes_on)(plan)
    elif plan.status == Status.PAUSED:
        if before.status != Status.PAUSED and plan.held_since and plan.past_due_since:
            plan_letters.card_failed(plan, plan_letters.PATIENCE.days)
        elif (before.status, before.resumes_at) != (plan.status, plan.resumes_at):
            plan_letters.paused(plan)
    elif before.status == Status.PAUSED:
        plan_letters.resumed(plan)
    elif plan.total != before.total:
        plan_letters.changed(plan, before.total)


def _arrears(plan: Plan, subscription: facts.Subscription, as_of: datetime, lifted: bool) -> None:
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
    more = (_resumes(subscription), subscription.period_end)
    same = ours == (*theirs, *more) and plan.held_since == _held(subscription)
    return not same or plan.status != _status(subscription, plan.status)

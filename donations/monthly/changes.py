"""Change a monthly gift: at Stripe first, then in our row, which shows what Stripe answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from donations.letters import audience
from donations.letters.outcomes import Tell
from donations.models import Currency, Gift, Plan, months
from donations.monthly import plans
from donations.stripe import gate, objects, reads, writes
from donations.stripe.errors import StripeRefusedError
from foundation.jobs import queue as jobs

UNDO = timedelta(days=7)  # so long a stopped gift can be taken up again


class CannotError(Exception):
    """What was asked for makes no sense for this monthly gift. The text is a sentence for people."""


def change_amount(plan: Plan, total: int) -> Plan:
    """From the next month on, in minor units; no part of a month is charged or given back."""
    limits = Currency.objects.filter(code=plan.currency).first()
    if total <= 0 or (limits and not limits.minimum <= total <= limits.maximum):
        raise CannotError("The amount is outside of what this currency allows.")
    return _change(plan, lambda: _change_amount(reads.subscription(plan.subscription_id), total))


def _change_amount(known: objects.Subscription, total: int) -> objects.Subscription:
    if known.items > 1:
        raise CannotError(_("This monthly gift has several parts at Stripe. Please write to us to change it."))
    return writes.change_amount(known, total)


def pause(plan: Plan, until: datetime | None = None) -> Plan:
    if until and until <= timezone.now():
        raise CannotError("A pause ends in the future.")
    return _let_go(_change(plan, lambda: writes.pause(plan.subscription_id, until)))


def skip(plan: Plan, payments: int = 1) -> Plan:
    """Leave out so many of the coming payments, and take the one after them."""
    rests = months.rests(plan)
    if not rests:
        raise CannotError(_("We do not know when the next payment is. Please try again tomorrow."))
    return pause(plan, rests[payments - 1].until)


def hold(plan: Plan) -> Plan:
    """Pause it because the card keeps failing; a new card lifts that."""
    return _change(plan, lambda: writes.pause(plan.subscription_id, held=timezone.now()))


def charge(plan: Plan, card: str, tell: Tell = audience.everybody) -> Plan:
    return _change(plan, lambda: writes.charge(plan.subscription_id, card), tell)


def resume(plan: Plan) -> Plan:
    return _change(plan, lambda: writes.resume(plan.subscription_id))


def stop(plan: Plan) -> Plan:
    """Nothing more is taken from now on. Until seven days are over it can be undone."""
    return _let_go(_change(plan, lambda: _stop(plan)))


def _stop(plan: Plan) -> objects.Subscription:
    return writes.stop(reads.subscription(plan.subscription_id), timezone.now() + UNDO)


def undo_stop(plan: Plan) -> Plan:
    """Whoever set the end: we, staff in Stripe's dashboard, or the donor on Stripe's own page. It rests on where it
    rested before.
    """
    return _change(plan, lambda: writes.undo_stop(reads.subscription(plan.subscription_id)))


def end(plan: Plan) -> Plan:
    """For ever."""
    return _change(plan, lambda: writes.end(plan.subscription_id))


def look(plan: Plan, tell: Tell = audience.everybody) -> Plan:
    """The row as Stripe has it now."""
    return _change(plan, lambda: reads.subscription(plan.subscription_id), tell)


def card_page(plan: Plan, back: str) -> str:
    """The address of Stripe's page on which its donor changes the card. Raises what `changes` raises."""
    with changes(plan):
        return writes.card_page(plan.customer_id, back)


@contextmanager
def changes(plan: Plan) -> Iterator[None]:
    """In here its donor or staff change it, by one of the places at the gate. A refusal may say that the row is old:
    whoever deletes a customer at Stripe ends their gifts. So the row is looked at; where that explains it, CannotError
    is raised in its place.
    """
    before = _state(plan)
    with gate.visit(plan.subscription_id):
        try:
            yield
        except StripeRefusedError as error:
            with suppress(StripeRefusedError):
                look(plan)
            if _state(plan) != before:
                raise CannotError(_("This is not possible now. Here is how it stands.")) from error
            raise


def _state(plan: Plan) -> tuple[object, ...]:
    return plan.status, plan.cancel_at, plan.resumes_at, plan.total


def _let_go(plan: Plan) -> Plan:
    """Stripe goes on trying a month that was open before a pause. Nothing is taken, so the worker voids it."""
    if plan.past_due_since:
        jobs.enqueue(
            "plan-forgive", f"plan-forgive:{plan.subscription_id}:{plan.as_of:%Y%m%d%H%M%S%f}", {"plan": plan.pk}
        )
    return plan


def _change(plan: Plan, call: Callable[[], objects.Subscription], tell: Tell = audience.everybody) -> Plan:
    """Raises StripeIsDownError, StripeRefusedError, NotAtHomeError: then nothing is changed here."""
    as_of = timezone.now()
    subscription = call()
    with transaction.atomic():
        first = Gift.objects.select_for_update().get(reference=subscription.reference)
        _row, outcomes = plans.put(subscription, first, as_of)
        tell(outcomes)
    plan.refresh_from_db()
    return plan

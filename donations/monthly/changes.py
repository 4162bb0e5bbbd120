"""Change a monthly or yearly gift (subscription): at Stripe first, then in our row, which shows its answer."""

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
from donations.stripe import concurrency, objects, reads, writes
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from foundation.jobs import queue as jobs

UNDO = timedelta(days=7)  # so long a stop can be undone


class CannotError(Exception):
    """What was asked for makes no sense for this gift. The text is a sentence for people."""


def change_amount(plan: Plan, total: int) -> Plan:
    """Change the amount from the next payment on, in minor units, without proration: no part of a month or year is
    charged or given back. Raises CannotError.
    """
    limits = Currency.objects.filter(code=plan.currency).first()
    if total <= 0 or (limits and not limits.minimum <= total <= limits.maximum):
        raise CannotError("The amount is outside of what this currency allows.")
    return _change(plan, lambda: _change_amount(plan, reads.subscription(plan.subscription_id), total))


def _change_amount(plan: Plan, known: objects.Subscription, total: int) -> objects.Subscription:
    if known.items > 1:
        words = _("This %(pace)s gift has several parts at Stripe. Please write to us to change it.")
        raise CannotError(words % {"pace": plan.pace})
    return writes.change_amount(known, total)


def pause(plan: Plan, until: datetime | None = None) -> Plan:
    """Pause collection until a moment (UTC), or until it is resumed."""
    if until and until <= timezone.now():
        raise CannotError("A pause ends in the future.")
    return _void_open_month(_change(plan, lambda: writes.pause(plan.subscription_id, until)))


def skip(plan: Plan, payments: int = 1) -> Plan:
    """Skip so many of the coming payments, and take the one after them. Raises CannotError."""
    rests = months.rests(plan)
    if not rests:
        raise CannotError(_("We do not know when the next payment is. Please try again tomorrow."))
    return pause(plan, rests[payments - 1].until)


def auto_pause(plan: Plan) -> Plan:
    """Pause it because the card keeps failing (the end of dunning); a new card lifts that."""
    return _change(plan, lambda: writes.pause(plan.subscription_id, auto_paused_at=timezone.now()))


def charge(plan: Plan, card: str, tell: Tell = audience.everybody) -> Plan:
    """Set the card that it is charged by from now on."""
    return _change(plan, lambda: writes.charge(plan.subscription_id, card), tell)


def resume(plan: Plan) -> Plan:
    return _change(plan, lambda: writes.resume(plan.subscription_id))


def stop(plan: Plan) -> Plan:
    """Stop it: nothing more is taken from now on. Until seven days are over it can be undone."""
    return _void_open_month(_change(plan, lambda: _stop(plan)))


def _stop(plan: Plan) -> objects.Subscription:
    known = reads.subscription(plan.subscription_id)
    return known if known.cancel_at and not known.collecting else writes.stop(known, ends_if_stopped())


def ends_if_stopped() -> datetime:
    """When a gift that is stopped now ends (UTC); so long a stop can be undone. It is the full hour after seven days:
    two presses at once then set one end, and bring one letter.
    """
    after = timezone.now() + UNDO + timedelta(hours=1, microseconds=-1)
    return after.replace(minute=0, second=0, microsecond=0)


def undo_stop(plan: Plan) -> Plan:
    """Undo a stop, no matter who set the end: we, staff in Stripe's dashboard, or the donor on Stripe's own page. It
    stays paused where it was paused before.
    """
    return _change(plan, lambda: writes.undo_stop(reads.subscription(plan.subscription_id)))


def end(plan: Plan) -> Plan:
    """Cancel the subscription, for ever."""
    return _change(plan, lambda: writes.end(plan.subscription_id))


def make_single(plan: Plan) -> Plan:
    """The same, because the donor meant to give once: what came is a single gift from now on."""
    return _change(plan, lambda: writes.end(plan.subscription_id, meant_once=True))


def refresh(plan: Plan, tell: Tell = audience.everybody) -> Plan:
    """Refresh the row: as Stripe has it now."""
    as_of = timezone.now()
    _upsert(reads.subscription(plan.subscription_id), as_of, tell)
    plan.refresh_from_db()
    return plan


def card_page(plan: Plan, back: str, saved: str) -> str:
    """Return the URL of Stripe's customer portal, where the donor changes the card; it leads `back` without one, and to
    `saved` with it. Raises what `changes` raises.
    """
    with changes(plan):
        return writes.card_page(plan.customer_id, back, saved)


@contextmanager
def changes(plan: Plan) -> Iterator[None]:
    """Context manager: in here the donor or staff change it, in one slot of the concurrency limit. A refusal may say
    that the row is stale: deleting a customer at Stripe ends their gifts. So the row is refreshed; where that explains
    it, CannotError is raised in its place. So it is where an answer was lost.
    """
    before = _state(plan)
    with concurrency.visit(plan.subscription_id):
        try:
            yield
        except StripeRefusedError as error:
            with suppress(StripeRefusedError):
                refresh(plan)
            if _state(plan) != before:
                raise CannotError(_("This is not possible now. Here is how it stands.")) from error
            raise
        except StripeIsDownError as error:
            if error.may_be_done:  # how it stands by now: what was done is told, and what was open is voided
                with suppress(StripeIsDownError, StripeRefusedError):
                    _void_open_month(refresh(plan))
            raise


def _state(plan: Plan) -> tuple[object, ...]:
    return plan.status, plan.cancel_at, plan.resumes_at, plan.total


def _void_open_month(plan: Plan) -> Plan:
    """Enqueue the voiding of a month that was open before a pause: Stripe still retries it, nothing is to be taken."""
    if plan.past_due_since:
        jobs.enqueue(
            "plan-forgive", f"plan-forgive:{plan.subscription_id}:{plan.as_of:%Y%m%d%H%M%S%f}", {"plan": plan.pk}
        )
    return plan


def _change(plan: Plan, call: Callable[[], objects.Subscription], tell: Tell = audience.everybody) -> Plan:
    """Call Stripe, then upsert the row. On StripeIsDownError, StripeRefusedError, WrongSiteError nothing changes."""
    as_of = timezone.now()
    row = _upsert(call(), as_of, tell)
    if row.as_of != as_of:
        # A fetch that began meanwhile is newer, yet it may not know what we changed. One that begins now does. Where
        # Stripe does not answer, the event of our change comes later.
        with suppress(StripeIsDownError, StripeRefusedError):
            refresh(plan, tell)
    plan.refresh_from_db()
    return plan


def _upsert(subscription: objects.Subscription, as_of: datetime, tell: Tell) -> Plan:
    with transaction.atomic():
        first = Gift.objects.select_for_update(no_key=True).get(reference=subscription.reference)
        row, outcomes = plans.upsert(subscription, first, as_of)
        tell(outcomes)
    return row

"""Give money back because staff ask for it, through Stripe, to where it came from. `sync.refunds` books it."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from donations.letters import audience
from donations.models import Gift, LedgerEntry, RefundRequest
from donations.stripe import client, concurrency, reads, troubles, writes
from donations.stripe.errors import StripeIsDownError, StripeRefusedError, waiting_for_stripe
from donations.stripe.orders import RefundOrder
from donations.sync import from_stripe
from foundation.jobs import queue as jobs
from foundation.organisation import clone_guard

State = RefundRequest.State
PATIENCE = timedelta(minutes=2)  # then the worker asks Stripe about a request that has no answer yet


class CannotError(Exception):
    """What was asked for is not possible. The text is a sentence for staff."""


def may_be_refunded(gift: Gift) -> bool:
    """Whether Stripe can give any of it back: money came by it, of the mode of our key, and some of that is left."""
    there = gift.is_paid and not gift.is_offline and gift.livemode == client.is_live()
    return there and LedgerEntry.objects.kept(gift)[0] > 0


def refund(gift: Gift, amount: int, reason: str, user: Any, key: str) -> RefundRequest:
    """Give `amount` (minor units) back. Idempotent by `key`: the same form sent twice is one refund, and no other.

    Raises CannotError, StripeRefusedError (nothing was done), StripeIsDownError and WrongSiteError (the request stays
    open, and the worker goes on with it).
    """
    _check_site()
    asked = RefundRequest.objects.filter(key=key).first() or _ask(gift, amount, reason, user, key)
    if (asked.gift_id, asked.amount) != (gift.pk, amount):  # somebody went back to the form, and changed it
        words = _("This form was sent before, for %(sum)s. Open it anew for another refund.")
        raise CannotError(words % {"sum": asked})
    if asked.state == State.OPEN:
        with concurrency.visit(f"refund {gift.reference}"):
            _make(asked)
        asked.refresh_from_db()
    return asked


def _check_site() -> None:
    """Clone guard, before anything is written: a copy must not go on with a request once somebody claims it."""
    try:
        clone_guard.check_account(client.account())
    except StripeIsDownError as error:
        raise CannotError(_("Stripe does not answer. Please try again later.")) from error


@transaction.atomic
def _ask(gift: Gift, amount: int, reason: str, user: Any, key: str) -> RefundRequest:
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift.pk)
    if same := RefundRequest.objects.filter(key=key).first():  # the same form, sent a moment ago and not seen then
        return same
    if not 0 < amount <= LedgerEntry.objects.kept(gift)[0]:
        raise CannotError(_("So much is not left of this gift."))
    try:
        with transaction.atomic():
            made = RefundRequest.objects.create(gift=gift, amount=amount, reason=reason, asked_by=user, key=key)
    except IntegrityError as error:
        raise CannotError(_("A refund of this gift was asked for, and Stripe has not answered yet.")) from error
    jobs.enqueue("refund", f"refund:{made.key}", {"request": made.pk}, run_at=timezone.now() + PATIENCE)
    return made


def _make(asked: RefundRequest, again: bool = False) -> None:
    """Have Stripe make it, unless it did so and its answer was lost; then book it, which closes the request.

    `again`: a while after a call of unknown end. Stripe repeats the answer to an idempotency key, a failure too, for a
    day: this call has a key of its own, and is made once Stripe says that the other one made nothing.
    """
    intent = asked.gift.payment_intent_id or ""
    try:
        ident = reads.refund_marked(intent, asked.key)
        if not ident:
            RefundRequest.objects.filter(pk=asked.pk).update(attempt=F("attempt") + int(again))
            asked.refresh_from_db()
            ident = writes.refund(RefundOrder(intent, asked.amount, asked.reason, asked.key, asked.attempt))
    except StripeRefusedError as error:
        RefundRequest.objects.filter(pk=asked.pk, state=State.OPEN).update(state=State.REFUSED, answer=str(error))
        raise
    from_stripe.refund_changed(ident, audience.everybody)


@jobs.handler("refund")
@waiting_for_stripe()
def go_on(args: dict[str, Any]) -> None:
    """Job: go on with a request whose answer was lost. What Stripe refuses now stands on the page of the gift."""
    asked = RefundRequest.objects.get(pk=args["request"])
    if asked.state == State.OPEN:
        try:
            _make(asked, again=True)
        except StripeRefusedError as error:
            troubles.refused(error, f"refund {asked.gift}")

"""What each event of Stripe's means to us: which step follows it, and what is done when that fails."""

import random
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.utils import timezone

from donations import balance, gateway, letters, payments, steps
from donations.models import StripeEvent
from foundation.jobs import errors
from foundation.jobs import queue as jobs
from foundation.organisation import home

State = StripeEvent.State
LONGEST_WAIT = 900  # seconds
GUARD_WAIT = 600
OTHER_MONEY = "It is of test money, and real money moves here now; or the other way round."


# Exactly these types are asked for at Stripe (docs/stripe.md); every other one is kept and left alone.
STEPS: dict[str, Callable[[str], str]] = {
    "checkout.session.completed": steps.session_changed,
    "checkout.session.async_payment_succeeded": steps.session_changed,
    "checkout.session.async_payment_failed": steps.session_changed,
    "checkout.session.expired": steps.session_changed,
    "payment_intent.succeeded": steps.intent_succeeded,
    "charge.succeeded": steps.charge_changed,
    "charge.updated": steps.charge_changed,
    "charge.failed": steps.charge_changed,
    "charge.refunded": steps.charge_refunded,
    "refund.created": steps.refund_changed,
    "refund.updated": steps.refund_changed,
    "refund.failed": steps.refund_changed,
    "charge.dispute.created": steps.dispute_changed,
    "charge.dispute.updated": steps.dispute_changed,
    "charge.dispute.closed": steps.dispute_changed,
    "charge.dispute.funds_withdrawn": steps.dispute_changed,
    "charge.dispute.funds_reinstated": steps.dispute_changed,
    "radar.early_fraud_warning.created": steps.fraud_suspected,
    "radar.early_fraud_warning.updated": steps.fraud_suspected,
    "invoice.paid": steps.invoice_changed,
    "invoice_payment.paid": steps.invoice_payment_paid,
    "invoice.payment_failed": steps.invoice_failed,
    "invoice.payment_action_required": steps.invoice_failed,
    "customer.updated": steps.customer_changed,
    "payment_method.attached": steps.method_attached,
    "payment_method.automatically_updated": steps.method_attached,
    "customer.subscription.created": steps.subscription_changed,
    "customer.subscription.updated": steps.subscription_changed,
    "customer.subscription.deleted": steps.subscription_changed,
    "customer.subscription.paused": steps.subscription_changed,
    "customer.subscription.resumed": steps.subscription_changed,
    "payout.created": balance.payout_changed,
    "payout.updated": balance.payout_changed,
    "payout.paid": balance.payout_changed,
    "payout.failed": balance.payout_changed,
    "payout.canceled": balance.payout_changed,
    "payout.reconciliation_completed": balance.payout_changed,
}


@jobs.handler("stripe-event")
def apply(args: dict[str, Any]) -> None:
    """Do what one event asks for. Harmless to run again: rows are found, never written twice."""
    event = StripeEvent.objects.get(event_id=args["event"])
    step = STEPS.get(event.type)
    if step is None or event.livemode != gateway.is_live():
        _finish(event, State.IGNORED, "" if step is None else OTHER_MONEY)
        return
    try:
        home.check_account(gateway.account())
        with letters.silence() if args.get("silent") else nullcontext():
            note = step(event.object_id)
    except (payments.NotOursError, gateway.NotFoundError) as error:
        _finish(event, State.IGNORED, str(error))
    except gateway.StripeIsDownError as error:
        _note(event, State.WAITING, str(error))
        raise jobs.RetryLaterError(_wait(event, error.seconds), str(error)) from error
    except home.NotAtHomeError as error:
        _note(event, State.WAITING, str(error))
        raise jobs.RetryLaterError(GUARD_WAIT, str(error)) from error
    except jobs.LeaseLostError:
        raise  # the other worker writes down what becomes of it
    except Exception as error:
        _note(event, State.FAILED, errors.said(error))
        raise
    else:
        _finish(event, State.DONE, note)


def quieten_what_waits() -> None:
    """Of a database that is a restored copy: donors may have been told meanwhile of what waited when it was made. It is
    booked and tells nobody, as what a comparison finds; staff see which receipts nobody was mailed.
    """
    for job in jobs.Job.objects.filter(kind="stripe-event", state__in=("ready", "running", "dead")):
        jobs.Job.objects.filter(pk=job.pk).update(args={**job.args, "silent": True})


def _wait(event: StripeEvent, least: float) -> float:
    """The longer it lasts the less often we ask; with jitter, so that a thousand events do not ask at once."""
    age = (timezone.now() - event.received_at).total_seconds()
    return min(LONGEST_WAIT, max(least, age / 4)) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret


def _finish(event: StripeEvent, state: State, note: str) -> None:
    gateway_version = gateway.version()
    if event.api_version != gateway_version:
        note = f"{note} Sent in API version {event.api_version or 'unknown'}; fetched in {gateway_version}.".strip()
    _note(event, state, note, finished_at=timezone.now())


def _note(event: StripeEvent, state: State, note: str, **fields: Any) -> None:
    StripeEvent.objects.filter(pk=event.pk).update(state=state, note=note[:2000], **fields)

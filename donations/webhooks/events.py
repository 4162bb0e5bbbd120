"""Process Stripe's webhook events: which sync handler each type has, and what is done when that fails (retry).

An event is only a hint: D-007.
"""

import logging
import random
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from donations.letters import audience
from donations.models import StripeEvent
from donations.stripe import client
from donations.stripe.errors import AWAY, NotFoundError, StripeIsDownError
from donations.sync import balance, covered, from_stripe, payments
from donations.sync.covered import Step
from donations.webhooks import coalescing
from foundation.jobs import errors
from foundation.jobs import queue as jobs
from foundation.organisation import clone_guard, once
from foundation.prepared import commands, queries

State = StripeEvent.State
LONGEST_WAIT = 900  # seconds
log = logging.getLogger(__name__)
OTHER_MONEY = "It is of test money, and real money moves here now; or the other way round."


# The webhook endpoint asks for exactly these types (docs/stripe.md); every other one is stored and ignored.
HANDLERS: dict[str, Step] = {
    "checkout.session.completed": from_stripe.session_changed,
    "checkout.session.async_payment_succeeded": from_stripe.session_changed,
    "checkout.session.async_payment_failed": from_stripe.session_changed,
    "checkout.session.expired": from_stripe.session_changed,
    "payment_intent.succeeded": from_stripe.intent_succeeded,
    "charge.succeeded": from_stripe.charge_changed,
    "charge.updated": from_stripe.charge_changed,
    "charge.failed": from_stripe.charge_changed,
    "charge.refunded": from_stripe.charge_refunded,
    "refund.created": from_stripe.refund_changed,
    "refund.updated": from_stripe.refund_changed,
    "refund.failed": from_stripe.refund_changed,
    "charge.dispute.created": from_stripe.dispute_changed,
    "charge.dispute.updated": from_stripe.dispute_changed,
    "charge.dispute.closed": from_stripe.dispute_changed,
    "charge.dispute.funds_withdrawn": from_stripe.dispute_changed,
    "charge.dispute.funds_reinstated": from_stripe.dispute_changed,
    "radar.early_fraud_warning.created": from_stripe.fraud_suspected,
    "radar.early_fraud_warning.updated": from_stripe.fraud_suspected,
    "invoice.paid": from_stripe.invoice_changed,
    "invoice_payment.paid": from_stripe.invoice_payment_paid,
    "invoice.payment_failed": from_stripe.invoice_failed,
    "invoice.payment_action_required": from_stripe.invoice_failed,
    "customer.updated": from_stripe.customer_changed,
    "payment_method.attached": from_stripe.method_attached,
    "payment_method.automatically_updated": from_stripe.method_attached,
    "customer.subscription.created": from_stripe.subscription_changed,
    "customer.subscription.updated": from_stripe.subscription_changed,
    "customer.subscription.deleted": from_stripe.subscription_changed,
    "customer.subscription.paused": from_stripe.subscription_changed,
    "customer.subscription.resumed": from_stripe.subscription_changed,
    "payout.created": balance.payout_changed,
    "payout.updated": balance.payout_changed,
    "payout.paid": balance.payout_changed,
    "payout.failed": balance.payout_changed,
    "payout.canceled": balance.payout_changed,
    "payout.reconciliation_completed": balance.payout_changed,
}
TYPES: dict[Step, list[str]] = {}
for _type, _step in HANDLERS.items():
    TYPES.setdefault(_step, []).append(_type)
# Whose objects lead to all that a payment consists of, the widest first.
WIDE = [*TYPES[from_stripe.session_changed], *TYPES[from_stripe.invoice_changed]]


@jobs.handler("stripe-event")
def apply(args: dict[str, Any]) -> None:
    """Job: process one webhook event. Idempotent: rows are found, never written twice."""
    event = queries.first(_named, ident=args["event"])
    if event is None:
        raise StripeEvent.DoesNotExist(args["event"])
    step = HANDLERS.get(event.type)
    if step is None or event.livemode != client.is_live():
        _finish(event, State.IGNORED, "" if step is None else OTHER_MONEY)
        return
    try:
        clone_guard.check_account(client.account())
        with once.read_once():
            note = step(event.object_id, audience.staff_alone) if args.get("silent") else _sync(event, step)
    except (payments.NotOursError, NotFoundError) as error:
        _finish(event, State.IGNORED, str(error))
    except StripeIsDownError as error:
        _note(event, State.WAITING, str(error))
        raise jobs.RetryLaterError(_wait(event, error.seconds), str(error)) from error
    except clone_guard.WrongSiteError as error:
        _note(event, State.WAITING, str(error))
        raise jobs.RetryLaterError(AWAY, str(error)) from error
    except jobs.LeaseLostError:
        raise  # the other worker writes down what becomes of it
    except Exception as error:
        _note(event, State.FAILED, errors.said(error))
        raise
    else:
        _finish(event, State.DONE, note)


def _named(ident: str) -> QuerySet[StripeEvent]:
    """Without its body, which is looked at nowhere here."""
    return StripeEvent.objects.filter(event_id=ident).defer("payload")


def _sync(event: StripeEvent, step: Step) -> str:
    """Sync what the event points to, and finish the events that are done by it: with the widest of its group first."""
    before = coalescing.horizon()
    said: dict[int, str] = {}  # what staff should know of another event stands at that one
    with covered.noting() as done:
        narrower = WIDE[: WIDE.index(event.type)] if event.type in WIDE else WIDE
        if other := coalescing.wider(event, narrower):
            said[other.pk] = _try(other)
        if (step, event.object_id) not in done:
            said[event.pk] = step(event.object_id, audience.everybody)
            covered.note(step, event.object_id)
    with_it = f"Done with {event.event_id}."
    coalescing.finish(event, done, TYPES, before, lambda each: _with_version(each, said.get(each.pk) or with_it))
    return said.get(event.pk, "")


def _try(event: StripeEvent) -> str:
    """Sync what another waiting event points to. If that fails in any way of its own, its own job will say so."""
    step = HANDLERS[event.type]
    try:
        note = step(event.object_id, audience.everybody)
    except (StripeIsDownError, jobs.LeaseLostError, DatabaseError):
        raise
    except Exception as error:  # whatever it is, it must not keep this event from being done
        log.info("%s came to nothing beside another event: %s", event.event_id, type(error).__name__)
        return ""
    covered.note(step, event.object_id)
    return note


def _wait(event: StripeEvent, least: float) -> float:
    """Back-off in seconds: the longer it lasts, the less often; with jitter, so that a thousand events come apart."""
    age = (timezone.now() - event.received_at).total_seconds()
    return min(LONGEST_WAIT, max(least, age / 4)) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret


def _finish(event: StripeEvent, state: State, note: str) -> None:
    _note(event, state, _with_version(event, note), finished_at=timezone.now())


def _with_version(event: StripeEvent, note: str) -> str:
    gateway_version = client.version()
    if event.api_version == gateway_version:
        return note
    return f"{note} Sent in API version {event.api_version or 'unknown'}; fetched in {gateway_version}.".strip()


def _note(event: StripeEvent, state: State, note: str, **fields: Any) -> None:
    commands.change(StripeEvent, {"pk": event.pk}, {"state": state, "note": note[:2000], **fields})

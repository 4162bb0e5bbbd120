"""What each event of Stripe's means to us: it points at an object, which is fetched anew and written down."""

import random
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from donations import asking, gateway, payments, plans, returns
from donations.models import Gift, Plan, StripeEvent
from foundation.jobs import queue as jobs
from foundation.organisation import home

Status = Gift.Status
State = StripeEvent.State
LONGEST_WAIT = 900  # seconds
GUARD_WAIT = 600


def session_changed(ident: str) -> str:
    """A payment page was finished or closed. What it names is fetched; the page itself proves no money."""
    page = gateway.checkout_page(ident)
    if page.status == "expired":
        return _unfinished(page.reference, ident, Status.EXPIRED)
    if page.status != "complete":
        return ""
    known_here(page.reference)
    if page.monthly:
        note = invoice_changed(page.invoice) if page.invoice else ""
        return note if page.paid else _unfinished(page.reference, ident, Status.PENDING)
    payment = payments.by_intent(page.payment_intent)
    if payment:
        return payments.receive(payment)
    waiting = gateway.payment_intent(page.payment_intent).status == "processing"
    return _unfinished(page.reference, ident, Status.PENDING if waiting else Status.FAILED)


def intent_succeeded(ident: str) -> str:
    payment = payments.by_intent(ident)
    return payments.receive(payment) if payment else ""


def charge_changed(ident: str) -> str:
    """Money came, or what it did to the balance became known."""
    payment = payments.by_charge(gateway.charge(ident))
    return payments.receive(payment) if payment else ""


def charge_refunded(ident: str) -> str:
    """Something of a charge went back. Which refunds they are, the charge does not say."""
    return " ".join(filter(None, [refund_changed(refund) for refund in asking.refunds_of(ident)]))


def refund_changed(ident: str) -> str:
    fact = asking.refund(ident)
    _have(fact.payment_intent)
    return returns.refund(fact)


def dispute_changed(ident: str) -> str:
    as_of = timezone.now()
    fact = asking.dispute(ident)
    _have(fact.payment_intent)
    return returns.dispute(fact, as_of)


def fraud_suspected(ident: str) -> str:
    as_of = timezone.now()
    fact = asking.fraud_warning(ident)
    _have(fact.payment_intent)
    return returns.fraud_warning(fact, as_of)


def _have(payment_intent: str) -> None:
    """The payment first: what came back may be told before what came."""
    if payment_intent and not Gift.objects.paid().filter(payment_intent_id=payment_intent).exists():
        intent_succeeded(payment_intent)


def invoice_changed(ident: str) -> str:
    """A month was paid. Nothing is asked about the plan's state here: money that came is booked."""
    return " ".join(filter(None, [payments.receive(payment) for payment in payments.by_invoice(ident)]))


def invoice_payment_paid(ident: str) -> str:
    return invoice_changed(gateway.invoice_of_payment(ident))


def subscription_changed(ident: str) -> str:
    as_of = timezone.now()
    subscription = gateway.subscription(ident)
    with transaction.atomic():
        first = payments.lock(subscription.reference)
        plans.put(subscription, first, as_of)
    return ""


def method_attached(ident: str) -> str:
    """A new card: what we paused because the old one failed goes on."""
    customer = asking.customer_of_method(ident)
    plans_held = Plan.objects.running().filter(customer_id=customer).exclude(held_since=None) if customer else []
    for plan in plans_held:
        plans.go_on(plan)
    return ""


def invoice_failed(ident: str) -> str:
    """A month was not paid. What that means stands in the subscription; the letters follow from there."""
    invoice = gateway.invoice(ident)
    return subscription_changed(invoice.subscription) if invoice.subscription else ""


# Exactly these types are asked for at Stripe (docs/stripe.md); every other one is kept and left alone.
STEPS: dict[str, Callable[[str], str]] = {
    "checkout.session.completed": session_changed,
    "checkout.session.async_payment_succeeded": session_changed,
    "checkout.session.async_payment_failed": session_changed,
    "checkout.session.expired": session_changed,
    "payment_intent.succeeded": intent_succeeded,
    "charge.succeeded": charge_changed,
    "charge.updated": charge_changed,
    "charge.failed": charge_changed,
    "charge.refunded": charge_refunded,
    "refund.created": refund_changed,
    "refund.updated": refund_changed,
    "refund.failed": refund_changed,
    "charge.dispute.created": dispute_changed,
    "charge.dispute.updated": dispute_changed,
    "charge.dispute.closed": dispute_changed,
    "charge.dispute.funds_withdrawn": dispute_changed,
    "charge.dispute.funds_reinstated": dispute_changed,
    "radar.early_fraud_warning.created": fraud_suspected,
    "radar.early_fraud_warning.updated": fraud_suspected,
    "invoice.paid": invoice_changed,
    "invoice_payment.paid": invoice_payment_paid,
    "invoice.payment_failed": invoice_failed,
    "invoice.payment_action_required": invoice_failed,
    "payment_method.attached": method_attached,
    "payment_method.automatically_updated": method_attached,
    "customer.subscription.created": subscription_changed,
    "customer.subscription.updated": subscription_changed,
    "customer.subscription.deleted": subscription_changed,
    "customer.subscription.paused": subscription_changed,
    "customer.subscription.resumed": subscription_changed,
}


@jobs.handler("stripe-event")
def apply(args: dict[str, Any]) -> None:
    """Do what one event asks for. Harmless to run again: rows are found, never written twice."""
    event = StripeEvent.objects.get(event_id=args["event"])
    step = STEPS.get(event.type)
    if step is None:
        _finish(event, State.IGNORED, "")
        return
    try:
        home.check_account(gateway.account())
        note = step(event.object_id)
    except (payments.NotOursError, gateway.NotFoundError) as error:
        _finish(event, State.IGNORED, str(error))
    except gateway.StripeIsDownError as error:
        _note(event, State.WAITING, str(error))
        raise jobs.RetryLaterError(_wait(event, error.seconds), str(error)) from error
    except home.NotAtHomeError as error:
        _note(event, State.WAITING, str(error))
        raise jobs.RetryLaterError(GUARD_WAIT, str(error)) from error
    except Exception as error:
        _note(event, State.FAILED, f"{type(error).__name__}: {error}")
        raise
    else:
        _finish(event, State.DONE, note)


def known_here(reference: str) -> None:
    """Raise NotOursError unless a gift of ours has this reference."""
    if not reference or not Gift.objects.filter(reference=reference).exists():
        raise payments.NotOursError(f"No gift has the reference “{reference}”." if reference else "")


def _unfinished(reference: str, session: str, status: Status) -> str:
    """What became of a gift without money. Money that came in the meantime is never taken back here."""
    with transaction.atomic():
        gift = payments.lock(reference)
        if gift.session_id == session and gift.status in (Status.STARTED, Status.PENDING):
            Gift.objects.filter(pk=gift.pk).update(status=status)
    return ""


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

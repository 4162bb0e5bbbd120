"""What each event of Stripe's means to us: it points at an object, which is fetched anew and written down."""

import random
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from donations import gateway, payments, plans
from donations.models import Gift, StripeEvent
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
    intent = gateway.charge(ident).payment_intent
    if not intent:
        raise payments.NotOursError
    return intent_succeeded(intent)


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


# Exactly these types are asked for at Stripe (docs/stripe.md); every other one is kept and left alone.
STEPS: dict[str, Callable[[str], str]] = {
    "checkout.session.completed": session_changed,
    "checkout.session.async_payment_succeeded": session_changed,
    "checkout.session.async_payment_failed": session_changed,
    "checkout.session.expired": session_changed,
    "payment_intent.succeeded": intent_succeeded,
    "charge.succeeded": charge_changed,
    "charge.updated": charge_changed,
    "invoice.paid": invoice_changed,
    "invoice_payment.paid": invoice_payment_paid,
    "customer.subscription.created": subscription_changed,
    "customer.subscription.updated": subscription_changed,
    "customer.subscription.deleted": subscription_changed,
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

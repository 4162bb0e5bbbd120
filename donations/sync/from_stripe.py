"""Sync handlers, one for each kind of Stripe object: fetch it anew, outside of any transaction, and book what it means.

`tell` is called with the outcomes in the transaction that wrote them (`letters.audience`). Returned: a note for staff.
"""

from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from donations import money
from donations.campaigns import matching
from donations.card_testing import tries
from donations.letters.outcomes import Booked, DebitFailed, Tell
from donations.models import Gift, Plan
from donations.monthly import plans
from donations.stripe import objects, parse, prefetch, reads, unpaid
from donations.sync import cards, covered, disputes, payments, refunds
from foundation.prepared import queries

Status = Gift.Status
OPEN = (Status.STARTED, Status.WAITING, Status.PENDING)
OUTSIDE = "Paid outside of Stripe, and in no book of ours yet: "


def session_changed(ident: str, tell: Tell) -> str:
    """Sync a Checkout Session that was completed or expired. What it names is fetched: itself it proves no money."""
    with prefetch.reading():
        return _session_changed(reads.checkout_session_with_payment(ident), tell)


def _session_changed(session: objects.CheckoutSession, tell: Tell) -> str:
    ident = session.id
    if session.status == "expired":
        return _unfinished(session.reference, ident, Status.EXPIRED, tell)
    if session.status != "complete":
        return ""
    known_here(session.reference)
    if session.subscribes:
        note = _take_in(payments.by_invoice(session.invoice), tell) if session.invoice else ""
        if session.paid:
            return note
    elif payment := payments.by_intent(session.payment_intent):
        return _receive(payment, tell)
    status = unpaid.read(session).status
    if session.invoice and status == Status.FAILED:
        invoice_failed(session.invoice, tell)  # the monthly gift is retried (dunning), or ends with it
    return _unfinished(session.reference, ident, status, tell)


def session_is_gone(ident: str, tell: Tell) -> str:
    """Expire a gift whose Checkout Session Stripe does not know: it is another account's, and brings no money here."""
    gift = Gift.objects.get(session_id=ident)
    return _unfinished(gift.reference, ident, Status.EXPIRED, tell)


def intent_succeeded(ident: str, tell: Tell) -> str:
    payment = payments.by_intent(ident)
    return _receive(payment, tell) if payment else ""


def charge_changed(ident: str, tell: Tell) -> str:
    """Sync a charge: money came, or what it did to the balance became known; or a card was declined (it is counted)."""
    charge, intent = reads.charge_with_intent(ident)
    if intent is None:
        raise payments.NotOursError
    if payment := payments.by_charge(charge, intent):
        return _receive(payment, tell)
    if charge.card and charge.declined:
        tries.note(payments.reference_of(intent), charge)
    return ""


def charge_refunded(ident: str, tell: Tell) -> str:
    """Sync the refunds of a charge. Which refunds they are, the charge does not say."""
    return " ".join(filter(None, [refund_changed(refund, tell) for refund in reads.refunds_of(ident)]))


def refund_changed(ident: str, tell: Tell) -> str:
    fact = reads.refund(ident)
    _have(fact.payment_intent, tell)
    return _told(lambda: refunds.refund(fact), tell)


def dispute_changed(ident: str, tell: Tell) -> str:
    as_of = timezone.now()
    fact = reads.dispute(ident)
    _have(fact.payment_intent, tell)
    return _told(lambda: disputes.dispute(fact, as_of), tell)


def fraud_suspected(ident: str, tell: Tell) -> str:
    as_of = timezone.now()
    fact = reads.fraud_warning(ident)
    _have(fact.payment_intent, tell)
    return _told(lambda: disputes.fraud_warning(fact, as_of), tell)


def _have(payment_intent: str, tell: Tell) -> None:
    """Book the payment first: the event of a refund or dispute may come before that of the charge."""
    if payment_intent and not Gift.objects.paid().filter(payment_intent_id=payment_intent).exists():
        intent_succeeded(payment_intent, tell)


def invoice_changed(ident: str, tell: Tell) -> str:
    """Sync an invoice that was paid. Nothing is asked about the plan's state here: money that came is booked."""
    came = payments.by_invoice(ident)
    return _take_in(came, tell) if came else _paid_elsewhere(ident)


def _take_in(came: list[payments.Payment], tell: Tell) -> str:
    """Book all payments of an invoice."""
    notes = [_receive(payment, tell) for payment in came]
    for payment in came:
        covered.note(invoice_payment_paid, payment.part)
        if payment.invoice:
            covered.note(invoice_changed, payment.invoice.id)
    return " ".join(filter(None, notes))


def _receive(payment: payments.Payment, tell: Tell) -> str:
    """Book a payment with all that the events of its charge, intent and subscription ask for, which it has read."""
    charge, subscription = payment.charge, payment.subscription
    if charge.card and (charge.declined or charge.succeeded):
        tries.note(payment.reference, charge)
    note = _told(lambda: payments.receive(payment), tell)
    covered.note(charge_changed, charge.id)
    if payment.is_latest:
        covered.note(intent_succeeded, charge.payment_intent)
    if subscription and subscription.reference == payment.reference:
        covered.note(subscription_changed, subscription.id)
    return note


def _told(book: Callable[[], Booked], tell: Tell) -> str:
    """Book, and write the letters in the same transaction: both are there, or neither. Returns the note."""
    with transaction.atomic():
        booked = book()
        tell(booked.outcomes)
    return booked.note


def _paid_elsewhere(ident: str) -> str:
    """Note an invoice that staff marked as paid at Stripe, by cheque perhaps: nothing came, nothing is booked."""
    invoice = reads.invoice(ident)
    if not invoice.paid or not invoice.amount_paid or not invoice.subscription:
        return ""
    known_here(invoice.reference)
    intent = reads.intent_of_invoice(ident)
    if intent and reads.payment_intent(intent).status in ("succeeded", "processing"):
        return ""  # it comes to us, and Stripe does not list it with the invoice yet
    return OUTSIDE + money.exact(invoice.amount_paid, invoice.currency)


def invoice_payment_paid(ident: str, tell: Tell) -> str:
    return invoice_changed(reads.invoice_of_payment(ident), tell)


def subscription_changed(ident: str, tell: Tell) -> str:
    as_of = prefetch.as_of()
    raw = reads.raw_subscription(ident)
    known_here(parse.reference(raw))
    subscription = parse.subscription(raw)
    with transaction.atomic():
        first = payments.lock(subscription.reference)
        _plan, outcomes = plans.upsert(subscription, first, as_of)
        tell(outcomes)
    return ""


def method_attached(ident: str, tell: Tell) -> str:
    """Sync a payment method: a new card, or the network's new number for an old one."""
    customer = reads.customer_of_method(ident)
    return customer_changed(customer, tell) if customer else ""


def customer_changed(ident: str, tell: Tell) -> str:
    """Sync a customer's cards: with another card, monthly gifts are charged by it, also what is still open."""
    for plan in Plan.objects.running().filter(customer_id=ident):
        cards.take_over(plan, tell)
    covered.note(customer_changed, ident)
    return ""


def invoice_failed(ident: str, tell: Tell) -> str:
    """Sync an invoice that failed. What that means stands in the subscription; dunning letters follow from there."""
    invoice = reads.invoice(ident)
    return subscription_changed(invoice.subscription, tell) if invoice.subscription else ""


def known_here(reference: str) -> None:
    """Raise NotOursError unless a gift of ours has this reference."""
    if not reference or not queries.rows(_known, reference=reference):
        raise payments.NotOursError(f"No gift has the reference “{reference}”." if reference else "")


def _known(reference: str) -> QuerySet[Gift]:
    return Gift.objects.filter(reference=reference).only("pk")


def _unfinished(reference: str, session: str, status: Status, tell: Tell) -> str:
    """Set the status of a gift without money. Money that came in the meantime is never taken back here."""
    with transaction.atomic():
        gift = payments.lock(reference)
        if gift.session_id == session and gift.status in OPEN:
            Gift.objects.filter(pk=gift.pk).update(status=status)
            # The session was completed, so the donor believes that the money is on its way. A monthly gift that is
            # retried has dunning letters, which say how to mend it; beginning anew would be a second one.
            if status == Status.FAILED and not (gift.plan and gift.plan.asks):
                tell([DebitFailed(gift)])
            if status in (Status.FAILED, Status.EXPIRED):
                matching.release(gift)
    return ""

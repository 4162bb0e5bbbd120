"""What became of one object at Stripe: fetch it anew, outside of any transaction, and write down what it means."""

from django.db import transaction
from django.utils import timezone

from donations import asking, facts, gateway, letters, matching, payments, plans, returns, tries
from donations.models import Gift, Plan

Status = Gift.Status


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


def page_is_gone(ident: str) -> str:
    """Stripe does not know the page of a gift that waits: it is another account's, and no money comes by it here."""
    gift = Gift.objects.get(session_id=ident)
    return _unfinished(gift.reference, ident, Status.EXPIRED)


def intent_succeeded(ident: str) -> str:
    payment = payments.by_intent(ident)
    return payments.receive(payment) if payment else ""


def charge_changed(ident: str) -> str:
    """Money came, or what it did to the balance became known; or a card was refused, which is counted."""
    charge = gateway.charge(ident)
    payment = payments.by_charge(charge)
    if charge.card and (charge.declined or charge.succeeded):
        tries.note(payment.reference if payment else payments.reference_of(charge), charge)
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
    return invoice_changed(asking.invoice_of_payment(ident))


def subscription_changed(ident: str) -> str:
    as_of = timezone.now()
    raw = asking.subscription(ident)
    known_here(facts.reference(raw))
    subscription = facts.subscription(raw)
    with transaction.atomic():
        first = payments.lock(subscription.reference)
        plans.put(subscription, first, as_of)
    return ""


def method_attached(ident: str) -> str:
    """A new card: what we paused because the old one failed goes on."""
    customer = asking.customer_of_method(ident)
    held = Plan.objects.running().filter(customer_id=customer).exclude(held_since=None) if customer else []
    for plan in held:
        plans.go_on(plan)
    return ""


def invoice_failed(ident: str) -> str:
    """A month was not paid. What that means stands in the subscription; the letters follow from there."""
    invoice = gateway.invoice(ident)
    return subscription_changed(invoice.subscription) if invoice.subscription else ""


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
            if status == Status.FAILED:  # the page was finished, so the donor believes that the money is on its way
                letters.debit_failed(gift)
            if status != Status.PENDING:
                matching.release(gift)
    return ""

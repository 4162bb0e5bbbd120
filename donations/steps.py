"""What became of one object at Stripe: fetch it anew, outside of any transaction, and write down what it means."""

from django.db import transaction
from django.utils import timezone

from donations import (
    asking,
    cards,
    facts,
    gateway,
    letters,
    matching,
    money,
    payments,
    plans,
    returns,
    tries,
    unpaid,
)
from donations.models import Gift, Plan

Status = Gift.Status
OPEN = (Status.STARTED, Status.WAITING, Status.PENDING)
OUTSIDE = "Paid outside of Stripe, and in no book of ours yet: "


def session_changed(ident: str) -> str:
    """A payment page was finished or closed. What it names is fetched; the page itself proves no money."""
    page = gateway.checkout_page(ident)
    if page.status == "expired":
        return _unfinished(page.reference, ident, Status.EXPIRED)
    if page.status != "complete":
        return ""
    known_here(page.reference)
    if page.monthly:
        note = _take_in(payments.by_invoice(page.invoice)) if page.invoice else ""
        if page.paid:
            return note
    elif payment := payments.by_intent(page.payment_intent):
        return payments.receive(payment)
    status = unpaid.look(page).status
    if page.invoice and status == Status.FAILED:
        invoice_failed(page.invoice)  # the monthly gift goes on asking for it, or is over with it
    return _unfinished(page.reference, ident, status)


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
    came = payments.by_invoice(ident)
    return _take_in(came) if came else _paid_elsewhere(ident)


def _take_in(came: list[payments.Payment]) -> str:
    return " ".join(filter(None, [payments.receive(payment) for payment in came]))


def _paid_elsewhere(ident: str) -> str:
    """Staff said at Stripe that a month was paid, by cheque perhaps: nothing came to our balance, nothing is booked."""
    invoice = gateway.invoice(ident)
    if not invoice.paid or not invoice.amount_paid or not invoice.subscription:
        return ""
    known_here(invoice.reference)
    intent = asking.intent_of_invoice(ident)
    if intent and gateway.payment_intent(intent).status in ("succeeded", "processing"):
        return ""  # it comes to us, and Stripe does not list it with the invoice yet
    return OUTSIDE + money.exact(invoice.amount_paid, invoice.currency)


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
    """A new card, or the network's new number for an old one."""
    customer = asking.customer_of_method(ident)
    return customer_changed(customer) if customer else ""


def customer_changed(ident: str) -> str:
    """A donor may have given another card: their monthly gifts are charged by it, also what is still open."""
    for plan in Plan.objects.running().filter(customer_id=ident):
        cards.take_over(plan)
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
        if gift.session_id == session and gift.status in OPEN:
            Gift.objects.filter(pk=gift.pk).update(status=status)
            # The page was finished, so the donor believes that the money is on its way. A monthly gift that goes on
            # asking for it has letters of its own, which say how to mend it; beginning anew would be a second one.
            if status == Status.FAILED and not (gift.plan and gift.plan.asks):
                letters.debit_failed(gift)
            if status in (Status.FAILED, Status.EXPIRED):
                matching.release(gift)
    return ""

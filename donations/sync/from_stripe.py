"""What became of one object at Stripe: fetch it anew, outside of any transaction, and write down what it means.

`tell` is told of what happened, in the transaction that wrote it (`letters.audience`). Each returns a note for staff.
"""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from donations import money
from donations.campaigns import matching
from donations.card_testing import tries
from donations.letters.outcomes import Booked, DebitFailed, Tell
from donations.models import Gift, Plan
from donations.monthly import plans
from donations.stripe import parse, reads, unpaid
from donations.sync import cards, payments, returns

Status = Gift.Status
OPEN = (Status.STARTED, Status.WAITING, Status.PENDING)
OUTSIDE = "Paid outside of Stripe, and in no book of ours yet: "


def session_changed(ident: str, tell: Tell) -> str:
    """A payment page was finished or closed. What it names is fetched; the page itself proves no money."""
    page = reads.checkout_page(ident)
    if page.status == "expired":
        return _unfinished(page.reference, ident, Status.EXPIRED, tell)
    if page.status != "complete":
        return ""
    known_here(page.reference)
    if page.monthly:
        note = _take_in(payments.by_invoice(page.invoice), tell) if page.invoice else ""
        if page.paid:
            return note
    elif payment := payments.by_intent(page.payment_intent):
        return _receive(payment, tell)
    status = unpaid.look(page).status
    if page.invoice and status == Status.FAILED:
        invoice_failed(page.invoice, tell)  # the monthly gift goes on asking for it, or is over with it
    return _unfinished(page.reference, ident, status, tell)


def page_is_gone(ident: str, tell: Tell) -> str:
    """Stripe does not know the page of a gift that waits: it is another account's, and no money comes by it here."""
    gift = Gift.objects.get(session_id=ident)
    return _unfinished(gift.reference, ident, Status.EXPIRED, tell)


def intent_succeeded(ident: str, tell: Tell) -> str:
    payment = payments.by_intent(ident)
    return _receive(payment, tell) if payment else ""


def charge_changed(ident: str, tell: Tell) -> str:
    """Money came, or what it did to the balance became known; or a card was refused, which is counted."""
    charge = reads.charge(ident)
    payment = payments.by_charge(charge)
    if charge.card and (charge.declined or charge.succeeded):
        tries.note(payment.reference if payment else payments.reference_of(charge), charge)
    return _receive(payment, tell) if payment else ""


def charge_refunded(ident: str, tell: Tell) -> str:
    """Something of a charge went back. Which refunds they are, the charge does not say."""
    return " ".join(filter(None, [refund_changed(refund, tell) for refund in reads.refunds_of(ident)]))


def refund_changed(ident: str, tell: Tell) -> str:
    fact = reads.refund(ident)
    _have(fact.payment_intent, tell)
    return _told(lambda: returns.refund(fact), tell)


def dispute_changed(ident: str, tell: Tell) -> str:
    as_of = timezone.now()
    fact = reads.dispute(ident)
    _have(fact.payment_intent, tell)
    return _told(lambda: returns.dispute(fact, as_of), tell)


def fraud_suspected(ident: str, tell: Tell) -> str:
    as_of = timezone.now()
    fact = reads.fraud_warning(ident)
    _have(fact.payment_intent, tell)
    return _told(lambda: returns.fraud_warning(fact, as_of), tell)


def _have(payment_intent: str, tell: Tell) -> None:
    """The payment first: what came back may be told before what came."""
    if payment_intent and not Gift.objects.paid().filter(payment_intent_id=payment_intent).exists():
        intent_succeeded(payment_intent, tell)


def invoice_changed(ident: str, tell: Tell) -> str:
    """A month was paid. Nothing is asked about the plan's state here: money that came is booked."""
    came = payments.by_invoice(ident)
    return _take_in(came, tell) if came else _paid_elsewhere(ident)


def _take_in(came: list[payments.Payment], tell: Tell) -> str:
    return " ".join(filter(None, [_receive(payment, tell) for payment in came]))


def _receive(payment: payments.Payment, tell: Tell) -> str:
    return _told(lambda: payments.receive(payment), tell)


def _told(book: Callable[[], Booked], tell: Tell) -> str:
    """Letters are written in the transaction of what they tell of: both are there, or neither. Returns the note."""
    with transaction.atomic():
        booked = book()
        tell(booked.outcomes)
    return booked.note


def _paid_elsewhere(ident: str) -> str:
    """Staff said at Stripe that a month was paid, by cheque perhaps: nothing came to our balance, nothing is booked."""
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
    as_of = timezone.now()
    raw = reads.raw_subscription(ident)
    known_here(parse.reference(raw))
    subscription = parse.subscription(raw)
    with transaction.atomic():
        first = payments.lock(subscription.reference)
        _plan, outcomes = plans.put(subscription, first, as_of)
        tell(outcomes)
    return ""


def method_attached(ident: str, tell: Tell) -> str:
    """A new card, or the network's new number for an old one."""
    customer = reads.customer_of_method(ident)
    return customer_changed(customer, tell) if customer else ""


def customer_changed(ident: str, tell: Tell) -> str:
    """A donor may have given another card: their monthly gifts are charged by it, also what is still open."""
    for plan in Plan.objects.running().filter(customer_id=ident):
        cards.take_over(plan, tell)
    return ""


def invoice_failed(ident: str, tell: Tell) -> str:
    """A month was not paid. What that means stands in the subscription; the letters follow from there."""
    invoice = reads.invoice(ident)
    return subscription_changed(invoice.subscription, tell) if invoice.subscription else ""


def known_here(reference: str) -> None:
    """Raise NotOursError unless a gift of ours has this reference."""
    if not reference or not Gift.objects.filter(reference=reference).exists():
        raise payments.NotOursError(f"No gift has the reference “{reference}”." if reference else "")


def _unfinished(reference: str, session: str, status: Status, tell: Tell) -> str:
    """What became of a gift without money. Money that came in the meantime is never taken back here."""
    with transaction.atomic():
        gift = payments.lock(reference)
        if gift.session_id == session and gift.status in OPEN:
            Gift.objects.filter(pk=gift.pk).update(status=status)
            # The page was finished, so the donor believes that the money is on its way. A monthly gift that goes on
            # asking for it has letters of its own, which say how to mend it; beginning anew would be a second one.
            if status == Status.FAILED and not (gift.plan and gift.plan.asks):
                tell([DebitFailed(gift)])
            if status in (Status.FAILED, Status.EXPIRED):
                matching.release(gift)
    return ""

"""Status of a Checkout Session that is complete without money: on its way, waiting for the donor, or failed."""

from dataclasses import dataclass

from donations.models import Gift
from donations.stripe import objects, reads

Status = Gift.Status
# By the payment intent's status. With any other, known or new, money may be on its way: nobody is told to begin anew.
STANDS = {
    "requires_action": Status.WAITING,  # small deposits to confirm, a slip or a transfer to pay
    "requires_confirmation": Status.WAITING,
    "requires_payment_method": Status.FAILED,
    "canceled": Status.FAILED,
}


@dataclass(frozen=True)
class Unpaid:
    """Status of an unpaid session. `url`: Stripe's page where the donor must act, where Stripe names one."""

    status: Gift.Status
    url: str = ""


def read(session: objects.CheckoutSession) -> Unpaid:
    """Return how a complete session stands that is not paid. Raises what Stripe's answers raise."""
    ident = session.payment_intent or (reads.intent_of_invoice(session.invoice) if session.invoice else "")
    if not ident:
        return Unpaid(Status.PENDING)
    intent = reads.payment_intent(ident)
    return Unpaid(STANDS.get(intent.status, Status.PENDING), intent.todo)


def on_its_way(invoice: str) -> bool:
    """Whether a bank is processing the payment of an invoice (bank debit)."""
    ident = reads.intent_of_invoice(invoice) if invoice else ""
    return bool(ident) and reads.payment_intent(ident).status == "processing"

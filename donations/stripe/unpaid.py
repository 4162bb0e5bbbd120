"""A payment page that was finished while no money is there: on its way, waiting for the donor, or failed."""

from dataclasses import dataclass

from donations.models import Gift
from donations.stripe import objects, reads

Status = Gift.Status
# By the payment intent. Whatever else it is, or comes to be, money may be on its way: nobody is told to begin anew.
STANDS = {
    "requires_action": Status.WAITING,  # small deposits to confirm, a slip or a transfer to pay
    "requires_confirmation": Status.WAITING,
    "requires_payment_method": Status.FAILED,
    "canceled": Status.FAILED,
}


@dataclass(frozen=True)
class Unpaid:
    """`url`: Stripe's page for the step that is left for the donor, where Stripe names one."""

    status: Gift.Status
    url: str = ""


def look(page: objects.CheckoutPage) -> Unpaid:
    """How a complete page stands that is not paid. Raises what Stripe's answers raise."""
    ident = page.payment_intent or (reads.intent_of_invoice(page.invoice) if page.invoice else "")
    if not ident:
        return Unpaid(Status.PENDING)
    intent = reads.payment_intent(ident)
    return Unpaid(STANDS.get(intent.status, Status.PENDING), intent.todo)


def on_its_way(invoice: str) -> bool:
    """Whether a bank is carrying out the payment of an invoice."""
    ident = reads.intent_of_invoice(invoice) if invoice else ""
    return bool(ident) and reads.payment_intent(ident).status == "processing"

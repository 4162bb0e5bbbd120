"""What became of a gift: our own rows first, then Stripe. Writes nothing."""

from dataclasses import dataclass

from donations import gateway, unpaid
from donations.models import Gift

Status = Gift.Status


@dataclass(frozen=True)
class Standing:
    """`state`: paid, confirming (Stripe has it, our books not yet, or nobody answers), pending (a bank takes days),
    waiting (a step of the donor's is left), open (not finished), expired, failed, mend (the first month of a gift that
    goes on asking for it), unknown. `url`: the payment page while it is open, or the one for the step.
    """

    state: str
    url: str = ""


def of(gift: Gift | None) -> Standing:
    """How a gift stands. Never taken from an address that a browser sends: that proves nothing."""
    if gift is None or not gift.session_id:
        return Standing("unknown")
    if gift.status == Status.FAILED and gift.plan and gift.plan.asks:
        return Standing("mend")
    if gift.status in (Status.PAID, Status.FAILED):
        return Standing(gift.status)
    try:
        page = gateway.checkout_page(gift.session_id)
        if page.status == "complete" and not page.paid:
            stands = unpaid.look(page)
            return Standing(stands.status, stands.url)
    except gateway.NotFoundError:
        return Standing("unknown")
    except (gateway.StripeIsDownError, gateway.StripeRefusedError):
        return Standing("confirming")
    if page.status == "open":
        return Standing("open", page.url)
    if page.status == "expired":
        return Standing("expired")
    return Standing("confirming")

"""What became of a gift: our own rows first, then Stripe, once and not for long. Writes nothing."""

from dataclasses import dataclass

from donations.models import Gift
from donations.stripe import gate, reads, unpaid
from donations.stripe.errors import NotFoundError, StripeIsDownError, StripeRefusedError

Status = Gift.Status
IN_ROWS = {Status.PENDING: "pending", Status.WAITING: "waiting", Status.EXPIRED: "expired"}


@dataclass(frozen=True)
class Standing:
    """`state`: paid, confirming (nobody could say so quickly), pending (a bank takes days), waiting (a step of the
    donor's is left), open (not finished), expired, failed, mend (the first month of a gift that goes on asking for it),
    unknown. `url`: the payment page while it is open, or the one for the step.
    """

    state: str
    url: str = ""


def of(gift: Gift | None, own: bool) -> Standing:
    """How a gift stands. Never taken from an address that a browser sends: that proves nothing.

    `own`: the gift came from the browser that asks. For any other Stripe is not asked, and our rows will know soon.
    """
    if gift is None or not gift.session_id:
        return Standing("unknown")
    if gift.status == Status.FAILED and gift.plan and gift.plan.asks:
        return Standing("mend")
    if gift.status in (Status.PAID, Status.FAILED):
        return Standing(gift.status)
    return _at_stripe(gift) if own else Standing(IN_ROWS.get(Status(gift.status), "confirming"))


def _at_stripe(gift: Gift) -> Standing:
    try:
        with gate.look(gift.reference):
            page = reads.checkout_page(gift.session_id or "")
            if page.status == "complete" and not page.paid:
                stands = unpaid.look(page)
                return Standing(stands.status, stands.url)
    except NotFoundError:
        return Standing("unknown")
    except (StripeIsDownError, StripeRefusedError):
        return Standing("confirming")
    if page.status == "open":
        return Standing("open", page.url)
    if page.status == "expired":
        return Standing("expired")
    return Standing("paid" if page.paid else "pending")

"""What became of a gift: our own rows first, then Stripe, once and not for long. Writes nothing."""

from dataclasses import dataclass

from donations import checkout, gateway
from donations.models import Gift

Status = Gift.Status
IN_ROWS = {Status.PENDING: "pending", Status.EXPIRED: "expired"}


@dataclass(frozen=True)
class Standing:
    """`state`: paid, pending (a bank takes days), waiting (nobody could say so quickly), open (not finished), expired,
    failed, unknown. `url`: the payment page while it is open.
    """

    state: str
    url: str = ""


def of(gift: Gift | None, own: bool) -> Standing:
    """How a gift stands. Never taken from an address that a browser sends: that proves nothing.

    `own`: the gift came from the browser that asks. For any other Stripe is not asked, and our rows will know soon.
    """
    if gift is None or not gift.session_id:
        return Standing("unknown")
    if gift.status in (Status.PAID, Status.FAILED):
        return Standing(gift.status)
    return _at_stripe(gift) if own else Standing(IN_ROWS.get(Status(gift.status), "waiting"))


def _at_stripe(gift: Gift) -> Standing:
    try:
        page = checkout.look(gift)
    except gateway.NotFoundError:
        return Standing("unknown")
    except (gateway.StripeIsDownError, gateway.StripeRefusedError):
        return Standing("waiting")
    if page.status == "open":
        return Standing("open", page.url)
    if page.status == "expired":
        return Standing("expired")
    return Standing("paid" if page.paid else "pending")

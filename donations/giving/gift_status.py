"""Status of a gift for the thank-you page: from our own rows first, then from Stripe, once, not for long. Read-only."""

from dataclasses import dataclass
from datetime import datetime

from donations.models import Gift
from donations.stripe import concurrency, objects, reads, unpaid
from donations.stripe.errors import NotFoundError, StripeIsDownError, StripeRefusedError

Status = Gift.Status
IN_ROWS = {Status.PENDING: "pending", Status.WAITING: "waiting", Status.EXPIRED: "expired"}


@dataclass(frozen=True)
class GiftStatus:
    """Status of a gift. `state`: paid, confirming (Stripe could not say so quickly), pending (a bank takes days),
    waiting (the donor must act), open (not finished), expired, failed, mend (the first payment of a monthly gift
    failed, and a new card mends it), unknown. `url`: the Checkout Session while it is open, or the page where the donor
    acts. `name`, `next_payment` (UTC): what Stripe says of the donor and of a monthly gift, before our rows know.
    """

    state: str
    url: str = ""
    name: str = ""
    next_payment: datetime | None = None


def of(gift: Gift | None, own: bool) -> GiftStatus:
    """Return the status of a gift. Never taken from an address that a browser sends: that proves nothing.

    `own`: the request is from the browser that made the gift. For any other Stripe is not asked, and our rows will know
    soon.
    """
    if gift is None or not gift.session_id:
        return GiftStatus("unknown")
    if gift.status == Status.FAILED and gift.plan and gift.plan.asks:
        return GiftStatus("mend")
    if gift.status in (Status.PAID, Status.FAILED):
        return GiftStatus(gift.status)
    return _at_stripe(gift) if own else GiftStatus(IN_ROWS.get(Status(gift.status), "confirming"))


def _at_stripe(gift: Gift) -> GiftStatus:
    try:
        with concurrency.brief_visit(gift.reference):
            session = reads.checkout_session(gift.session_id or "")
            return GiftStatus(*_stands(session), session.name, session.next_payment)
    except NotFoundError:
        return GiftStatus("unknown")
    except (StripeIsDownError, StripeRefusedError):
        return GiftStatus("confirming")


def _stands(session: objects.CheckoutSession) -> tuple[str, str]:
    """The state and the page where the donor goes on. Raises what Stripe's answers raise."""
    if session.status == "open":
        return "open", session.url
    if session.status == "expired" or session.paid:
        return ("paid" if session.paid else "expired"), ""
    stands = unpaid.read(session)
    return stands.status, stands.url

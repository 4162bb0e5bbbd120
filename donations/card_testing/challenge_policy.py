"""Who must do a proof of work before a Checkout Session: nobody known, and the others only when there is a reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from donations.card_testing import breaker, tries
from donations.models import Breaker, CardTry, Gift, Opening
from foundation.access import proof_of_work, ratelimit
from foundation.organisation import retention_periods

BY_BROWSER = (6, 3600)  # rate limits (count, seconds): new gifts for which one paid gift vouches
BY_ADDRESS = (30, 3600)


class ProofRequiredError(Exception):
    """Raised when a proof of work or a mailed link is needed first. `reason`: why the breaker opens now, if it does."""

    def __init__(self, reason: Breaker.Reason | None = None) -> None:
        super().__init__(reason or "")
        self.reason = reason


@dataclass(frozen=True)
class Sender:
    """Who asks for a Checkout Session, and for which sum (minor units). `known`: the gifts that this browser began."""

    address_block: str
    known: Sequence[str]
    currency: str
    amount: int
    email: str

    @property
    def tries_cards(self) -> bool:
        """Whether more cards were tried by this sender than people have, be they good."""
        return tries.is_doubtful(self.email, self.known) or tries.are_small_ones_tried(
            self.address_block, self.currency, self.amount
        )


def has_proof(answer: str, attempt: str, sender: Sender) -> bool:
    """Whether a paid gift from this browser or this address, or a proof of work, vouches for the sender.

    A paid gift vouches for some more an hour, and not where cards were declined or many tried: a thief finds cards that
    work. It does so for as long as we remember it, which is two days (docs/card-testing.md).
    """
    if answer and proof_of_work.accept(answer, attempt):
        breaker.count("proved")
        return True
    recent = CardTry.objects.filter(at__gt=retention_periods.end("tries"))
    paid = Gift.objects.paid().filter(reference__in=sender.known).first()
    clean = paid and tries.is_of_one(recent.filter(gift__reference__in=sender.known))
    if paid and clean and ratelimit.allow("vouching gift", paid.reference, *BY_BROWSER):
        return True
    address, _network = tries.places(sender.address_block)
    if sender.tries_cards or not Opening.objects.filter(address=address, gift__status=Gift.Status.PAID).exists():
        return False
    return tries.is_clean(recent.filter(gift__opening__address=address)) and ratelimit.allow(
        "vouching address", address, *BY_ADDRESS
    )


def require_proof(sender: Sender) -> None:
    """Apply the rate limits on new Checkout Sessions of unknown browsers. Call it in the transaction of the gift, so
    that what is refused is not counted. Raises ProofRequiredError.
    """
    if breaker.is_open() or sender.tries_cards:
        raise ProofRequiredError
    for limit in tries.limits_of(*tries.places(sender.address_block), sender.currency, sender.amount):
        if not ratelimit.allow(limit.action, limit.who, *limit.size):
            raise ProofRequiredError(limit.reason)

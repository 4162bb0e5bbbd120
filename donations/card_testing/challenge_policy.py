"""Who must do a proof of work before a Checkout Session: nobody known, and the others only when there is a reason."""

from collections.abc import Sequence

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


def has_proof(answer: str, attempt: str, address_block: str, known: Sequence[str]) -> bool:
    """Whether a paid gift from this browser or this address, or a proof of work, vouches for the sender.

    A paid gift vouches for some more an hour, and not where cards were declined: a thief finds cards that work.
    """
    if answer and proof_of_work.accept(answer, attempt):
        breaker.count("proved")
        return True
    recent = CardTry.objects.filter(at__gt=retention_periods.end("tries"))
    paid = Gift.objects.paid().filter(reference__in=known).first()
    clean = paid and tries.is_clean(recent.filter(gift__reference__in=known))
    if paid and clean and ratelimit.allow("vouching gift", paid.reference, *BY_BROWSER):
        return True
    address = tries.hashed("address", address_block)
    if not Opening.objects.filter(address=address, gift__status=Gift.Status.PAID).exists():
        return False
    return tries.is_clean(recent.filter(gift__opening__address=address)) and ratelimit.allow(
        "vouching address", address, *BY_ADDRESS
    )


def require_proof(address_block: str, currency: str, amount: int, email: str) -> None:
    """Apply the rate limits on new Checkout Sessions of unknown browsers; `amount` in minor units. Call it in the
    transaction of the gift, so that what is refused is not counted. Raises ProofRequiredError.
    """
    address, small = tries.hashed("address", address_block), tries.is_small(currency, amount)
    if (
        breaker.is_open()
        or tries.is_doubtful(email)
        or not ratelimit.allow("pages by address", address, *tries.PAGES_AN_ADDRESS)
        or (small and not ratelimit.allow("small pages by address", address, *tries.SMALL_AN_ADDRESS))
    ):
        raise ProofRequiredError
    if not ratelimit.allow("pages", "", *tries.PAGES):
        raise ProofRequiredError(Breaker.Reason.BEGUN)
    if small and not ratelimit.allow("small pages", currency, *tries.SMALL):
        raise ProofRequiredError(Breaker.Reason.SMALL)

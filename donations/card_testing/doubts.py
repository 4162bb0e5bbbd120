"""Who must prove work before a payment page is made: nobody known, and the others only when there is a reason."""

from collections.abc import Sequence

from donations.card_testing import breaker, tries
from donations.models import Breaker, CardTry, Gift, Opening
from foundation.doors import limits, proof
from foundation.organisation import retention

BY_BROWSER = (6, 3600)  # new gifts for which one paid gift vouches
BY_ADDRESS = (30, 3600)


class DoubtError(Exception):
    """A person may go on after a proof of work or by a mailed link. `reason`: why the breaker opens now, if it does."""

    def __init__(self, reason: Breaker.Reason | None = None) -> None:
        super().__init__(reason or "")
        self.reason = reason


def vouched(answer: str, attempt: str, address_block: str, known: Sequence[str]) -> bool:
    """Whether a gift that was paid, from this browser or this address, or a proof of work speaks for who sends.

    A paid gift vouches for some more an hour, and not where cards were refused: a thief finds cards that work.
    """
    if answer and proof.accept(answer, attempt):
        breaker.count("proved")
        return True
    recent = CardTry.objects.filter(at__gt=retention.end("tries"))
    paid = Gift.objects.paid().filter(reference__in=known).first()
    clean = paid and tries.is_clean(recent.filter(gift__reference__in=known))
    if paid and clean and limits.allow("vouching gift", paid.reference, *BY_BROWSER):
        return True
    address = tries.hashed("address", address_block)
    if not Opening.objects.filter(address=address, gift__status=Gift.Status.PAID).exists():
        return False
    return tries.is_clean(recent.filter(gift__opening__address=address)) and limits.allow(
        "vouching address", address, *BY_ADDRESS
    )


def examine(address_block: str, currency: str, amount: int, email: str) -> None:
    """Count a payment page for an unknown browser. Raises DoubtError; call it in the transaction of the gift, so that
    what is refused is not counted.
    """
    if (
        breaker.is_open()
        or tries.is_doubtful(email)
        or not limits.allow("pages by address", tries.hashed("address", address_block), *tries.PAGES_AN_ADDRESS)
    ):
        raise DoubtError
    if not limits.allow("pages", "", *tries.PAGES):
        raise DoubtError(Breaker.Reason.BEGUN)
    if tries.is_small(currency, amount) and not limits.allow("small pages", currency, *tries.SMALL):
        raise DoubtError(Breaker.Reason.SMALL)

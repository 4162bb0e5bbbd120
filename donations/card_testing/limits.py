"""Rate limits on Checkout Sessions that unknown browsers may begin without a proof of work: docs/card-testing.md."""

from collections.abc import Iterator
from typing import NamedTuple

from donations.models import Breaker, Currency

# (count, seconds): so many unpaid ones at once, and as many again evenly over that time. A paid gift gives its place
# back. What one address or network does opens the breaker for nobody: each has less than all together.
PAGES_AN_ADDRESS, PAGES_A_NETWORK, PAGES = (20, 600), (30, 600), (40, 600)
SMALL_AN_ADDRESS, SMALL_A_NETWORK, SMALL = (6, 600), (9, 600), (12, 600)
SAME_A_NETWORK, SAME = (10, 600), (20, 600)
SMALL_TIMES = 2  # times the smallest gift: by such sums cards are tested
SAME_TIMES = 4  # of sums that come again and again, where no ladder offers them


class Limit(NamedTuple):
    """One rate limit. `reason`: why the breaker opens where it is reached; None: only this sender is asked for more."""

    action: str
    who: str
    size: tuple[int, int]
    reason: Breaker.Reason | None = None


def of(address: str, network: str, currency: Currency | None, amount: int) -> Iterator[Limit]:
    """The limits that a gift of `amount` (minor units) passes, from hashes of its address and network."""
    why = Breaker.Reason
    yield Limit("pages by address", address, PAGES_AN_ADDRESS)
    yield Limit("pages by network", network, PAGES_A_NETWORK)
    small = currency is not None and amount <= SMALL_TIMES * currency.minimum
    same = currency is not None and amount <= SAME_TIMES * currency.minimum and not _is_offered(currency, amount)
    if small:
        yield Limit("small pages by address", address, SMALL_AN_ADDRESS)
        yield Limit("small pages by network", network, SMALL_A_NETWORK)
    if same and currency:
        yield Limit("pages of a sum by network", f"{network} {currency.code} {amount}", SAME_A_NETWORK)
    yield Limit("pages", "", PAGES, why.BEGUN)
    if small and currency:
        yield Limit("small pages", currency.code, SMALL, why.SMALL)
    if same and currency:
        yield Limit("pages of a sum", f"{currency.code} {amount}", SAME, why.SAME)


def _is_offered(currency: Currency, amount: int) -> bool:
    """Whether the form offers it: then many people choose the same."""
    return any(amount in currency.ladder(frequency) for frequency in currency.frequencies)

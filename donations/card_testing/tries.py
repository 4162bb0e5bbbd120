"""Record from Stripe which cards were tried on our Checkout Sessions, and detect too many for one person."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from donations.card_testing import breaker, limits
from donations.models import CardTry, Currency, Gift, Opening
from donations.stripe import objects, writes
from donations.stripe.errors import StripeRefusedError
from foundation.access import client_ip, ratelimit
from foundation.organisation import retention_periods
from foundation.prepared import commands, queries
from supporters import mailbox

HOUR = timedelta(hours=1)
CARDS = 5  # different declined cards in an hour, for one person: nobody has more to try
CARDS_AN_ADDRESS = 10  # and half of all that were tried there: an address may be a hall, where some are refused too
CARDS_A_NETWORK = 20  # the same for the block around it
ANY_CARDS = 6  # different cards in an hour for one person, though each was good: who tests cards finds some that are
SMALL_CARDS_AN_ADDRESS = 12  # the same for an address or its block, on the smallest gifts
LATE = timedelta(minutes=10)  # a charge of the Checkout Session itself; later ones are renewals
log = logging.getLogger(__name__)


def hashed(kind: str, who: str) -> str:
    """Return the keyed hash that we store instead of an address, a network, a mailbox or a card."""
    return salted_hmac("donations.tries", f"{kind}:{who}", algorithm="sha256").hexdigest()


def places(address_block: str) -> tuple[str, str]:
    """Return the hashes of an address block and of the network around it."""
    return hashed("address", address_block), hashed("network", client_ip.network(address_block))


def hashed_mailbox(email: str) -> str:
    """Return the hash of the mailbox behind an address: whatever stands behind a plus, at whatever host."""
    return hashed("mailbox", mailbox.behind(email))


def note(reference: str, charge: objects.Charge) -> None:
    """Record, once, that a card was tried for a gift. A Checkout Session on which too many were declined is expired."""
    gift = queries.first(_of, reference=reference) if reference else None
    if gift is None or gift.session_expires_at is None or charge.created > gift.session_expires_at + LATE:
        return
    card = hashed("card", charge.card)
    row = CardTry(charge_id=charge.id, gift=gift, card=card, declined=charge.declined, at=charge.created)
    new = commands.insert_new(row, "charge_id")
    if not charge.declined:
        if new:
            _give_back(gift)
        return
    breaker.trip_if_due()
    if _cards(CardTry.objects.filter(gift=gift))[0] >= CARDS and gift.session_id:
        try:
            writes.expire_checkout_session(gift.session_id)
        except StripeRefusedError:
            log.info("the page of gift %s is closed already", reference)


def _of(reference: str) -> QuerySet[Gift]:
    return Gift.objects.filter(reference=reference)


def _unvouched(gift: int) -> QuerySet[Opening]:
    return Opening.objects.filter(gift=gift, vouched=False)[:1]


def too_many_cards(address_block: str, known: Sequence[str] = ()) -> bool:
    """Whether more cards were declined in the last hour for this browser, address or network than people have."""
    if _cards(_recent().filter(gift__reference__in=known))[0] >= CARDS:
        return True
    address, network = places(address_block)
    bounds = (
        (Q(gift__opening__address=address), CARDS_AN_ADDRESS),
        (Q(gift__opening__network=network), CARDS_A_NETWORK),
    )
    for there, most in bounds:
        refused, tried = _cards(_recent().filter(there))
        if refused >= most and 2 * refused >= tried:
            return True
    return False


def is_spent(gift: Gift) -> bool:
    """Whether as many cards were declined for this gift, with whatever sum on the same form, and from wherever."""
    return bool(gift.attempt) and _cards(_recent().filter(gift__attempt=gift.attempt))[0] >= CARDS


def is_doubtful(email: str, known: Sequence[str] = ()) -> bool:
    """Whether as many cards were declined for this mailbox, or more cards than people have were tried for it or in this
    browser, good ones too. Anybody may type an address, and a browser may stand in a hall: so this blocks nobody. It
    asks for the step-up check (proof of work or mailed link) that each busy day asks for, and says nothing of why.
    """
    refused, tried = _cards(_recent().filter(gift__opening__mailbox=hashed_mailbox(email)))
    if refused >= CARDS or tried >= ANY_CARDS:
        return True
    return bool(known) and _cards(_recent().filter(gift__reference__in=known))[1] >= ANY_CARDS


def are_small_ones_tried(address_block: str, currency: str, amount: int) -> bool:
    """Whether this is one of the smallest gifts, and many cards gave such ones here in the last hour, or tried to: who
    tests cards by small sums is not believed because some of them are good.
    """
    small = limits.SMALL_TIMES * _least(currency)
    if amount > small:
        return False
    address, network = places(address_block)
    rows = _recent().filter(gift__currency=currency, gift__amount__lte=small)
    here = Q(gift__opening__address=address) | Q(gift__opening__network=network)
    return _cards(rows.filter(here))[1] >= SMALL_CARDS_AN_ADDRESS


def limits_of(address: str, network: str, currency: str, amount: int) -> Iterator[limits.Limit]:
    """The rate limits that a new gift of an unknown browser passes; see `limits.of`. `amount` in minor units."""
    known = Currency.objects.filter(code=currency).first()
    return limits.of(address, network, known, amount)


def is_clean(rows: QuerySet[CardTry]) -> bool:
    """Whether at most two cards were declined, which happens to everybody."""
    return _cards(rows)[0] <= 2


def is_of_one(rows: QuerySet[CardTry]) -> bool:
    """Whether that is so, and no more cards were tried in all than one person has."""
    refused, tried = _cards(rows)
    return refused <= 2 and tried < ANY_CARDS


def _least(currency: str) -> int:
    return Currency.objects.filter(code=currency).values_list("minimum", flat=True).first() or 0


def _recent() -> QuerySet[CardTry]:
    return CardTry.objects.filter(at__gt=timezone.now() - HOUR)


def _cards(rows: QuerySet[CardTry]) -> tuple[int, int]:
    """How many different cards were declined, and how many were tried."""
    found = rows.aggregate(
        refused=Count("card", filter=Q(declined=True), distinct=True), tried=Count("card", distinct=True)
    )
    return found["refused"], found["tried"]


def _give_back(gift: Gift) -> None:
    """Give the rate limit's tokens back, once the gift of an unknown browser is paid."""
    opening = queries.first(_unvouched, gift=gift.pk)
    if opening:
        for limit in limits_of(opening.address, opening.network, gift.currency, gift.amount):
            ratelimit.give_back(limit.action, limit.who, limit.size[0])


def forget(dry: bool = False) -> int:
    """Retention: delete the hashes of addresses, mailboxes and cards when their period is over, and where gifts of
    that time were paid. Returns how many.
    """
    since = retention_periods.end("tries")
    paid_at = Gift.objects.exclude(session_url="").filter(created_at__lt=since)
    return retention_periods.blank(paid_at, dry, session_url="") + sum(
        retention_periods.drop(model.objects.filter(at__lt=since), dry) for model in (CardTry, Opening)
    )

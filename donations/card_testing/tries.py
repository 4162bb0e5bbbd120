"""Record from Stripe which cards were tried on our Checkout Sessions, and detect too many for one person."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from donations.card_testing import breaker
from donations.models import CardTry, Currency, Gift, Opening
from donations.stripe import objects, writes
from donations.stripe.errors import StripeRefusedError
from foundation.access import ratelimit
from foundation.organisation import retention_periods
from supporters.addresses import canonical

HOUR = timedelta(hours=1)
CARDS = 5  # different declined cards in an hour, for one person: nobody has more to try
CARDS_AN_ADDRESS = 10  # and half of all that were tried there: an address may be a hall, where some are refused too
LATE = timedelta(minutes=10)  # a charge of the Checkout Session itself; later ones are renewals
# Rate limits (count, seconds): Checkout Sessions that unknown browsers may begin without a proof of work. A paid gift
# gives its token back.
PAGES_AN_ADDRESS = (20, 600)
PAGES = (40, 600)
SMALL = (12, 600)
SMALL_AN_ADDRESS = (6, 600)  # half of that: what one address does opens the breaker for nobody
SMALL_TIMES = 2
log = logging.getLogger(__name__)


def hashed(kind: str, who: str) -> str:
    """Return the keyed hash that we store instead of an address, a mailbox or a card."""
    return salted_hmac("donations.tries", f"{kind}:{who}", algorithm="sha256").hexdigest()


def note(reference: str, charge: objects.Charge) -> None:
    """Record, once, that a card was tried for a gift. A Checkout Session on which too many were declined is expired."""
    gift = Gift.objects.filter(reference=reference).first() if reference else None
    if gift is None or gift.session_expires_at is None or charge.created > gift.session_expires_at + LATE:
        return
    _row, new = CardTry.objects.get_or_create(
        charge_id=charge.id,
        defaults={
            "gift": gift,
            "card": hashed("card", charge.card),
            "declined": charge.declined,
            "at": charge.created,
        },
    )
    if not charge.declined:
        if new:
            _give_back(gift)
        return
    breaker.trip_if_due()
    if _cards(CardTry.objects.filter(gift=gift)) >= CARDS and gift.session_id:
        try:
            writes.expire_checkout_session(gift.session_id)
        except StripeRefusedError:
            log.info("the page of gift %s is closed already", reference)


def too_many_cards(address_block: str, known: Sequence[str] = ()) -> bool:
    """Whether more cards were declined for this browser or address in the last hour than people have."""
    recent = CardTry.objects.filter(at__gt=timezone.now() - HOUR)
    address = recent.filter(gift__opening__address=hashed("address", address_block))
    if _cards(recent.filter(gift__reference__in=known)) >= CARDS:
        return True
    refused, tried = _cards(address), address.values("card").distinct().count()
    return refused >= CARDS_AN_ADDRESS and 2 * refused >= tried


def is_spent(gift: Gift) -> bool:
    """Whether as many cards were declined for this gift, with whatever sum on the same form, and from wherever."""
    recent = CardTry.objects.filter(at__gt=timezone.now() - HOUR)
    return bool(gift.attempt) and _cards(recent.filter(gift__attempt=gift.attempt)) >= CARDS


def is_doubtful(email: str) -> bool:
    """Whether as many cards were declined for this mailbox. Anybody may type an address, so this blocks nobody: it asks
    for the step-up check (proof of work or mailed link) that each busy day asks for, and says nothing of why.
    """
    recent = CardTry.objects.filter(at__gt=timezone.now() - HOUR)
    return _cards(recent.filter(gift__opening__mailbox=hashed("mailbox", canonical(email)))) >= CARDS


def is_small(currency: str, amount: int) -> bool:
    """Whether a sum (minor units) is one by which cards are tested: near the smallest that we take."""
    least = Currency.objects.filter(code=currency).values_list("minimum", flat=True).first() or 0
    return amount <= SMALL_TIMES * least


def is_clean(rows: QuerySet[CardTry]) -> bool:
    """Whether at most two cards were declined, which happens to everybody."""
    return _cards(rows) <= 2


def _cards(rows: QuerySet[CardTry]) -> int:
    return rows.filter(declined=True).values("card").distinct().count()


def _give_back(gift: Gift) -> None:
    """Give the rate limit's tokens back, once the gift of an unknown browser is paid."""
    opening = Opening.objects.filter(gift=gift, vouched=False).first()
    if opening:
        ratelimit.give_back("pages by address", opening.address, PAGES_AN_ADDRESS[0])
        ratelimit.give_back("pages", "", PAGES[0])
        if is_small(gift.currency, gift.amount):
            ratelimit.give_back("small pages", gift.currency, SMALL[0])
            ratelimit.give_back("small pages by address", opening.address, SMALL_AN_ADDRESS[0])


def forget(dry: bool = False) -> int:
    """Retention: delete the hashes of addresses, mailboxes and cards when their period is over. Returns how many."""
    since = retention_periods.end("tries")
    return sum(retention_periods.drop(model.objects.filter(at__lt=since), dry) for model in (CardTry, Opening))

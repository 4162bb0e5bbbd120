"""Learn from Stripe which cards were tried on our payment pages, and say when it were too many for one person."""

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
from foundation.doors import limits
from foundation.organisation import retention
from supporters.addresses import canonical

HOUR = timedelta(hours=1)
CARDS = 5  # different refused cards in an hour, for one person: nobody has more to try
CARDS_AN_ADDRESS = 10  # and half of all that were tried there: an address may be a hall, where some are refused too
LATE = timedelta(minutes=10)  # a charge of the payment page itself; later ones are renewals
# Payment pages that unknown browsers may begin without more; a paid gift gives its page back.
PAGES_AN_ADDRESS = (20, 600)
PAGES = (40, 600)
SMALL = (12, 600)
SMALL_TIMES = 2
log = logging.getLogger(__name__)


def hashed(kind: str, who: str) -> str:
    """What we keep instead of an address, a mailbox or a card."""
    return salted_hmac("donations.tries", f"{kind}:{who}", algorithm="sha256").hexdigest()


def note(reference: str, charge: objects.Charge) -> None:
    """Keep that a card was tried for a gift, once. A payment page on which too many cards were tried is closed."""
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
    breaker.weigh()
    if _cards(CardTry.objects.filter(gift=gift)) >= CARDS and gift.session_id:
        try:
            writes.expire_checkout(gift.session_id)
        except StripeRefusedError:
            log.info("the page of gift %s is closed already", reference)


def too_many_cards(address_block: str, known: Sequence[str] = ()) -> bool:
    """Whether this browser or address was refused more cards in the last hour than people have."""
    recent = CardTry.objects.filter(at__gt=timezone.now() - HOUR)
    address = recent.filter(gift__opening__address=hashed("address", address_block))
    if _cards(recent.filter(gift__reference__in=known)) >= CARDS:
        return True
    refused, tried = _cards(address), address.values("card").distinct().count()
    return refused >= CARDS_AN_ADDRESS and 2 * refused >= tried


def is_doubtful(email: str) -> bool:
    """Whether as many were refused for this mailbox. Anybody may type an address, so this refuses nobody: it asks for
    the step that each busy day asks for, and says nothing of why.
    """
    recent = CardTry.objects.filter(at__gt=timezone.now() - HOUR)
    return _cards(recent.filter(gift__opening__mailbox=hashed("mailbox", canonical(email)))) >= CARDS


def is_small(currency: str, amount: int) -> bool:
    """A sum (minor units) by which cards are tried: near the smallest that we take."""
    least = Currency.objects.filter(code=currency).values_list("minimum", flat=True).first() or 0
    return amount <= SMALL_TIMES * least


def is_clean(rows: QuerySet[CardTry]) -> bool:
    """One or two refused cards happen to everybody."""
    return _cards(rows) <= 2


def _cards(rows: QuerySet[CardTry]) -> int:
    return rows.filter(declined=True).values("card").distinct().count()


def _give_back(gift: Gift) -> None:
    opening = Opening.objects.filter(gift=gift, vouched=False).first()
    if opening:
        limits.give_back("pages by address", opening.address, PAGES_AN_ADDRESS[0])
        limits.give_back("pages", "", PAGES[0])
        if is_small(gift.currency, gift.amount):
            limits.give_back("small pages", gift.currency, SMALL[0])


def forget(dry: bool = False) -> int:
    """Hashes of addresses, mailboxes and cards go."""
    since = retention.end("tries")
    return sum(retention.drop(model.objects.filter(at__lt=since), dry) for model in (CardTry, Opening))

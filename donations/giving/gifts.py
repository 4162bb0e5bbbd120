"""Begin a gift: the row that stands before Stripe is called, found again by a double click."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from donations.card_testing import doubts, tries
from donations.letters import dedications
from donations.letters.dedications import Tribute
from donations.models import Campaign, Fund, Gift, Opening
from donations.stripe import client
from foundation.doors import limits
from supporters import mailbox
from supporters.addresses import canonical

# For people: a full hall may give through one address in ten minutes. For a robot that tries stolen cards: it does
# work for each from the twenty-first on (doubts), and ends at the tenth card that is refused (tries).
LIMITS = {"email": (12, 3600), "address": (300, 3600)}
WAIT = 600  # seconds after which one who was refused may well try again


class TooOftenError(Exception):
    """More gifts were begun from this address, or for this e-mail, than people begin."""


class TooManyCardsError(Exception):
    """More cards were refused in an hour than people have."""


@dataclass(frozen=True)
class Wish:
    """What a donor decided. Sums in minor units."""

    attempt: str
    frequency: str
    currency: str
    amount: int
    fee_cover: int
    email: str
    name: str
    fund: Fund | None = None
    campaign: Campaign | None = None
    name_public: bool = False
    tribute: Tribute | None = None

    @property
    def key(self) -> str:
        """The form together with its values: the same form sent again is the same gift, a changed one is another."""
        parts = [self.attempt, self.frequency, self.currency, str(self.amount), str(self.fee_cover)]
        parts += [self.email, self.name, str(self.fund.pk) if self.fund else "", str(self.name_public)]
        parts += [repr(self.tribute)]
        parts += [str(self.campaign.pk)] if self.campaign else []
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def new_attempt() -> str:
    """The name of one form shown to one person."""
    return secrets.token_urlsafe(18)


@transaction.atomic
def begin(wish: Wish, address_block: str, known: Sequence[str] = (), vouched: bool = False, hold: bool = False) -> Gift:
    """The gift for this wish: the one that this form began before, or a new one. Raises TooOftenError,
    TooManyCardsError, and DoubtError where nobody and nothing has `vouched` for who sends it.

    `known` are the references of what this browser began: the same wish from a second tab is the same gift.
    A robot is counted by the new gifts it begins; nothing is counted for a double click. `hold`: the row only, which
    waits for its mailed link.
    """
    if tries.too_many_cards(address_block, known):
        raise TooManyCardsError
    for earlier in Gift.objects.unfinished().filter(reference__in=known):
        if replace(wish, attempt=earlier.attempt).key == earlier.attempt_key:
            return earlier
    gift, made = Gift.objects.get_or_create(
        attempt_key=wish.key,
        defaults={
            "attempt": wish.attempt,
            "frequency": wish.frequency,
            "currency": wish.currency,
            "amount": wish.amount,
            "fee_cover": wish.fee_cover,
            "total": wish.amount + wish.fee_cover,
            "email": wish.email,
            "name": wish.name,
            "name_public": wish.name_public,
            "fund": wish.fund,
            "language": get_language() or settings.LANGUAGE_CODE,
            "campaign": wish.campaign,
            "livemode": client.is_live(),
        },
    )
    if made:
        for kind, who in (("email", mailbox.behind(wish.email)), ("address", address_block)):
            if not limits.allow(f"give by {kind}", who, *LIMITS[kind]):
                raise TooOftenError
        if not vouched and not hold:
            doubts.examine(address_block, wish.currency, wish.amount, wish.email)
        Opening.objects.create(
            gift=gift,
            address=tries.hashed("address", address_block),
            mailbox=tries.hashed("mailbox", canonical(wish.email)),
            vouched=vouched,
            held=hold,
        )
        if wish.tribute:
            dedications.write(gift, wish.tribute)
    elif not hold and Opening.objects.filter(gift=gift, held=True).exists():
        if not vouched:
            raise doubts.DoubtError
        let_go(gift)
    return gift


def let_go(gift: Gift) -> None:
    """The mailbox or a proof of work has spoken for a gift that waited."""
    Opening.objects.filter(gift=gift, held=True).update(held=False, vouched=True)

"""Begin a gift: the row that stands before Stripe is called, found again by a double click."""

import hashlib
import secrets
from dataclasses import dataclass

from django.db import transaction

from donations import gateway
from donations.models import Gift
from foundation.doors import limits
from supporters.addresses import canonical

# For people: a whole congregation may give through one address in an hour. For a robot that tries stolen
# cards: this many pages at Stripe, each with Stripe's own limits.
LIMITS = {"address": (60, 3600), "email": (12, 3600)}
WAIT = 600  # seconds after which one who was refused may well try again


class TooOftenError(Exception):
    """More gifts were begun from this address, or for this e-mail, than people begin."""


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

    @property
    def key(self) -> str:
        """The form together with its values: the same form sent again is the same gift, a changed one is another."""
        parts = [self.attempt, self.frequency, self.currency, str(self.amount), str(self.fee_cover)]
        return hashlib.sha256("\n".join([*parts, self.email, self.name]).encode()).hexdigest()


def new_attempt() -> str:
    """The name of one form shown to one person."""
    return secrets.token_urlsafe(18)


@transaction.atomic
def begin(wish: Wish, address_block: str) -> Gift:
    """The gift for this wish: the one that this form began before, or a new one. Raises TooOftenError.

    A robot is counted by the new gifts it begins; nothing is counted for a double click.
    """
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
            "livemode": gateway.is_live(),
        },
    )
    if made:
        for kind, who in (("address", address_block), ("email", canonical(wish.email))):
            if not limits.allow(f"give by {kind}", who, *LIMITS[kind]):
                raise TooOftenError
    return gift

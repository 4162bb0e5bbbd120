"""Begin a gift: create its row before Stripe is called, idempotent for a double click."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from donations.card_testing import challenge_policy, tries
from donations.letters import dedications
from donations.letters.dedications import Tribute
from donations.models import Campaign, Fund, Gift, Opening
from donations.stripe import client
from foundation.access import ratelimit
from supporters import mailbox
from supporters.addresses import canonical

# Rate limits (count, seconds). For people: a full hall may give through one address in ten minutes. For a robot that
# tries stolen cards: it does a proof of work for each from the twenty-first on (challenge_policy), and ends at
# the tenth card that is declined (tries).
LIMITS = {"email": (12, 3600), "address": (300, 3600)}
WAIT = 600  # seconds after which one who was refused may well try again (Retry-After)


class TooOftenError(Exception):
    """Rate limit: more gifts were begun from this address, or for this e-mail, than people begin."""


class TooManyCardsError(Exception):
    """More cards were declined in an hour than people have."""


@dataclass(frozen=True)
class GiftRequest:
    """What a donor decided on the giving form. Sums in minor units."""

    attempt: str
    frequency: str
    currency: str
    amount: int
    fee_cover: int
    email: str
    name: str
    company: str = ""
    fund: Fund | None = None
    campaign: Campaign | None = None
    name_public: bool = False
    tribute: Tribute | None = None

    @property
    def key(self) -> str:
        """Idempotency key: the form with its values. The same form again is the same gift, a changed one another."""
        parts = [self.attempt, self.frequency, self.currency, str(self.amount), str(self.fee_cover)]
        parts += [self.email, self.name, str(self.fund.pk) if self.fund else "", str(self.name_public)]
        parts += [repr(self.tribute)]
        parts += [f"company {self.company}"] if self.company else []
        parts += [str(self.campaign.pk)] if self.campaign else []
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def new_attempt() -> str:
    """Return a random id of one form shown to one person; part of the idempotency key."""
    return secrets.token_urlsafe(18)


@transaction.atomic
def begin(
    gift_request: GiftRequest, address_block: str, known: Sequence[str] = (), vouched: bool = False, hold: bool = False
) -> Gift:
    """Get or create the gift of this request: the one that this form began before, or a new one. Raises TooOftenError,
    TooManyCardsError, and ProofRequiredError where nobody and nothing has `vouched` for the sender.

    `known` are the references of what this browser began: the same request from a second tab is the same gift. The rate
    limits count the payment pages that a robot asks for: nothing is counted for a double click, and a gift found again
    is counted once more when its page is over. `hold`: the row only, which waits for its mailed link.
    """
    if tries.too_many_cards(address_block, known):
        raise TooManyCardsError
    earlier = _begun_before(gift_request, known)
    gift, made = (
        (earlier, False)
        if earlier
        else Gift.objects.get_or_create(
            attempt_key=gift_request.key,
            defaults={
                "attempt": gift_request.attempt,
                "frequency": gift_request.frequency,
                "currency": gift_request.currency,
                "amount": gift_request.amount,
                "fee_cover": gift_request.fee_cover,
                "total": gift_request.amount + gift_request.fee_cover,
                "email": gift_request.email,
                "name": gift_request.name,
                "company": gift_request.company,
                "name_public": gift_request.name_public,
                "fund": gift_request.fund,
                "language": get_language() or settings.LANGUAGE_CODE,
                "campaign": gift_request.campaign,
                "livemode": client.is_live(),
            },
        )
    )
    if tries.is_spent(gift):
        raise TooManyCardsError
    if made or _page_is_over(gift):
        _count(gift, address_block)
        if not vouched and not hold:
            challenge_policy.require_proof(address_block, gift.currency, gift.amount, gift.email)
    if made:
        Opening.objects.create(
            gift=gift,
            address=tries.hashed("address", address_block),
            mailbox=tries.hashed("mailbox", canonical(gift_request.email)),
            vouched=vouched,
            held=hold,
        )
        if gift_request.tribute:
            dedications.write(gift, gift_request.tribute)
    elif not hold and Opening.objects.filter(gift=gift, held=True).exists():
        if not vouched:
            raise challenge_policy.ProofRequiredError
        release(gift)
    return gift


@transaction.atomic
def go_on(gift: Gift, address_block: str, known: Sequence[str] = ()) -> None:
    """Release a held gift whose mailed link was followed. Raises TooOftenError and TooManyCardsError, as `begin`."""
    if tries.too_many_cards(address_block, known) or tries.is_spent(gift):
        raise TooManyCardsError
    if _page_is_over(gift):
        _count(gift, address_block)
    release(gift)


def _begun_before(gift_request: GiftRequest, known: Sequence[str]) -> Gift | None:
    for earlier in Gift.objects.resumable().filter(reference__in=known):
        if replace(gift_request, attempt=earlier.attempt).key == earlier.attempt_key:
            return earlier
    return None


def _page_is_over(gift: Gift) -> bool:
    """Whether the gift would need a second Checkout Session, as far as our row knows."""
    ended = gift.session_expires_at is not None and gift.session_expires_at < timezone.now()
    return ended or gift.status == Gift.Status.EXPIRED


def _count(gift: Gift, address_block: str) -> None:
    """Count one more payment page. Raises TooOftenError."""
    for kind, who in (("email", mailbox.behind(gift.email)), ("address", address_block)):
        if not ratelimit.allow(f"give by {kind}", who, *LIMITS[kind]):
            raise TooOftenError


def release(gift: Gift) -> None:
    """Confirm a held gift: its mailed link was followed, or a proof of work was done."""
    Opening.objects.filter(gift=gift, held=True).update(held=False, vouched=True)

"""Begin a gift: create its row before Stripe is called, idempotent for a double click."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from donations.card_testing import challenge_policy, tries
from donations.gift_aid import declarations
from donations.gift_aid.declarations import Declared
from donations.letters import dedications
from donations.letters.dedications import Tribute
from donations.models import Campaign, Fund, Gift, Opening
from donations.stripe import client
from foundation.access import client_ip, ratelimit, turns
from supporters import mailbox

# Rate limits (count, seconds). For people: a full hall may give through one address in ten minutes. For a robot that
# tries stolen cards: it does a proof of work for each from the twenty-first on (challenge_policy), and ends at
# the tenth card that is declined (tries); with the addresses of a whole network it has no more than two halls.
LIMITS = {"email": (12, 3600), "address": (300, 3600), "network": (600, 3600)}
WISHES, WISHES_WITHIN = 12, timedelta(hours=1)  # with which one form may be sent: nobody corrects a sum more often
SALT = "donations.form"
WAIT = 600  # seconds after which one who was refused may well try again (Retry-After)


class TooOftenError(Exception):
    """Rate limit: more gifts were begun from this address, or for this e-mail, than people begin."""


class TooManyCardsError(Exception):
    """More cards were declined in an hour than people have."""


class FormGaveError(Exception):
    """A gift was given with this form already, with other values; a further one needs a form of its own."""


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
    gift_aid: Declared | None = None
    language: str = field(default_factory=lambda: get_language() or settings.LANGUAGE_CODE)

    @property
    def key(self) -> str:
        """Idempotency key: the form with its values. The same form again is the same gift, a changed one another."""
        parts = [self.attempt, self.frequency, self.currency, str(self.amount), str(self.fee_cover)]
        parts += [self.email, self.name, str(self.fund.pk) if self.fund else "", str(self.name_public)]
        parts += [repr(self.tribute)]
        parts += [f"company {self.company}"] if self.company else []
        parts += [str(self.campaign.pk)] if self.campaign else []
        parts += [repr(self.gift_aid)] if self.gift_aid else []
        parts += [f"language {self.language}"] if self.language != settings.LANGUAGE_CODE else []
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def sender(self, address_block: str, known: Sequence[str]) -> challenge_policy.Sender:
        """Who sends it, from where: what is looked at where stolen cards may be tried."""
        return challenge_policy.Sender(address_block, known, self.currency, self.amount, self.email)


def new_attempt() -> str:
    """Return a random id of one form shown to one person; part of the idempotency key."""
    return secrets.token_urlsafe(18)


def stamped(attempt: str) -> str:
    """Return the form's stamp: its id as the page holds it, signed, so that nobody makes up a form we never showed."""
    return signing.Signer(salt=SALT).sign(attempt)


def of_stamp(stamp: str) -> str:
    """Return the id in a form's stamp; empty where it is not ours."""
    try:
        return signing.Signer(salt=SALT).unsign(stamp)
    except signing.BadSignature:
        return ""


def is_under_way(gift_request: GiftRequest, known: Sequence[str] = ()) -> bool:
    """Whether this very form has its payment page: then sending it again asks and counts nothing."""
    gift = _find(gift_request, known)
    if gift is None or _page_is_over(gift):
        return False
    return not Opening.objects.filter(gift=gift, held=True).exists()


@transaction.atomic
def begin(
    gift_request: GiftRequest, address_block: str, known: Sequence[str] = (), vouched: bool = False, hold: bool = False
) -> Gift:
    """Get or create the gift of this request: the one that this form began before, or a new one, which takes the place
    of what the form asked for before. Raises TooOftenError, TooManyCardsError, FormGaveError, and ProofRequiredError
    where nobody and nothing has `vouched` for the sender.

    `known` are the references of what this browser began: the same request from a second tab is the same gift. The rate
    limits count the payment pages that a robot asks for: nothing is counted for a double click, and a gift found again
    is counted once more when its page is over. `hold`: the row only, which waits for its mailed link.
    """
    if tries.too_many_cards(address_block, known):
        raise TooManyCardsError
    gift, made = _get_or_create(gift_request, known)
    if tries.is_spent(gift):
        raise TooManyCardsError
    if made or _page_is_over(gift):
        _count(gift, address_block)
        if not vouched and not hold:
            challenge_policy.require_proof(gift_request.sender(address_block, known))
    if made:
        address, network = tries.places(address_block)
        Opening.objects.create(
            gift=gift,
            address=address,
            network=network,
            mailbox=tries.hashed_mailbox(gift.email),
            vouched=vouched,
            held=hold,
        )
        if gift_request.tribute:
            dedications.write(gift, gift_request.tribute)
        if gift_request.gift_aid:
            declarations.write(gift_request.gift_aid, declarations.Way.FORM, gift=gift)
    elif not hold and Opening.objects.filter(gift=gift, held=True).exists():
        if not vouched:
            raise challenge_policy.ProofRequiredError
        release(gift)
    return gift


@transaction.atomic
def go_on(gift: Gift, address_block: str, known: Sequence[str] = ()) -> None:
    """Release a held gift whose mailed link was followed. Raises TooOftenError, TooManyCardsError and FormGaveError, as
    `begin`.
    """
    if tries.too_many_cards(address_block, known) or tries.is_spent(gift):
        raise TooManyCardsError
    if _page_is_over(gift):
        _count(gift, address_block)
    _make_current(gift)
    release(gift)


def gave(gift_request: GiftRequest) -> bool:
    """Whether a gift was given with this form already, with other values."""
    return _gave(gift_request.attempt, gift_request.key)


def _get_or_create(gift_request: GiftRequest, known: Sequence[str]) -> tuple[Gift, bool]:
    """The gift of this request, and whether it was made now; it is the current one of its form. Of two sums that are
    sent at once with one form, the later is current.
    """
    turns.take(f"form {gift_request.attempt}")
    gift = _find(gift_request, known)
    if gift:
        _make_current(gift)
        return gift, False
    lately = Gift.objects.filter(attempt=gift_request.attempt, created_at__gt=timezone.now() - WISHES_WITHIN)
    if lately.count() >= WISHES:
        raise TooOftenError
    values = {
        "current": True,
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
        "language": gift_request.language,
        "campaign": gift_request.campaign,
        "livemode": client.is_live(),
    }
    _step_back(gift_request.attempt, gift_request.key)
    return Gift.objects.get_or_create(attempt_key=gift_request.key, defaults=values)


def _make_current(gift: Gift) -> None:
    """Let a gift that is found again be what its form asks for. One that was given stays what it is."""
    if gift.current or not gift.attempt or gift.status not in Gift.UNFINISHED:
        return
    turns.take(f"form {gift.attempt}")
    _step_back(gift.attempt, gift.attempt_key)
    Gift.objects.filter(pk=gift.pk).update(current=True)
    gift.current = True


def _step_back(attempt: str, key: str | None) -> None:
    """What a form asked for before, with other values, is not its current wish any more. Raises FormGaveError."""
    others = Gift.objects.filter(attempt=attempt, current=True).exclude(attempt_key=key)
    others.filter(status__in=Gift.UNFINISHED).update(current=False)
    if _gave(attempt, key):
        raise FormGaveError


def _gave(attempt: str, key: str | None) -> bool:
    others = Gift.objects.filter(attempt=attempt, current=True).exclude(attempt_key=key)
    return others.exclude(status__in=Gift.UNFINISHED).exists()


def _find(gift_request: GiftRequest, known: Sequence[str]) -> Gift | None:
    return _begun_before(gift_request, known) or Gift.objects.filter(attempt_key=gift_request.key).first()


def _begun_before(gift_request: GiftRequest, known: Sequence[str]) -> Gift | None:
    for earlier in Gift.objects.resumable().filter(reference__in=known, current=True):
        if replace(gift_request, attempt=earlier.attempt).key == earlier.attempt_key:
            return earlier
    return None


def _page_is_over(gift: Gift) -> bool:
    """Whether the gift would need a second Checkout Session, as far as our row knows."""
    ended = gift.session_expires_at is not None and gift.session_expires_at < timezone.now()
    return ended or gift.status == Gift.Status.EXPIRED


def _count(gift: Gift, address_block: str) -> None:
    """Count one more payment page. Raises TooOftenError."""
    network = client_ip.network(address_block)
    for kind, who in (("email", mailbox.behind(gift.email)), ("address", address_block), ("network", network)):
        if not ratelimit.allow(f"give by {kind}", who, *LIMITS[kind]):
            raise TooOftenError


def release(gift: Gift) -> None:
    """Confirm a held gift: its mailed link was followed, or a proof of work was done."""
    Opening.objects.filter(gift=gift, held=True).update(held=False, vouched=True)

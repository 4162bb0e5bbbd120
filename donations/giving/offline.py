"""Offline gifts, entered by staff: cheques, cash, transfers, donor-advised funds, shares, and gifts in kind."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from donations.books import ledger, receipts
from donations.letters import gift_letters
from donations.models import Gift, LedgerEntry
from donations.models.frequency import Frequency
from donations.models.gifts import NO_CURRENCY, Method
from foundation.organisation import mode
from foundation.organisation.models import Organisation
from supporters.supporters import get_or_create_supporter

Kind = LedgerEntry.Kind


@dataclass(frozen=True)
class Entry:
    """An offline gift as staff typed it. `amount` in minor units of `currency`: of shares what their sale brought; a
    gift in kind has a description in their place. From a donor-advised fund, `name` and `email` are the recommender's.

    `attempt` (idempotency key) is the form it came from: sent twice, it is one gift.
    """

    attempt: str
    method: Method
    received_on: date
    amount: int = 0
    currency: str = NO_CURRENCY
    description: str = ""
    name: str = ""
    company: str = ""
    email: str = ""
    bank_reference: str = ""
    sponsor: str = ""
    shares: Decimal | None = None
    security: str = ""


@transaction.atomic
def record(entry: Entry, **more: Any) -> Gift:
    """Book an offline gift with its ledger entry (kind "offline"), receipt and letter, in one transaction; idempotent.

    It is dated noon of the day on which it was received, on the organisation's own calendar. `more` sets further fields
    of the gift. A gift in kind has no ledger entry, because no money moved.
    """
    gift, made = Gift.objects.get_or_create(attempt_key=entry.attempt, defaults={**_fields(entry), **more})
    if not made:
        return gift
    if not gift.is_in_kind:
        _book(gift, Kind.OFFLINE, gift.amount)
    gift_letters.receipt(receipts.issue(gift))
    return gift


@transaction.atomic
def take_back(gift: Gift) -> None:
    """Refund or cancel an offline gift: the money was given back, or it was entered by mistake. Its ledger entries
    stay, further ones cancel them.

    The new receipt says that nothing is left and names the first. Idempotent. Raises ValueError for any gift that is
    not an offline gift of money.
    """
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift.pk)
    if not gift.is_offline or gift.is_in_kind:
        raise ValueError("Only money that came without Stripe is taken back here.")
    _book(gift, Kind.REFUND, -gift.amount)
    document = receipts.correct(gift)
    if document.replaces:
        gift_letters.receipt_corrected(document)


def _book(gift: Gift, kind: LedgerEntry.Kind, amount: int) -> None:
    at = gift.paid_at if kind == Kind.OFFLINE and gift.paid_at else timezone.now()
    ledger.book(
        entry_name(gift),
        kind,
        at,
        gift=gift,
        amount=amount,
        currency=gift.currency,
        livemode=gift.livemode,
    )


def entry_name(gift: Gift, number: int = 1) -> str:
    """What ledger entries of an offline gift name in the place of an object at Stripe: `number` is how often it was
    entered, the first one 1.
    """
    return f"offline:{gift.reference}" + (f":{number}" if number > 1 else "")


def noon(day: date) -> datetime:
    """The moment at which what came on that day is dated: noon on the organisation's own calendar."""
    return datetime.combine(day, time(12), tzinfo=Organisation.load().zone)


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "frequency": Frequency.ONCE,
        "method": entry.method,
        "description": entry.description,
        "currency": entry.currency,
        "amount": entry.amount,
        "total": entry.amount,
        "email": entry.email,
        "name": entry.name,
        "company": entry.company,
        "bank_reference": entry.bank_reference,
        "sponsor": entry.sponsor,
        "shares": entry.shares,
        "security": entry.security,
        "supporter": get_or_create_supporter(entry.email, entry.name) if entry.email else None,
        "status": Gift.Status.PAID,
        "paid_at": noon(entry.received_on),
        "livemode": not mode.no_money_moves(),
    }

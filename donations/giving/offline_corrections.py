"""Correct an offline gift that was entered wrongly: by further ledger entries and a further receipt, never by a change
of the first ones.
"""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction

from donations.books import ledger, receipts
from donations.giving import offline
from donations.letters import gift_letters
from donations.models import Gift, LedgerEntry, Receipt
from foundation.organisation.models import Organisation

Kind = LedgerEntry.Kind


@dataclass(frozen=True)
class Right:
    """What is right of an offline gift: the day, the sum in minor units of its currency (0 for a gift in kind), and
    further fields of the gift by name, such as fund, campaign, sponsor or bank_reference.
    """

    received_on: date
    amount: int
    more: dict[str, Any] = field(default_factory=dict)


class ChangedMeanwhileError(Exception):
    """Somebody else put the gift right since this page was shown."""


def stands(gift: Gift) -> str:
    """What may be put right of the gift as it stands, in one word: another word, and it was changed."""
    names = ("paid_at", "amount", "fund_id", "campaign_id", "bank_reference", "sponsor", "shares", "security")
    said = [str(getattr(gift, name)) for name in (*names, "description")]
    return sha256("\0".join(said).encode()).hexdigest()


def may_be_put_right(gift: Gift) -> bool:
    """Whether it came without Stripe, and was not taken back: then nothing is left that could be wrong."""
    return gift.is_offline and (gift.is_in_kind or LedgerEntry.objects.kept(gift)[0] > 0)


@transaction.atomic
def put_right(gift: Gift, right: Right, seen: str = "") -> tuple[bool, Receipt | None]:
    """Correct the gift. Where the sum or the day was wrong, one ledger entry (kind "correction") takes the last one
    back, on its own day, and another (kind "offline") says what came, on the right day. A receipt that says otherwise
    is replaced by a corrected one, which is mailed. Idempotent.

    `seen` is how it stood (`stands`) on the page that staff read; "": whatever stands there. Returns whether anything
    changed, and the corrected receipt, if one was written. Raises ValueError for what may not be put right, and
    ChangedMeanwhileError, with nothing changed, where it stands otherwise by now.
    """
    gift = Gift.objects.select_for_update().get(pk=gift.pk)
    if not may_be_put_right(gift) or (right.amount > 0) is gift.is_in_kind:
        raise ValueError("Only what came without Stripe and is still there is put right here.")
    was = gift.paid_at and Organisation.load().day_of(gift.paid_at)
    changed = {name: value for name, value in right.more.items() if getattr(gift, name) != value}
    if right.received_on != was:
        changed["paid_at"] = offline.noon(right.received_on)
    if right.amount != gift.amount:
        changed |= {"amount": right.amount, "total": right.amount}
    if not changed:
        return False, None
    if seen and seen != stands(gift):
        raise ChangedMeanwhileError
    for name, value in changed.items():
        setattr(gift, name, value)
    gift.save(update_fields=list(changed))
    if not gift.is_in_kind and {"amount", "paid_at"} & set(changed):
        _book_anew(gift)
    document = receipts.put_right(gift)
    if document:
        gift_letters.receipt_corrected(document)
    return True, document


def _book_anew(gift: Gift) -> None:
    """Take the last entry back as it stands, and enter the gift once more as it is now."""
    entered = gift.entries.filter(kind=Kind.OFFLINE)
    last = entered.latest("pk")
    name = offline.entry_name(gift, entered.count() + 1)
    common = {"gift": gift, "currency": last.currency, "livemode": last.livemode}
    ledger.book(name, Kind.CORRECTION, last.occurred_at, amount=-last.amount, day=last.day, **common)
    ledger.book(name, Kind.OFFLINE, gift.paid_at or last.occurred_at, amount=gift.amount, **common)

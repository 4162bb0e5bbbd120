"""Book ledger entries, idempotent by Stripe object and kind: charge, settlement, fee, refund, dispute, reversal.

Rows are only ever added: D-010.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from donations.models import Gift, LedgerEntry
from donations.stripe import objects
from foundation.organisation.models import Organisation
from foundation.prepared import commands, queries

Kind = LedgerEntry.Kind


def record_charge(gift: Gift, charge: objects.Charge) -> None:
    """Book the charge of a gift, and its fee once Stripe knows it. Call it with the gift locked; idempotent."""
    entry = queries.first(_known, thing=charge.id, kind=str(Kind.CHARGE))
    settlement = charge.settlement
    common: dict[str, Any] = {
        "gift": gift,
        "settled_currency": settlement.currency if settlement else "",
        "balance_transaction": settlement.id if settlement else "",
        "livemode": charge.livemode,
    }
    if settlement:
        _take_back_foreign(settlement.id)
    known = settlement.gross if settlement else None
    sums = {"currency": charge.currency, "settled": known}
    if entry is None:
        cover = gift.fee_cover if charge.amount == gift.total else 0
        book(charge.id, Kind.CHARGE, charge.created, amount=charge.amount, cover=cover, **sums, **common)
    elif entry.settled is None and settlement:
        book(charge.id, Kind.SETTLEMENT, charge.created, amount=0, **sums, **common)
    if settlement:
        _fee(charge.id, settlement.fee, charge.created, **common)


def record_refund_or_dispute(
    gift: Gift, stripe_object: str, kind: LedgerEntry.Kind, amount: int, txn: objects.BalanceTransaction
) -> bool:
    """Book a refund, a dispute or the reversal of one: money of a gift that went back (amount below zero) or returned
    to us (above), in minor units of the gift's currency.

    More may go than is left of the gift: a bank disputes all of what was refunded in part, or a larger sum. What is
    left then is nothing, and the rest stands in `beyond`; of what returns later, that is made good first. Call it with
    the gift locked. Idempotent. True when it is new.
    """
    common: dict[str, Any] = {
        "gift": gift,
        "settled_currency": txn.currency,
        "balance_transaction": txn.id,
        "livemode": gift.livemode,
    }
    _take_back_foreign(txn.id)
    before, _cover = LedgerEntry.objects.kept(gift)
    after = before + LedgerEntry.objects.beyond(gift) + amount
    if gift.entries.filter(kind=Kind.CHARGE).exists():  # else the refund came before its charge
        after = max(after, 0)
    cover = _cover_in(gift, after) - _cover_in(gift, before)
    made = book(
        stripe_object,
        kind,
        txn.created,
        amount=after - before,
        beyond=amount - (after - before),
        cover=cover,
        currency=gift.currency,
        settled=txn.gross,
        **common,
    )
    _fee(stripe_object if kind in (Kind.REFUND, Kind.DISPUTE) else txn.id, txn.fee, txn.created, **common)
    return made


def record_without_gift(txn: objects.BalanceTransaction, kind: LedgerEntry.Kind, livemode: bool) -> bool:
    """Book a balance transaction of no gift: Stripe's own fees, payouts, foreign money. True when it is new."""
    return book(
        txn.id,
        kind,
        txn.created,
        amount=txn.net,
        currency=txn.currency,
        settled=txn.net,
        settled_currency=txn.currency,
        balance_transaction=txn.id,
        livemode=livemode,
    )


def _take_back_foreign(txn: str) -> None:
    """Reverse a foreign entry once its gift has turned up: a further row takes it off the balance again."""
    for entry in queries.rows(_known, thing=txn, kind=str(Kind.FOREIGN)):
        back = {"amount": -entry.amount, "currency": entry.currency, "livemode": entry.livemode}
        settled = {"settled": -(entry.settled or 0), "settled_currency": entry.settled_currency}
        book(txn, Kind.FOREIGN_REVERSAL, entry.occurred_at, **back, **settled, balance_transaction=txn)


def book(stripe_object: str, kind: LedgerEntry.Kind, at: datetime, **fields: Any) -> bool:
    """Get or create one ledger entry: the Stripe object and the kind are its idempotency key. `at` is when it happened,
    UTC; its day is that of the organisation's clock, unless `fields` say another. True when it is new.
    """
    fields = {"occurred_at": at, "day": Organisation.load().day_of(at), **fields}
    entry = LedgerEntry(stripe_object=stripe_object, kind=kind, **fields)
    return commands.insert_new(entry, "stripe_object", "kind")


def _known(thing: str, kind: str) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(stripe_object=thing, kind=kind)


def _fee(stripe_object: str, fee: int, at: datetime, **common: Any) -> None:
    """Book the fee of a balance transaction in minor units or, below zero, what Stripe gave back of an earlier fee."""
    if fee:
        kind = Kind.FEE if fee > 0 else Kind.FEE_RETURNED
        book(stripe_object, kind, at, amount=-fee, currency=common["settled_currency"], settled=-fee, **common)


def _cover_in(gift: Gift, kept: int) -> int:
    """Fee cover in what is left of a gift (minor units): its share, so that the last refund takes the last of it."""
    return gift.fee_cover * min(max(kept, 0), gift.total) // gift.total

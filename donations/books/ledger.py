"""Write what money did, once for each movement: charge, settlement, fee, and all that comes back."""

from datetime import datetime
from typing import Any

from donations.models import Gift, LedgerEntry
from donations.stripe import objects
from foundation.organisation.models import Organisation

Kind = LedgerEntry.Kind


def record_charge(gift: Gift, charge: objects.Charge) -> None:
    """The charge of a gift, and its fee as soon as Stripe knows it. Call it with the gift locked; twice is once."""
    entry = LedgerEntry.objects.filter(stripe_object=charge.id, kind=Kind.CHARGE).first()
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
        put(charge.id, Kind.CHARGE, charge.created, amount=charge.amount, cover=cover, **sums, **common)
    elif entry.settled is None and settlement:
        put(charge.id, Kind.SETTLEMENT, charge.created, amount=0, **sums, **common)
    if settlement:
        _fee(charge.id, settlement.fee, charge.created, **common)


def record_return(
    gift: Gift, stripe_object: str, kind: LedgerEntry.Kind, amount: int, movement: objects.Movement
) -> bool:
    """Money of a gift that went back (amount below zero) or returned to us (above), in the gift's currency.

    More may go than is left of the gift: a bank disputes all of what was refunded in part, or a larger sum. What is
    left then is nothing, and the rest stands in `beyond`; of what returns later, that is made good first. Call it
    with the gift locked. Twice is once. True when it is new.
    """
    common: dict[str, Any] = {
        "gift": gift,
        "settled_currency": movement.currency,
        "balance_transaction": movement.id,
        "livemode": gift.livemode,
    }
    _take_back_foreign(movement.id)
    before, _cover = LedgerEntry.objects.kept(gift)
    after = before + LedgerEntry.objects.beyond(gift) + amount
    if gift.entries.filter(kind=Kind.CHARGE).exists():  # else the return is told first, and its charge comes yet
        after = max(after, 0)
    cover = _cover_in(gift, after) - _cover_in(gift, before)
    made = put(
        stripe_object,
        kind,
        movement.created,
        amount=after - before,
        beyond=amount - (after - before),
        cover=cover,
        currency=gift.currency,
        settled=movement.gross,
        **common,
    )
    _fee(
        stripe_object if kind in (Kind.REFUND, Kind.DISPUTE) else movement.id, movement.fee, movement.created, **common
    )
    return made


def record_other(movement: objects.Movement, kind: LedgerEntry.Kind, livemode: bool) -> bool:
    """A movement that belongs to no gift: Stripe's own fees, payouts, money that is not ours. True when it is new."""
    return put(
        movement.id,
        kind,
        movement.created,
        amount=movement.net,
        currency=movement.currency,
        settled=movement.net,
        settled_currency=movement.currency,
        balance_transaction=movement.id,
        livemode=livemode,
    )


def _take_back_foreign(movement: str) -> None:
    """Its owner turned up: what was booked as not ours leaves the balance again by a further row."""
    for entry in LedgerEntry.objects.filter(stripe_object=movement, kind=Kind.FOREIGN):
        back = {"amount": -entry.amount, "currency": entry.currency, "livemode": entry.livemode}
        settled = {"settled": -(entry.settled or 0), "settled_currency": entry.settled_currency}
        put(movement, Kind.FOREIGN_REVERSAL, entry.occurred_at, **back, **settled, balance_transaction=movement)


def put(stripe_object: str, kind: LedgerEntry.Kind, at: datetime, **fields: Any) -> bool:
    """One row, unless it is there: the object and the kind of movement name it. `at` is when it happened, UTC."""
    _entry, made = LedgerEntry.objects.get_or_create(
        stripe_object=stripe_object,
        kind=kind,
        defaults={"occurred_at": at, "day": Organisation.load().day_of(at), **fields},
    )
    return made


def _fee(stripe_object: str, fee: int, at: datetime, **common: Any) -> None:
    """What a movement cost, or, below zero, what Stripe gave back of an earlier fee."""
    if fee:
        kind = Kind.FEE if fee > 0 else Kind.FEE_RETURNED
        put(stripe_object, kind, at, amount=-fee, currency=common["settled_currency"], settled=-fee, **common)


def _cover_in(gift: Gift, kept: int) -> int:
    """The fee cover in what is left of a gift: its share, so that the last refund takes the last of it."""
    return gift.fee_cover * min(max(kept, 0), gift.total) // gift.total

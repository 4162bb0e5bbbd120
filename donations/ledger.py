"""Write what money did, once for each movement: the charge, its settlement, its fee."""

from donations import facts
from donations.models import Gift, LedgerEntry
from foundation.organisation.models import Organisation

Kind = LedgerEntry.Kind


def record_charge(gift: Gift, charge: facts.Charge) -> None:
    """The charge of a gift, and its fee as soon as Stripe knows it. Call it with the gift locked; twice is once."""
    entry = LedgerEntry.objects.filter(stripe_object=charge.id, kind=Kind.CHARGE).first()
    settlement = charge.settlement
    if entry is None:
        _write(gift, charge, Kind.CHARGE, charge.amount, charge.currency, settlement.gross if settlement else None)
    elif entry.settled is None and settlement:
        _write(gift, charge, Kind.SETTLEMENT, 0, charge.currency, settlement.gross)
    if settlement and settlement.fee:
        _write(gift, charge, Kind.FEE, -settlement.fee, settlement.currency, -settlement.fee)


def _write(gift: Gift, charge: facts.Charge, kind: Kind, amount: int, currency: str, settled: int | None) -> None:
    settlement = charge.settlement
    LedgerEntry.objects.get_or_create(
        stripe_object=charge.id,
        kind=kind,
        defaults={
            "gift": gift,
            "amount": amount,
            "currency": currency,
            "settled": settled,
            "settled_currency": settlement.currency if settlement else "",
            "balance_transaction": settlement.id if settlement else "",
            "occurred_at": charge.created,
            "day": Organisation.load().day_of(charge.created),
            "livemode": charge.livemode,
        },
    )

"""The ladders of amounts as the giving form shows them: each rung with what it does, and with what is true of it."""

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField

from donations import money
from donations.models import CostLine, Currency


@dataclass(frozen=True)
class Rung:
    """`radio`: its input, None behind the last. `cost`: what the sum does. `quiet`: no monthly gift is suggested."""

    radio: Any
    cost: CostLine | None
    most_chosen: bool
    quiet: bool
    own: bool = False


def rungs(field: BoundField, currency: Currency, frequency: str, costs: dict[int, CostLine]) -> list[Rung]:
    """The ladder of one frequency; the last rung is another amount."""
    amounts: list[int | None] = [*currency.ladder(frequency), None]
    most = currency.most_chosen.get(frequency)
    return [
        Rung(
            radio=radio,
            cost=costs.get(amount) if amount else None,
            most_chosen=amount is not None and amount == most,
            quiet=not amount or not currency.monthly_instead(amount),
            own=amount is None,
        )
        for radio, amount in zip(field, amounts, strict=True)
    ]


def costs(currency: Currency) -> dict[int, CostLine]:
    """What sums of this currency do, by minor units; only what staff have cited and looked up lately."""
    return {line.amount: line for line in CostLine.objects.fresh().filter(currency=currency)}


def fees(currency: Currency, frequency: str) -> list[tuple[str, str]]:
    """Each rung with the exact sum that covers its fee, for those who see no live total."""
    code = currency.code
    ladder = currency.ladder(frequency)
    return [(money.short(amount, code), money.show(currency.fee_cover(amount), code)) for amount in ladder]

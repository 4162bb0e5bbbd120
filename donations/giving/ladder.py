"""Amount ladders of the giving form: each suggested amount with what it pays for, and whether it is most chosen."""

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField

from donations import money
from donations.giving.forms import OTHER, GiveForm
from donations.models import CostLine, Currency


@dataclass(frozen=True)
class Rung:
    """One suggested amount. `radio`: its input. `cost`: what the sum pays for. `quiet`: no monthly gift is suggested.
    `own`: the last one, another amount.
    """

    radio: Any
    cost: CostLine | None
    most_chosen: bool
    quiet: bool
    own: bool = False


def rungs(field: BoundField, currency: Currency, frequency: str, costs: list[CostLine]) -> list[Rung]:
    """Return the ladder of one frequency; the last rung is another amount."""
    amounts: list[int | None] = [*currency.ladder(frequency), None]
    most = currency.most_chosen.get(frequency)
    does = {line.amount: line for line in costs if line.frequency in ("", frequency)}
    return [
        Rung(
            radio=radio,
            cost=does.get(amount) if amount else None,
            most_chosen=amount is not None and amount == most,
            quiet=not amount or not currency.monthly_instead(amount),
            own=amount is None,
        )
        for radio, amount in zip(field, amounts, strict=True)
    ]


def costs(currency: Currency) -> list[CostLine]:
    """Return what sums of this currency pay for; only what staff have cited and checked lately."""
    return list(CostLine.objects.fresh().filter(currency=currency))


def fees(form: GiveForm, frequency: str) -> list[tuple[str, str]]:
    """Return the typed sum, where the form holds one, and each rung, with the exact sum that covers its fee: for those
    who see no live total.
    """
    currency = form.money_of
    sums = [*_typed(form, frequency), *currency.ladder(frequency)]
    code = currency.code
    return [(money.short(amount, code), money.show(currency.fee_cover(amount), code)) for amount in sums]


def _typed(form: GiveForm, frequency: str) -> list[int]:
    if form[f"amount_{frequency}"].value() != OTHER:
        return []
    try:
        amount = money.parse(form["other"].value() or "", form.money_of.code)
    except money.AmountError:
        return []
    return [amount] if form.money_of.takes(amount) else []

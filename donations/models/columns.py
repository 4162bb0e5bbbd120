"""Columns of a list that are sums: the whole number in the books, written as people write it."""

from collections.abc import Callable
from typing import Any

from donations import money
from staff.columns import column


def money_column(field: str, title: Any, currency: str = "currency") -> Callable[[Any], str]:
    """The method of a row that writes the sum in `field`, minor units of the code in `currency`. None: empty."""

    @column(title, sorted_by=field)
    def text(row: Any) -> str:
        amount = getattr(row, field)
        return "" if amount is None else money.exact(amount, getattr(row, currency))

    return text

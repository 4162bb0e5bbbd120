"""Cells of a spreadsheet that hold what people typed."""

from typing import Any

# A spreadsheet program takes text that begins so for a formula; the last four are the full-width forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(value: Any) -> Any:
    """Text that no spreadsheet program takes for a formula. Numbers and dates stay what they are."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value

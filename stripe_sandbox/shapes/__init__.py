"""Serialisation of Stripe's objects at this API version: functions that build one whole JSON object each.

Rule for every field: required is always there, nullable is null when unknown, and an optional field that cannot be null
is left out until it exists.
"""

from typing import Any


def nulls(names: str) -> dict[str, Any]:
    """Return fields that are null until something fills them: `names` separated by spaces."""
    return dict.fromkeys(names.split())


def inner_list(items: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """Return a list object that is a field of another object."""
    return {"object": "list", "data": items, "has_more": False, "url": url}

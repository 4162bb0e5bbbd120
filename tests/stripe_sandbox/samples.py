"""Oracle three: is every key there that Stripe's own sample of the object has? (See samples.LICENSE.)"""

import json
from functools import cache
from pathlib import Path
from typing import Any

# Keys that the samples have and a complete answer of this API version has not.
LEFT_OUT = {
    "charge.refunds": "only when expanded",
    "dispute.payment_method_details": "of bank debits there are none",
    "invoice.subscription": "removed in 2025-03-31.basil; now parent.subscription_details.subscription",
}
# Hashes whose keys depend on what the account uses: the samples fill them with everything or nothing.
FREE = {"metadata", "payment_method_options", "capabilities", "currency_options"}


@cache
def _samples() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "samples.json").read_text())


def problems(thing: Any) -> list[str]:
    """Keys that are missing, in the object and in every object inside it."""
    if isinstance(thing, list):
        return [fault for item in thing for fault in problems(item)]
    if not isinstance(thing, dict):
        return []
    kind = thing.get("object")  # in an event's data this is the object itself
    faults: list[str] = []
    if isinstance(kind, str) and not thing.get("deleted") and (sample := _samples().get(kind)):
        faults = _missing(sample, thing, kind)
    return faults + [fault for value in thing.values() for fault in problems(value)]


def _missing(sample: Any, thing: Any, path: str) -> list[str]:
    faults = []
    other = sample.get("type") if sample.get("type") != thing.get("type") else None  # a bank has no `card`
    for name, value in sample.items():
        where = f"{path}.{name}"
        inner = thing.get(name)
        if name not in thing and name != other:
            faults += [] if where in LEFT_OUT else [f"{where}: missing"]
        elif isinstance(value, dict) and isinstance(inner, dict) and name not in FREE and "object" not in value:
            faults += _missing(value, inner, where)
    return faults

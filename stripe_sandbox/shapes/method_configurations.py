"""Shapes: the payment method configuration, which says what Checkout's page offers."""

from typing import Any

Thing = dict[str, Any]


def configuration(configuration_id: str, shown: dict[str, bool]) -> Thing:
    """`shown`: whether each payment method is displayed. Every capability of the account is active."""
    return {
        "id": configuration_id,
        "object": "payment_method_configuration",
        "active": True,
        "application": None,
        "is_default": True,
        "livemode": False,
        "name": "Default",
        "parent": None,
        **{name: method(on) for name, on in shown.items()},
    }


def method(on: bool) -> Thing:
    value = "on" if on else "off"
    return {"available": on, "display_preference": {"overridable": None, "preference": value, "value": value}}

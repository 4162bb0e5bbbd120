"""Orders: what we ask Stripe for when somebody gives (Checkout Session), and when money goes back (refund)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class CheckoutOrder:
    """What a Checkout Session is asked for. `total` in minor units; `attempt` counts the sessions of one gift."""

    reference: str
    attempt: int
    interval: str  # "month" or "year"; empty for a gift that is given once
    currency: str
    total: int
    email: str
    product: str
    description: str
    expires_at: datetime
    success_url: str
    cancel_url: str
    language: str = "en"  # of Stripe's page


@dataclass(frozen=True)
class RefundOrder:
    """What a refund is asked for. `amount` in minor units; `attempt` counts the calls for one wish, named `key`."""

    payment_intent: str
    amount: int
    reason: str  # one of Stripe's
    key: str
    attempt: int


def params(order: CheckoutOrder) -> dict[str, Any]:
    """Return the API parameters of the session."""
    ours = {"gift": order.reference}
    price: dict[str, Any] = {
        "currency": order.currency.lower(),
        "unit_amount": order.total,
        "product": order.product,
    }
    wanted: dict[str, Any] = {
        "mode": "subscription" if order.interval else "payment",
        "submit_type": "donate",
        "line_items": [{"quantity": 1, "price_data": price}],
        "customer_email": order.email,
        "client_reference_id": order.reference,
        "metadata": {**ours, "attempt": str(order.attempt)},
        "adaptive_pricing": {"enabled": False},  # the donor pays in the currency of our books
        "expires_at": int(order.expires_at.timestamp()),
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "locale": order.language,
    }
    if order.interval:
        price["recurring"] = {"interval": order.interval}
        wanted["subscription_data"] = {"metadata": ours, "description": order.description}
    else:
        wanted["payment_intent_data"] = {"metadata": ours, "description": order.description}
    return wanted

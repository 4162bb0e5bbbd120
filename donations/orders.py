"""What we ask Stripe for when somebody gives: one payment page."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CheckoutOrder:
    """What a payment page is asked for. `total` in minor units; `attempt` counts the pages of one gift."""

    reference: str
    attempt: int
    monthly: bool
    currency: str
    total: int
    email: str
    product: str
    description: str
    expires_at: datetime
    success_url: str
    cancel_url: str
    language: str = "en"  # of Stripe's page

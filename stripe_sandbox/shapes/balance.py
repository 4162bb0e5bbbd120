"""Shapes: the balance and balance transactions."""

from typing import Any

Thing = dict[str, Any]


def balance_transaction(
    transaction_id: str, now: int, kind: str, category: str, amount: int, currency: str, available: int, facts: Thing
) -> Thing:
    """Balance transaction, in minor units of the settlement currency. `facts`: fee, source (id), description, rate."""
    fee = facts.get("fee", 0)
    details = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": facts.get("fee_description", "Stripe processing fees"),
        "type": "stripe_fee",
    }
    return {
        "id": transaction_id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": facts.get("description"),
        "exchange_rate": facts.get("rate"),
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": facts.get("source"),
        "status": "available" if available <= now else "pending",
        "type": kind,
    }


def balance(currency: str, available: int, pending: int) -> Thing:
    def part(amount: int) -> list[Thing]:
        return [{"amount": amount, "currency": currency, "source_types": {"card": amount}}]

    return {
        "object": "balance",
        "available": part(available),
        "connect_reserved": [{"amount": 0, "currency": currency}],
        "livemode": False,
        "pending": part(pending),
    }

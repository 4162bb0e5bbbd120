"""Shapes: subscription and its items."""

from typing import Any

from . import inner_list, nulls
from .catalog import plan

Thing = dict[str, Any]


SUBSCRIPTION_NOT_USED = (
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at "
    "customer_account days_until_due default_source ended_at latest_invoice managed_payments "
    "next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval "
    "pending_setup_intent pending_update schedule status_details test_clock transfer_data trial_end "
    "trial_start"
)


def subscription(subscription_id: str, now: int, params: Thing, items: list[Thing]) -> Thing:
    """`params`: customer, default_payment_method, currency, description, metadata."""
    return {
        "id": subscription_id,
        "object": "subscription",
        **nulls(SUBSCRIPTION_NOT_USED),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_mode": {
            "flexible": {"proration_discounts": "included"},
            "type": "flexible",
            "updated_at": now,
        },
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": params["currency"],
        "customer": params["customer"],
        "default_payment_method": params["default_payment_method"],
        "default_tax_rates": [],
        "description": params.get("description"),
        "discounts": [],
        "invoice_settings": {
            **nulls("account_tax_ids custom_fields description footer"),
            "issuer": {"type": "self"},
        },
        "items": inner_list(items, f"/v1/subscription_items?subscription={subscription_id}"),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "payment_settings": {
            "payment_method_options": {"card": {"network": None, "request_three_d_secure": "automatic"}},
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": now,
        "status": "active",
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    }


def subscription_item(item_id: str, subscription_id: str, now: int, end: int, price: Thing, quantity: int) -> Thing:
    return {
        "id": item_id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": end,
        "current_period_start": now,
        "discounts": [],
        "metadata": {},
        "plan": plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription_id,
        "tax_rates": [],
    }

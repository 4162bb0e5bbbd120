"""Shapes: invoice, its lines, invoice payment."""

from typing import Any

from . import inner_list, nulls

Thing = dict[str, Any]


def invoice(
    invoice_id: str, now: int, sub: Thing, customer: Thing, account: Thing, reason: str, lines: list[Thing]
) -> Thing:
    total = sum(line["amount"] for line in lines)
    parent = {
        "quote_details": None,
        "subscription_details": {"metadata": sub["metadata"], "subscription": sub["id"]},
        "type": "subscription_details",
    }
    return {
        **_invoice_not_used(),
        "id": invoice_id,
        "object": "invoice",
        "account_country": account["country"],
        "account_name": account["business_profile"]["name"],
        "amount_due": total,
        "amount_paid": 0,
        "amount_remaining": total,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": sub["currency"],
        "customer": customer["id"],
        **{f"customer_{name}": customer[name] for name in ("address", "email", "name", "phone")},
        "lines": inner_list(lines, f"/v1/invoices/{invoice_id}/lines"),
        "parent": parent,
        "period_end": now,
        "period_start": now,
        "status": "draft",
        "status_transitions": nulls("finalized_at marked_uncollectible_at paid_at voided_at"),
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_excluding_tax": total,
    }


def _invoice_not_used() -> Thing:
    """Fields of features that a monthly gift has no use for, as Stripe shows them when they are off."""
    nothing = (
        "account_tax_ids application custom_fields customer_account customer_shipping default_payment_method "
        "default_source description due_date footer from_invoice last_finalization_error latest_revision "
        "on_behalf_of receipt_number rendering shipping_cost shipping_details statement_descriptor test_clock "
        "automatically_finalizes_at effective_at ending_balance hosted_invoice_url invoice_pdf next_payment_attempt "
        "number status_details webhooks_delivered_at"
    )
    empty = (
        "customer_tax_ids default_tax_rates discounts total_discount_amounts total_pretax_credit_amounts total_taxes"
    )
    return {
        **nulls(nothing),
        **{name: [] for name in empty.split()},
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "customer_tax_exempt": "none",
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "amount_overpaid": 0,
        "amount_paid_off_stripe": 0,
        "amount_shipping": 0,
    }


def invoice_line(line_id: str, invoice_id: str, sub: Thing, item: Thing, name: str, start: int, end: int) -> Thing:
    price, quantity = item["price"], item["quantity"]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": sub["id"],
        "subscription_item": item["id"],
    }
    amount = price["unit_amount"] * quantity
    return {
        "id": line_id,
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": f"{quantity} × {name}",
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": sub["metadata"],
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"end": end, "start": start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": sub["id"],
        "subtotal": amount,
        "taxes": [],
    }


def invoice_payment(payment_id: str, now: int, invoice: Thing, intent_id: str) -> Thing:
    return {
        "id": payment_id,
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent_id, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }

"""Shapes: Checkout Session and its line items."""

from typing import Any

from . import nulls

Thing = dict[str, Any]


def session(session_id: str, now: int, params: Thing, total: int | None, currency: str | None, config: str) -> Thing:
    one_off = params["mode"] == "payment"
    texts = {name: text or None for name, text in params.get("custom_text", {}).items()}
    fixed = _not_used()
    made = {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", False)},
        "amount_subtotal": total,
        "amount_total": total,
        "billing_address_collection": params.get("billing_address_collection"),
        "branding_settings": _branding(),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "consent_collection": _consent_collection(params.get("consent_collection")),
        "created": now,
        "currency": currency,
        "custom_text": {**nulls("after_submit shipping_address submit terms_of_service_acceptance"), **texts},
        "customer": params.get("customer"),
        "customer_creation": _customer_creation(params),
        "customer_details": customer_details(params.get("customer_email")) if "customer_email" in params else None,
        "customer_email": params.get("customer_email"),
        "expires_at": params.get("expires_at", now + 86400),
        "integration_identifier": params.get("integration_identifier"),
        "invoice_creation": _invoice_creation() if one_off else None,
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": params["mode"],
        "payment_method_collection": params.get("payment_method_collection", "if_required" if one_off else "always"),
        "payment_method_configuration_details": {"id": config, "parent": None},
        "saved_payment_method_options": _saved(params),
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }
    for name in ("allowed_payment_method_types", "excluded_payment_method_types", "name_collection"):
        if name in params:
            made[name] = params[name]
    return {**fixed, **made}


def _not_used() -> Thing:
    """Fields of features that a giving page has no use for, as Stripe shows them when they are off."""
    return {
        "after_expiration": None,
        "allow_promotion_codes": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "currency_conversion": None,
        "custom_fields": [],
        "customer_account": None,
        "discounts": None,
        "invoice": None,
        "livemode": False,
        "managed_payments": None,
        "optional_items": None,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "subscription": None,
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
    }


def _branding() -> Thing:
    return {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0074d4",
        "display_name": "Offline sandbox",
        "font_family": "default",
        "icon": None,
        "logo": None,
    }


def _consent_collection(asked: Thing | None) -> Thing | None:
    if not asked:
        return None
    return {
        "payment_method_reuse_agreement": asked.get("payment_method_reuse_agreement"),
        "promotions": asked.get("promotions"),
        "terms_of_service": asked.get("terms_of_service"),
    }


def _customer_creation(params: Thing) -> str | None:
    if params.get("customer"):
        return None
    return params.get("customer_creation", "if_required") if params["mode"] != "subscription" else "always"


def _saved(params: Thing) -> Thing | None:
    if params["mode"] == "payment" and not params.get("customer") and _customer_creation(params) != "always":
        return None
    return {
        "allow_redisplay_filters": ["always"],
        "payment_method_remove": "disabled",
        "payment_method_save": None,
    }


def _invoice_creation() -> Thing:
    return {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    }


def customer_details(email: str | None, name: str | None = None, address: Thing | None = None) -> Thing:
    return {
        "address": address,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [] if address else None,
    }


def line_item(item_id: str, price: Thing, quantity: int, description: str, metadata: Thing | None) -> Thing:
    total = price["unit_amount"] * quantity
    return {
        "id": item_id,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": description,
        "metadata": metadata or {},
        "price": price,
        "quantity": quantity,
    }

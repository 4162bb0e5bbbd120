"""Shapes: customer, payment method, and the addresses in them."""

from typing import Any

Thing = dict[str, Any]


def address(**known: str | None) -> Thing:
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: known.get(name) or None for name in names}


def customer(customer_id: str, now: int, params: Thing) -> Thing:
    return {
        "id": customer_id,
        "object": "customer",
        "address": address(**params["address"]) if params.get("address") else None,
        "balance": 0,
        "created": now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description") or None,
        "discount": None,
        "email": params.get("email") or None,
        "invoice_prefix": customer_id[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "name": params.get("name") or None,
        "next_invoice_sequence": 1,
        "phone": params.get("phone") or None,
        "preferred_locales": params.get("preferred_locales") or [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def billing_details(name: str | None, email: str | None, country: str | None, postal_code: str | None) -> Thing:
    return {
        "address": address(country=country, postal_code=postal_code),
        "email": email,
        "name": name,
        "phone": None,
        "tax_id": None,
    }


def checks(billing: Thing, cvc: str = "pass") -> Thing:
    postal = "pass" if billing["address"]["postal_code"] else None
    return {"address_line1_check": None, "address_postal_code_check": postal, "cvc_check": cvc}


def payment_method(method_id: str, now: int, card: Thing, billing: Thing) -> Thing:
    """`card`: brand, last4, exp_month, exp_year, country, fingerprint."""
    details = {
        "brand": card["brand"],
        "checks": checks(billing),
        "country": card["country"],
        "display_brand": card["brand"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "fingerprint": card["fingerprint"],
        "funding": "credit",
        "generated_from": None,
        "last4": card["last4"],
        "networks": {"available": [card["brand"]], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _method(method_id, now, "card", details, billing)


def bank_method(method_id: str, now: int, bank: Thing, billing: Thing) -> Thing:
    """`bank`: kind (us_bank_account or sepa_debit), last4."""
    details: Thing
    if bank["kind"] == "us_bank_account":
        details = {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": f"us{bank['last4']}",
            "last4": bank["last4"],
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": None,
        }
    else:
        details = {
            "bank_code": "19043",
            "branch_code": "",
            "country": "AT",
            "fingerprint": f"at{bank['last4']}",
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": bank["last4"],
        }
    return _method(method_id, now, bank["kind"], details, billing)


def _method(method_id: str, now: int, kind: str, details: Thing, billing: Thing) -> Thing:
    return {
        "id": method_id,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        kind: details,
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }

"""Shapes: account, customer, payment method, and the addresses in them."""

from typing import Any

from ..banks import Bank
from ..cards import Card

Thing = dict[str, Any]


def address(**known: str | None) -> Thing:
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: known.get(name) or None for name in names}


def account(account_id: str, now: int, currency: str = "usd", country: str = "US") -> Thing:
    nothing_due: Thing = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    return {
        "id": account_id,
        "object": "account",
        "business_profile": _business_profile(),
        "business_type": "non_profit",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": country,
        "created": now,
        "default_currency": currency,
        "details_submitted": True,
        "email": "sandbox@example.org",
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "future_requirements": dict(nothing_due),
        "metadata": {},
        "payouts_enabled": True,
        "requirements": dict(nothing_due),
        "settings": _account_settings(),
        "tos_acceptance": {"date": now, "ip": None, "user_agent": None},
        "type": "standard",
    }


def _business_profile() -> Thing:
    return {
        "annual_revenue": None,
        "estimated_worker_count": None,
        "mcc": "8398",
        "minority_owned_business_designation": None,
        "name": "Offline sandbox",
        "product_description": None,
        "support_address": None,
        "support_email": None,
        "support_phone": None,
        "support_url": None,
        "url": None,
    }


def _account_settings() -> Thing:
    card_payments = {
        "decline_on": {"avs_failure": False, "cvc_failure": False},
        "statement_descriptor_prefix": "SANDBOX",
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    }
    payments = {
        "statement_descriptor": "SANDBOX",
        "statement_descriptor_kana": None,
        "statement_descriptor_kanji": None,
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    }
    schedule = {"delay_days": 2, "interval": "daily"}
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": card_payments,
        "dashboard": {"display_name": "Offline sandbox", "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "never"},
        "payments": payments,
        "payouts": {"debit_negative_balances": True, "schedule": schedule, "statement_descriptor": None},
        "sepa_debit_payments": {},
    }


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


def payment_method(method_id: str, now: int, card: Card, billing: Thing) -> Thing:
    details = {
        "brand": card.brand,
        "checks": checks(billing),
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _method(method_id, now, "card", details, billing)


def bank_method(method_id: str, now: int, bank: Bank, billing: Thing) -> Thing:
    details: Thing
    if bank.kind == "us_bank_account":
        details = {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": f"us{bank.last4}",
            "last4": bank.last4,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": None,
        }
    else:
        details = {
            "bank_code": "19043",
            "branch_code": "",
            "country": "AT",
            "fingerprint": f"at{bank.last4}",
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": bank.last4,
        }
    return _method(method_id, now, bank.kind, details, billing)


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

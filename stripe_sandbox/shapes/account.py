"""Shapes: the account."""

from typing import Any

Thing = dict[str, Any]


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

"""Length limits of texts in characters, by route and parameter; any text that is not named here may have 5000."""

import re
from typing import Any

from ..store.errors import StripeError

LONGEST = 5000
_PRODUCT = {"description": 40000, "statement_descriptor": 22, "unit_label": 12}
_CUSTOMER = {
    "business_name": 150,
    "email": 512,
    "individual_name": 150,
    "invoice_settings[custom_fields][0][name]": 40,
    "invoice_settings[custom_fields][0][value]": 140,
    "name": 256,
    "phone": 20,
}
_INLINE_PRODUCT = {
    "line_items[0][price_data][product_data][description]": 40000,
    "line_items[0][price_data][product_data][unit_label]": 12,
}
_PORTAL = {"business_profile[headline]": 60, "name": 256}
_EVIDENCE = (
    "access_activity_log cancellation_policy_disclosure cancellation_rebuttal duplicate_charge_explanation "
    "product_description refund_policy_disclosure refund_refusal_explanation uncategorized_text"
)
# From Stripe's OpenAPI description; a test compares them. A number in brackets stands for every number.
LIMITS: dict[str, dict[str, int]] = {
    "/v1/products": _PRODUCT,
    "/v1/products/{}": _PRODUCT,
    "/v1/prices": {
        "lookup_key": 200,
        "product_data[statement_descriptor]": 22,
        "product_data[unit_label]": 12,
    },
    "/v1/prices/{}": {"lookup_key": 200},
    "/v1/customers": _CUSTOMER,
    "/v1/customers/{}": _CUSTOMER,
    "/v1/checkout/sessions": {
        **_INLINE_PRODUCT,
        "client_reference_id": 200,
        "custom_text[after_submit][message]": 1200,
        "custom_text[shipping_address][message]": 1200,
        "custom_text[submit][message]": 1200,
        "custom_text[terms_of_service_acceptance][message]": 1200,
        "integration_identifier": 200,
        "payment_intent_data[description]": 1000,
        "payment_intent_data[statement_descriptor]": 22,
        "payment_intent_data[statement_descriptor_suffix]": 22,
        "subscription_data[description]": 500,
    },
    "/v1/checkout/sessions/{}": _INLINE_PRODUCT,
    "/v1/billing_portal/configurations": _PORTAL,
    "/v1/billing_portal/configurations/{}": _PORTAL,
    "/v1/payment_method_configurations/{}": {"name": 100},
    "/v1/billing_portal/sessions": {"flow_data[after_completion][hosted_confirmation][custom_message]": 500},
    "/v1/disputes/{}": {f"evidence[{name}]": 20000 for name in _EVIDENCE.split()},
    "/v1/subscriptions/{}": {"description": 500},
}


def check(address: str, params: Any) -> None:
    """Raise Stripe's parameter_invalid_string_length for the first text that is too long."""
    _walk(LIMITS.get(address, {}), params, "")


def _walk(limits: dict[str, int], value: Any, path: str) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _walk(limits, inner, f"{path}[{name}]" if path else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _walk(limits, inner, f"{path}[{number}]")
    elif isinstance(value, str):
        longest = limits.get(re.sub(r"\[\d+\]", "[0]", path), LONGEST)
        if len(value) > longest:
            message = f"Invalid string: {value[:10]}...{value[-10:]}; must be at most {longest} characters"
            raise StripeError(message, code="parameter_invalid_string_length", param=path)

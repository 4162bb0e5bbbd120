"""Supported parameters, with an effect here. Stripe's others are refused: to take and ignore one would be a lie."""

from typing import Any

from ..money import method_configurations
from ..store.errors import StripeError

# Values that switch a feature off need no support.
OFF = (False, "", "none", "auto", "if_required", "never", "off")
PAGES = "limit starting_after ending_before expand"
_SUBSCRIPTION_ITEM = "items.id items.price items.price_data items.quantity items.metadata items.deleted"
_FEATURES = (
    "features.customer_update features.invoice_history features.payment_method_update.enabled "
    "features.subscription_cancel.cancellation_reason.enabled features.subscription_cancel.cancellation_reason.options "
    "features.subscription_cancel.enabled features.subscription_cancel.mode features.subscription_pause "
    "features.subscription_update.enabled"
)
_METHODS = " ".join(f"{name}.display_preference" for name in (*method_configurations.ON, *method_configurations.OFF))
# By route: names, with a dot where only some of a parameter's own parameters count. `expand` counts everywhere.
KNOWN: dict[str, str] = {
    "GET /v1/account": "",
    "POST /v1/products": "id active description images marketing_features metadata name shippable "
    "statement_descriptor tax_code unit_label url",
    "GET /v1/products": f"{PAGES} created active shippable url",
    "POST /v1/products/{}": "active description metadata name shippable statement_descriptor unit_label url",
    "POST /v1/prices": "active currency lookup_key metadata nickname product product_data recurring.interval "
    "recurring.interval_count tax_behavior unit_amount unit_amount_decimal",
    "GET /v1/prices": f"{PAGES} created active currency product type",
    "POST /v1/prices/{}": "active lookup_key metadata nickname",
    "POST /v1/customers": "address description email metadata name phone preferred_locales",
    "GET /v1/customers/search": "limit page query",
    "GET /v1/customers": f"{PAGES} created email",
    "POST /v1/customers/{}": "address description email invoice_settings.default_payment_method metadata name phone",
    "POST /v1/checkout/sessions": "adaptive_pricing allowed_payment_method_types billing_address_collection "
    "cancel_url client_reference_id currency custom_text customer customer_creation customer_email "
    "excluded_payment_method_types expires_at integration_identifier line_items.metadata line_items.price "
    "line_items.price_data line_items.quantity locale metadata mode payment_intent_data.description "
    "payment_intent_data.metadata payment_intent_data.receipt_email payment_intent_data.setup_future_usage "
    "payment_intent_data.statement_descriptor_suffix payment_method_collection "
    "setup_intent_data.description setup_intent_data.metadata submit_type "
    "subscription_data.billing_mode subscription_data.description subscription_data.metadata success_url ui_mode",
    "GET /v1/checkout/sessions": f"{PAGES} created customer customer_details payment_intent status subscription",
    "POST /v1/checkout/sessions/{}": "metadata",
    "GET /v1/checkout/sessions/{}/line_items": PAGES,
    "GET /v1/payment_methods": f"{PAGES} customer type",
    "POST /v1/payment_methods/{}/attach": "customer",
    "GET /v1/customers/{}/payment_methods": f"{PAGES} type",
    "GET /v1/payment_method_configurations": f"{PAGES} active application",
    "POST /v1/payment_method_configurations/{}": f"name {_METHODS}",
    "GET /v1/setup_intents": f"{PAGES} created customer payment_method",
    "POST /v1/billing_portal/configurations": f"business_profile default_return_url metadata name {_FEATURES}",
    "GET /v1/billing_portal/configurations": f"{PAGES} active is_default",
    "POST /v1/billing_portal/configurations/{}": "active business_profile default_return_url metadata name "
    f"{_FEATURES}",
    "POST /v1/billing_portal/sessions": "configuration customer flow_data.after_completion "
    "flow_data.subscription_cancel.subscription flow_data.subscription_pause flow_data.type locale return_url",
    "GET /v1/payment_intents/search": "limit page query",
    "GET /v1/payment_intents": f"{PAGES} created customer",
    "GET /v1/charges/search": "limit page query",
    "GET /v1/charges": f"{PAGES} created customer payment_intent",
    "GET /v1/balance": "",
    "GET /v1/balance_transactions": f"{PAGES} created currency payout source type",
    "POST /v1/refunds": "amount charge metadata payment_intent reason",
    "GET /v1/refunds": f"{PAGES} created charge payment_intent",
    "POST /v1/refunds/{}": "metadata",
    "GET /v1/disputes": f"{PAGES} created charge payment_intent",
    "POST /v1/disputes/{}": "evidence metadata submit",
    "GET /v1/radar/early_fraud_warnings": f"{PAGES} created charge payment_intent",
    "GET /v1/payouts": f"{PAGES} arrival_date created destination status",
    "GET /v1/subscriptions/search": "limit page query",
    "GET /v1/subscriptions": f"{PAGES} created customer price status",
    "POST /v1/subscriptions/{}": "cancel_at cancel_at_period_end cancellation_details default_payment_method "
    f"description metadata pause_collection proration_behavior {_SUBSCRIPTION_ITEM}",
    "POST /v1/subscriptions/{}/pause": "bill_for invoicing_behavior type",
    "POST /v1/subscriptions/{}/resume": "billing_cycle_anchor payment_behavior",
    "DELETE /v1/subscriptions/{}": "cancellation_details",
    "GET /v1/subscription_items": f"{PAGES} subscription",
    "GET /v1/invoices/search": "limit page query",
    "GET /v1/invoices": f"{PAGES} created collection_method customer status subscription",
    "POST /v1/invoices/{}/pay": "off_session paid_out_of_band payment_method",
    "GET /v1/invoices/{}/lines": PAGES,
    "GET /v1/invoice_payments": f"{PAGES} created invoice payment status",
    "GET /v1/events": f"{PAGES} created delivery_success type types",
    "POST /v1/webhook_endpoints": "api_version description enabled_events metadata url",
    "GET /v1/webhook_endpoints": PAGES,
    "POST /v1/webhook_endpoints/{}": "description disabled enabled_events metadata url",
}


def check(address: str, params: dict[str, Any]) -> None:
    """Raise StripeError for the first parameter that Stripe would act on and this sandbox would not."""
    known = {"expand", *KNOWN.get(address, "").split()}
    for name, value in params.items():
        _check(known, name, value, name)


def _check(known: set[str], name: str, value: Any, path: str) -> None:
    if name in known or (not isinstance(value, (dict, list)) and value in OFF):
        return
    if isinstance(value, dict) and value:
        for inner, item in value.items():
            _check(known, f"{name}.{inner}", item, f"{path}[{inner}]")
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            _check(known, name, item, f"{path}[{number}]")
    else:
        message = f"The offline sandbox does not imitate `{path}`: see docs/stripe-sandbox.md."
        raise StripeError(message, param=path)

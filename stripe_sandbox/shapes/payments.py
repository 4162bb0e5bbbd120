"""Shapes: payment intent, setup intent, charge, refund."""

from typing import Any

from . import nulls
from .customers import checks

Thing = dict[str, Any]


PAYMENT_INTENT_NOT_USED = (
    "allowed_payment_method_types application application_fee_amount automatic_payment_methods canceled_at "
    "cancellation_reason customer_account excluded_payment_method_types last_payment_error latest_charge "
    "managed_payments next_action on_behalf_of payment_method payment_method_configuration_details "
    "payment_record processing review shipping source statement_descriptor transfer_data transfer_group"
)


def payment_intent(intent_id: str, now: int, facts: Thing, secret: str) -> Thing:
    """`facts`: amount, currency and, if known, customer, description, metadata, receipt_email, suffix and so on."""
    return {
        "id": intent_id,
        "object": "payment_intent",
        **nulls(PAYMENT_INTENT_NOT_USED),
        "amount": facts["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{secret}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": facts["currency"],
        "customer": facts.get("customer"),
        "description": facts.get("description"),
        "livemode": False,
        "metadata": facts.get("metadata") or {},
        "payment_method_options": {"card": _card_options()},
        "payment_method_types": ["card"],
        "receipt_email": facts.get("receipt_email"),
        "setup_future_usage": facts.get("setup_future_usage"),
        "statement_descriptor_suffix": facts.get("suffix"),
        "status": "requires_payment_method",
    }


def _card_options() -> Thing:
    return {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }


SETUP_INTENT_NOT_USED = (
    "application automatic_payment_methods cancellation_reason customer_account excluded_payment_method_types "
    "flow_directions last_setup_error latest_attempt mandate next_action on_behalf_of payment_method "
    "payment_method_configuration_details single_use_mandate"
)


def setup_intent(intent_id: str, now: int, facts: Thing, secret: str) -> Thing:
    return {
        "id": intent_id,
        "object": "setup_intent",
        **nulls(SETUP_INTENT_NOT_USED),
        "client_secret": f"{intent_id}_secret_{secret}",
        "created": now,
        "customer": facts.get("customer"),
        "description": facts.get("description"),
        "livemode": False,
        "metadata": facts.get("metadata") or {},
        "payment_method_options": {"card": {"mandate_options": None, "network": None, "request_three_d_secure": None}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }


CHARGE_NOT_USED = (
    "application application_fee application_fee_amount balance_transaction failure_balance_transaction "
    "failure_code failure_message on_behalf_of receipt_number receipt_url review shipping source "
    "source_transfer statement_descriptor transfer_data transfer_group"
)


def charge(charge_id: str, now: int, intent: Thing, method: Thing, confirmed: bool = False) -> Thing:
    """A charge that succeeded; the caller changes it for one that did not."""
    return {
        "id": charge_id,
        "object": "charge",
        **nulls(CHARGE_NOT_USED),
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": _statement(intent),
        "captured": True,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome(),
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(intent, method, confirmed),
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "succeeded",
    }


def _method_details(intent: Thing, method: Thing, confirmed: bool) -> Thing:
    kind = method["type"]
    if kind == "card":
        return {"card": _card_details(intent, method, confirmed), "type": "card"}
    left_out = ("networks", "status_details", "financial_connections_account", "generated_from")
    details = {name: value for name, value in method[kind].items() if name not in left_out}
    if kind == "sepa_debit":
        details["mandate"] = None
    else:
        details["payment_reference"] = None
    return {kind: details, "type": kind}


def _statement(intent: Thing) -> str:
    suffix = intent["statement_descriptor_suffix"]
    return (f"SANDBOX* {suffix}" if suffix else "SANDBOX")[:22]


def _outcome() -> Thing:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def _card_details(intent: Thing, method: Thing, confirmed: bool) -> Thing:
    card = method["card"]
    three_d_secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
    same = (
        "brand",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "regulated_status",
    )
    return {
        **{name: card[name] for name in same},
        "amount_authorized": intent["amount"],
        "authorization_code": "123456",
        "checks": checks(method["billing_details"]),
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": "766510003432101",
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": three_d_secure if confirmed else None,
        "transaction_link_id": None,
        "wallet": None,
    }


def refund(refund_id: str, now: int, charge: Thing, amount: int, params: Thing) -> Thing:
    made = {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": _destination(charge["payment_method_details"]["type"]),
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": params.get("status", "succeeded"),
        "transfer_reversal": None,
    }
    return made if made["status"] != "pending" else {**made, "pending_reason": "processing"}


def _destination(kind: str) -> Thing:
    if kind != "card":
        return {"type": {"us_bank_account": "us_bank_transfer", "sepa_debit": "eu_bank_transfer"}[kind]}
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"card": card, "type": "card"}

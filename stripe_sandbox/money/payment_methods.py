"""Payment methods: created for a card or a bank account, attached to customers, detached, listed."""

from dataclasses import asdict

from ..shapes import customers
from ..store.books import Books, Thing
from ..store.errors import StripeError, missing_param
from ..store.events import change, emit
from . import banks, cards

# Stripe's test payment methods, such as pm_card_visa: to attach one creates a payment method.
READY_MADE = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_createDispute": "4000000000000259",
}


def keep_method(books: Books, means: cards.Card | banks.Bank, billing_details: Thing) -> Thing:
    """Create a payment method, with its test behaviour in its note."""
    method_id = books.new_id("pm")
    if isinstance(means, cards.Card):
        books.keep_note(method_id, {"behaviour": means.behaviour})
        return books.put(customers.payment_method(method_id, books.now, asdict(means), billing_details))
    decline = asdict(means.decline) if means.decline else None
    note = {"behaviour": "bank", "days": means.days, "decline": decline, "disputed": means.disputed}
    books.keep_note(method_id, note)
    return books.put(customers.bank_method(method_id, books.now, asdict(means), billing_details))


def attach(books: Books, method_id: str, params: Thing) -> Thing:
    """POST /v1/payment_methods/{id}/attach."""
    if "customer" not in params:
        raise missing_param("customer")
    customer = books.need("customer", params["customer"], "customer")
    method = _ready_made(books, method_id) or books.need("payment_method", method_id)
    if method["customer"] not in (None, customer["id"]):
        message = "The payment method you provided has already been attached to a customer."
        raise StripeError(message, code="payment_method_unexpected_state")
    change(books, method, None, customer=customer["id"])
    emit(books, "payment_method.attached", method)
    return method


def _ready_made(books: Books, name: str) -> Thing | None:
    card = cards.read(READY_MADE.get(name, ""), 12, 2034)
    if card is None:
        return None
    return keep_method(books, card, customers.billing_details(None, None, None, None))


def detach(books: Books, method: Thing, params: Thing) -> Thing:
    """POST /v1/payment_methods/{id}/detach: no charge can use it any more."""
    if method["customer"] is None:
        raise StripeError("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer = books.own("customer", method["customer"])
    settings = customer.get("invoice_settings", {})
    if settings.get("default_payment_method") == method["id"]:
        change(books, customer, "customer.updated", invoice_settings={**settings, "default_payment_method": None})
    change(books, method, "payment_method.detached", customer=None)
    return method


def of_customer(books: Books, params: Thing, customer_id: str) -> Thing:
    books.need("customer", customer_id)
    where, values = "json_extract(body, '$.customer') = ?", [customer_id]
    if "type" in params:
        where, values = f"{where} AND json_extract(body, '$.type') = ?", [customer_id, params["type"]]
    return books.listing("payment_method", f"/v1/customers/{customer_id}/payment_methods", params, where, tuple(values))

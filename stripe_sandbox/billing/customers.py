"""Customers: created, updated, deleted."""

from ..shapes import customers as shapes
from ..store.books import Books, Thing, merged
from ..store.errors import bad_value
from ..store.events import change, emit
from . import subscriptions


def create_customer(books: Books, params: Thing) -> Thing:
    customer = books.put(shapes.customer(books.new_id("cus"), books.now, params))
    emit(books, "customer.created", customer)
    return customer


def retrieve_customer(books: Books, customer_id: str) -> Thing:
    """GET /v1/customers/{id}. A deleted customer is still returned, as a stub."""
    return books.get("customer", customer_id) or books.need("customer", customer_id)


def update_customer(books: Books, customer: Thing, params: Thing) -> Thing:
    fields: Thing = {name: params[name] or None for name in ("description", "email", "name", "phone") if name in params}
    if "address" in params:
        fields["address"] = shapes.address(**params["address"]) if params["address"] else None
    settings = params.get("invoice_settings", {})
    if "default_payment_method" in settings:
        method_id = settings["default_payment_method"] or None
        if (
            method_id
            and books.need("payment_method", method_id, "invoice_settings[default_payment_method]")["customer"]
            != customer["id"]
        ):
            raise bad_value("invoice_settings[default_payment_method]", "The payment method is not the customer's.")
        fields["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": method_id}
    fields["metadata"] = merged(customer["metadata"], params.get("metadata"))
    return change(books, customer, "customer.updated", **fields)


def delete_customer(books: Books, customer: Thing, params: Thing) -> Thing:
    """DELETE /v1/customers/{id}: their subscriptions are canceled."""
    for sub in books.find("subscription", customer=customer["id"]):
        if sub["status"] != "canceled":
            subscriptions.cancel(books, sub)
    emit(books, "customer.deleted", customer)
    return books.put({"id": customer["id"], "object": "customer", "deleted": True})

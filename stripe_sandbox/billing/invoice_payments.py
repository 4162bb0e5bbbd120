"""Invoices paid or voided by the API, outside the retry schedule (dunning)."""

from ..money import charging
from ..store.books import Books, Thing
from ..store.errors import StripeError
from . import invoicing, renewals


def pay(books: Books, invoice: Thing, params: Thing) -> Thing:
    """POST /v1/invoices/{id}/pay: now, by this or the default payment method. Raises a card error that is kept."""
    if invoice["status"] == "draft":
        invoicing.finalize(books, invoice)
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] not in ("open", "uncollectible"):
        raise StripeError(f"Invoices with a status of {invoice['status']} cannot be paid.")
    if params.get("paid_out_of_band"):
        books.unschedule(invoice["id"])
        return renewals.paid_elsewhere(books, invoice)
    payment = invoicing.payment_of(books, invoice)
    intent = books.own("payment_intent", payment["payment"]["payment_intent"]) if payment else None
    if intent is None:
        intent = charging.open_intent(books, renewals.facts(invoice))
        invoicing.begin_payment(books, invoice, intent["id"])
    if intent["status"] == "processing":
        raise StripeError(
            "A payment of this invoice is being processed.", code="invoice_payment_intent_requires_action"
        )
    decline = renewals.collect(books, invoice, intent, params.get("payment_method"), by_hand=True)
    if decline:
        more: Thing = {"decline_code": decline.decline_code} if decline.decline_code else {}
        raise StripeError(decline.words, status=402, kind="card_error", code=decline.code, keep=True, **more)
    return books.own("invoice", invoice["id"])


def void(books: Books, invoice: Thing, params: Thing) -> Thing:
    """POST /v1/invoices/{id}/void: the invoice will not be collected any more."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise StripeError(f"You can only pass in open invoices. This invoice isn't open: it is {invoice['status']}.")
    payment = invoicing.payment_of(books, invoice)
    if payment and books.own("payment_intent", payment["payment"]["payment_intent"])["status"] == "processing":
        raise StripeError("You cannot void an invoice while a payment of it is being processed.")
    books.unschedule(invoice["id"])
    return invoicing.void(books, invoice)

"""Invoices of monthly gifts: drafted, finalised, and paid by a payment intent."""

import calendar
from datetime import UTC, datetime

from ..money.balance import account
from ..shapes import invoices as shapes
from ..store.books import Books, Thing
from ..store.events import change, emit


def period_end(anchor: int, start: int, recurring: Thing) -> int:
    """End (UTC seconds) of the period that begins at `start`: the anchor's day and time, or the month's last day."""
    count = recurring["interval_count"]
    if recurring["interval"] in ("day", "week"):
        return start + count * (86400 if recurring["interval"] == "day" else 7 * 86400)
    first, here = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(start, UTC)
    months = here.year * 12 + here.month - 1 + count * (12 if recurring["interval"] == "year" else 1)
    year, month = months // 12, months % 12 + 1
    day = min(first.day, calendar.monthrange(year, month)[1])
    return int(first.replace(year=year, month=month, day=day).timestamp())


def draw_up(books: Books, sub: Thing, reason: str, period: tuple[int, int]) -> Thing:
    """Draft an invoice for the items' current periods; `period` is the invoice's own. The caller emits its event."""
    invoice_id = books.new_id("in")
    lines = []
    for item in sub["items"]["data"]:
        name = books.own("product", item["price"]["product"])["name"]
        span = (item["current_period_start"], item["current_period_end"])
        lines.append(shapes.invoice_line(books.new_id("il"), invoice_id, sub, item, name, *span))
    customer = books.own("customer", sub["customer"])
    invoice = shapes.invoice(invoice_id, books.now, sub, customer, account(books), reason, lines)
    invoice.update(period_start=period[0], period_end=period[1])
    return books.put(invoice)


def finalize(books: Books, invoice: Thing) -> Thing:
    """Finalise the draft: give it its number and open it for payment."""
    customer = books.own("customer", invoice["customer"])
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    books.put(customer)
    details = invoice["parent"]["subscription_details"]
    sub = books.own("subscription", details["subscription"])
    details["metadata"] = sub["metadata"]
    invoice["status_transitions"]["finalized_at"] = books.now
    invoice.update(
        status="open",
        number=number,
        effective_at=books.now,
        ending_balance=0,
        automatically_finalizes_at=None,
        webhooks_delivered_at=books.now,
    )
    books.put(invoice)
    emit(books, "invoice.finalized", invoice)
    return invoice


def payment_of(books: Books, invoice: Thing) -> Thing | None:
    """Return the invoice payment in force, if one was begun."""
    return next(iter(books.find("invoice_payment", invoice=invoice["id"], is_default=True)), None)


def begin_payment(books: Books, invoice: Thing, intent_id: str) -> Thing:
    payment = shapes.invoice_payment(books.new_id("inpay"), books.now, invoice, intent_id)
    return books.put(payment)


def mark_paid(books: Books, invoice: Thing, elsewhere: bool = False) -> Thing:
    """Mark the invoice as paid, when its payment intent succeeded: invoice_payment.paid, invoice.paid,
    invoice.payment_succeeded.

    `elsewhere`: it was paid out of band, and no intent succeeded.
    """
    payment = None if elsewhere else payment_of(books, invoice)
    if payment is not None:
        payment.update(amount_paid=invoice["amount_due"], status="paid")
        payment["status_transitions"]["paid_at"] = books.now
        books.put(payment)
        emit(books, "invoice_payment.paid", payment)
    invoice["status_transitions"]["paid_at"] = books.now
    invoice.update(
        status="paid",
        attempted=True,
        attempt_count=invoice["attempt_count"] + 1,
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        auto_advance=False,
        next_payment_attempt=None,
    )
    books.put(invoice)
    emit(books, "invoice.paid", invoice)
    emit(books, "invoice.payment_succeeded", invoice)
    return invoice


def void(books: Books, invoice: Thing) -> Thing:
    invoice["status_transitions"]["voided_at"] = books.now
    change(books, invoice, None, status="void", auto_advance=False, next_payment_attempt=None)
    emit(books, "invoice.voided", invoice)
    return invoice

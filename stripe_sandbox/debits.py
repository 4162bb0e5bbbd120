"""Bank debits that were on their way: days later they arrive or come back, and everything waiting on them moves."""

from . import banks, charging, disputes, renewals
from .books import Books, Thing
from .cards import Decline
from .events import change, emit


def land(books: Books, charge_id: str, status: str | None = None) -> Thing:
    """The bank has decided about a pending charge; `status` (succeeded or failed) overrules the test account."""
    charge = books.own("charge", charge_id)
    books.unschedule(charge_id)
    if charge["status"] != "pending":
        return charge
    intent = books.own("payment_intent", charge["payment_intent"])
    note = books.note(charge["payment_method"])
    decline = Decline(**note["decline"]) if note.get("decline") else None
    if status == "failed" and decline is None:
        decline = banks.UNKNOWN
    if decline and status != "succeeded":
        _came_back(books, charge, intent, decline)
    else:
        _arrived(books, charge, intent, note)
    return books.own("charge", charge_id)


def _arrived(books: Books, charge: Thing, intent: Thing, note: Thing) -> None:
    change(books, charge, None, status="succeeded", paid=True)
    emit(books, "charge.succeeded", charge)
    charging.received(books, intent, charge)
    invoice = _invoice(books, intent)
    if invoice is not None:
        renewals.paid(books, invoice)
    _tell_session(books, intent, "checkout.session.async_payment_succeeded", payment_status="paid")
    charging.settle(books, charge)
    if note.get("disputed"):
        dispute = disputes.begin(books, charge, {"reason": "debit_not_authorized"})
        disputes.end(books, dispute, "lost")


def _came_back(books: Books, charge: Thing, intent: Thing, decline: Decline) -> None:
    method = books.own("payment_method", charge["payment_method"])
    charging.fail(books, intent, method, decline, charge)
    invoice = _invoice(books, intent)
    if invoice is not None:
        renewals.refused(books, invoice)
    _tell_session(books, intent, "checkout.session.async_payment_failed")


def _invoice(books: Books, intent: Thing) -> Thing | None:
    payments = books.select("invoice_payment", "json_extract(body, '$.payment.payment_intent') = ?", (intent["id"],))
    return books.own("invoice", payments[0]["invoice"]) if payments else None


def _tell_session(books: Books, intent: Thing, kind: str, **fields: str) -> None:
    """Only the session's own payment: renewals have none."""
    session_id = books.note(intent["id"]).get("session")
    if session_id is None:
        return
    session = books.own("checkout.session", session_id)
    change(books, session, None, **fields)
    emit(books, kind, session)

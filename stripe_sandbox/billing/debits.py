"""Bank debits (ACH, SEPA), which succeed or fail days later, and everything that waits for them."""

from ..money import balance, banks, charging, disputes
from ..money.cards import Decline
from ..store import truths
from ..store.books import Books, Thing
from ..store.errors import StripeError
from ..store.events import change, emit
from . import renewals


def land(books: Books, charge_id: str, status: str | None = None) -> Thing:
    """Settle a pending charge, when due; `status` (succeeded or failed) overrides the test account's behaviour."""
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


def take_back(books: Books, charge: Thing) -> Thing:
    """Return a debit that had succeeded. The charge fails, with a balance transaction of its own; `debit_return` says
    by which events.
    """
    if charge["status"] != "succeeded" or charge["payment_method_details"]["type"] == "card" or charge["disputed"]:
        raise StripeError(f"The charge {charge['id']} is no bank debit that arrived.")
    amount, rate = balance.converted(books, charge["amount"], charge["currency"])
    words = f"Failure of payment ({charge['description']})"
    facts = {"source": charge["id"], "description": words, "rate": rate}
    gone = balance.book(books, "payment_failure_refund", "charge_failure", -amount, **facts)
    if truths.answer(books, "debit_return") == "updated":
        said = {"failure_code": banks.FORBIDDEN.code, "failure_message": banks.FORBIDDEN.words}
        lost = {"status": "failed", "paid": False, "failure_balance_transaction": gone["id"]}
        return change(books, charge, "charge.updated", **said, **lost)
    charge.update(failure_balance_transaction=gone["id"])
    charging.fail(
        books,
        books.own("payment_intent", charge["payment_intent"]),
        books.own("payment_method", charge["payment_method"]),
        banks.FORBIDDEN,
        charge,
    )
    return books.own("charge", charge["id"])


def _invoice(books: Books, intent: Thing) -> Thing | None:
    payments = books.select("invoice_payment", "json_extract(body, '$.payment.payment_intent') = ?", (intent["id"],))
    return books.own("invoice", payments[0]["invoice"]) if payments else None


def _tell_session(books: Books, intent: Thing, kind: str, **fields: str) -> None:
    """Emit checkout.session events for the session's own payment: renewals have no session."""
    session_id = books.note(intent["id"]).get("session")
    if session_id is None:
        return
    session = books.own("checkout.session", session_id)
    change(books, session, None, **fields)
    emit(books, kind, session)

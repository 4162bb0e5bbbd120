"""Refunds: full or partial, at once or pending, reversed when they fail or are canceled."""

from ..shapes import payments as shapes
from ..store import truths
from ..store.books import Books, Thing, merged
from ..store.errors import StripeError, bad_value, missing_param
from ..store.events import change, emit
from . import balance, currencies, disputes

DAY = 86400
# Seconds until a pending refund succeeds, or a failing one fails.
LATER = DAY
BACK = ("failed", "canceled")


def create(books: Books, params: Thing) -> Thing:
    """POST /v1/refunds: all of what is left, or a part of it (minor units). The processing fee is not given back."""
    charge = _charge(books, params)
    disputes.forbid_refund(books, charge)
    amount = _amount(books, charge, params)
    behaviour = books.note(charge["payment_method"] or "").get("behaviour", "")
    bank = charge["payment_method_details"]["type"] != "card"
    slow = bank or behaviour == "refund_pending"
    params = {"status": "pending" if slow else "succeeded", **params}
    made = shapes.refund(books.new_id("pyr" if bank else "re"), books.now, charge, amount, params)
    made["balance_transaction"] = _book(books, made, charge, -1)["id"]
    books.put(made)
    if made["status"] == "pending" or behaviour == "refund_fails":
        books.schedule(made["id"], "refund", books.now + LATER)
    _count(books, charge, amount, "charge.refunded")
    emit(books, "refund.created", made)
    if params.get("reason") == "fraudulent":
        change(books, charge, "charge.updated", fraud_details={"user_report": "fraudulent"})
    if charge["refunded"]:
        disputes.let_go(books, charge)
        disputes.end_warnings(books, charge)
    return made


def _charge(books: Books, params: Thing) -> Thing:
    if "payment_intent" in params:
        intent = books.need("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise bad_value("payment_intent", message)
        return books.own("charge", intent["latest_charge"])
    if "charge" not in params:
        raise missing_param("charge")
    return books.need("charge", params["charge"], "charge")


def _amount(books: Books, charge: Thing, params: Thing) -> int:
    gone = [made["amount"] for made in books.find("refund", charge=charge["id"]) if made["status"] not in BACK]
    left = charge["amount"] - sum(gone)
    amount = int(params.get("amount", left))
    if charge["status"] != "succeeded":
        raise bad_value("charge", "This charge has not succeeded and cannot be refunded.", "charge_not_refundable")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeError(message, code="charge_already_refunded")
    if amount < 1:
        raise bad_value("amount", "Invalid positive integer", "parameter_invalid_integer")
    if amount > left:
        written = currencies.written(amount, charge["currency"])
        rest = currencies.written(left, charge["currency"])
        message = f"Refund amount ({written}) is greater than unrefunded amount on charge ({rest})"
        raise StripeError(message, param="amount")
    return amount


def _book(books: Books, made: Thing, charge: Thing, sign: int) -> Thing:
    """Create the balance transaction of a refund, out (-1), or back in (+1) when it failed."""
    amount, rate = balance.converted(books, made["amount"], made["currency"])
    card = charge["payment_method_details"]["type"] == "card"
    kind = ("refund" if card else "payment_refund") if sign < 0 else "refund_failure"
    category = "refund" if sign < 0 else "refund_failure"
    word = "REFUND FOR CHARGE" if sign < 0 else "REFUND FAILURE FOR CHARGE"
    description = f"{word} ({charge['description']})" if charge["description"] else word
    return balance.book(books, kind, category, sign * amount, source=made["id"], description=description, rate=rate)


def _count(books: Books, charge: Thing, amount: int, kind: str | None) -> None:
    done = min(charge["amount_refunded"] + amount, charge["amount"])
    change(books, charge, kind, amount_refunded=done, refunded=done == charge["amount"])


def turn(books: Books, refund_id: str, status: str | None = None, reason: str = "unknown") -> Thing:
    """Finish a refund when due: a pending one succeeds, one that must fail fails; `status` overrides."""
    made = books.own("refund", refund_id)
    books.unschedule(refund_id)
    if made["status"] in BACK:
        return made
    if status is None:
        behaviour = books.note(made["payment_method"] or "").get("behaviour")
        status = "failed" if behaviour == "refund_fails" else "succeeded"
    if status in BACK:
        return _reverse(books, made, status, reason)
    made.pop("pending_reason", None)
    return _save_and_emit(books, made, status=status)


def _reverse(books: Books, made: Thing, status: str, reason: str) -> Thing:
    """Reverse a failed or canceled refund, by its own balance transaction; the charge counts as not refunded by it."""
    charge = books.own("charge", made["charge"])
    returned = _book(books, made, charge, +1)["id"]
    count, telling = truths.answer(books, "refund_count"), truths.answer(books, "refund_events")
    if count != "stays":
        _count(books, charge, -made["amount"], "charge.updated" if count == "told" else None)
    made.pop("pending_reason", None)
    made.pop("next_action", None)
    if status == "failed":
        made["failure_reason"] = reason
    before = books.own("refund", made["id"])
    made.update(status=status, failure_balance_transaction=returned)
    books.put(made)
    if telling != "failed" or status == "canceled":
        emit(books, "refund.updated", made, before)
    if telling != "failed":
        emit(books, "charge.refund.updated", made, before)
    if telling != "updated" and status == "failed":
        emit(books, "refund.failed", made)
    return made


def _save_and_emit(books: Books, made: Thing, **fields: object) -> Thing:
    before = books.own("refund", made["id"])
    made.update(fields)
    books.put(made)
    if made != before:
        emit(books, "refund.updated", made, before)
        emit(books, "charge.refund.updated", made, before)
    return made


def update(books: Books, made: Thing, params: Thing) -> Thing:
    return _save_and_emit(books, made, metadata=merged(made["metadata"], params.get("metadata")))


def cancel(books: Books, made: Thing, params: Thing) -> Thing:
    """POST /v1/refunds/{id}/cancel: only with status requires_action."""
    if made["status"] != "requires_action":
        raise StripeError(f"Refund {made['id']} has a status of {made['status']} and cannot be canceled.")
    return turn(books, made["id"], "canceled")

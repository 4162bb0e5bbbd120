"""Charges: payment intents and setup intents, charges that succeed or fail, settlement."""

import copy
from typing import Any

from ..shapes import payments as shapes
from ..store.books import Books, Thing
from ..store.events import change, emit
from . import balance, cards, currencies, disputes


def open_intent(books: Books, facts: Thing) -> Thing:
    """Create a payment intent that waits for its first payment method."""
    intent_id = books.new_id("pi")
    intent = shapes.payment_intent(intent_id, books.now, facts, books.fixed_id("secret", intent_id)[-14:])
    books.put(intent)
    emit(books, "payment_intent.created", intent)
    return intent


def open_setup(books: Books, params: Thing) -> Thing:
    """Create a setup intent that waits for a card; unlike a payment intent its session has it from the start."""
    intent_id = books.new_id("seti")
    facts = {**params.get("setup_intent_data", {}), "customer": params.get("customer")}
    intent = books.put(shapes.setup_intent(intent_id, books.now, facts, books.fixed_id("secret", intent_id)[-14:]))
    emit(books, "setup_intent.created", intent)
    return intent


def succeed(books: Books, intent: Thing, method: Thing, confirmed: bool = False) -> Thing:
    """Charge the payment method: charge.succeeded, payment_intent.succeeded. Call `settle` after the other events."""
    charge = shapes.charge(books.new_id("ch"), books.now, intent, method, confirmed)
    books.put(charge)
    emit(books, "charge.succeeded", charge)
    received(books, intent, charge)
    return charge


def received(books: Books, intent: Thing, charge: Thing) -> None:
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        payment_method=charge["payment_method"],
        last_payment_error=None,
        next_action=None,
    )
    emit(books, "payment_intent.succeeded", books.put(intent))


def process(books: Books, intent: Thing, method: Thing) -> Thing:
    """Start a bank debit: payment_intent.processing, charge.pending. The scheduler settles it days later."""
    charge = shapes.charge(books.new_id("py"), books.now, intent, method)
    charge.update(paid=False, status="pending")
    books.put(charge)
    intent.update(status="processing", latest_charge=charge["id"], payment_method=method["id"], last_payment_error=None)
    emit(books, "payment_intent.processing", books.put(intent))
    emit(books, "charge.pending", charge)
    days = books.note(method["id"])["days"]
    if days is not None:
        books.schedule(charge["id"], "debit", books.now + days * balance.DAY)
    return charge


def fail(books: Books, intent: Thing, method: Thing, decline: cards.Decline, charge: Thing | None = None) -> Thing:
    """Record a declined attempt, or a debit that failed: charge.failed, payment_intent.payment_failed.

    The intent can be retried.
    """
    charge = charge or shapes.charge(books.new_id("ch"), books.now, intent, method)
    charge.update(
        amount_captured=0,
        captured=False,
        paid=False,
        status="failed",
        failure_code=decline.code,
        failure_message=decline.words,
        calculated_statement_descriptor=None,
    )
    charge["outcome"].update(
        network_status="declined_by_network",
        network_decline_code="05",
        network_advice_code="01",
        advice_code="try_again_later",
        reason=decline.decline_code or decline.code,
        seller_message="The bank did not return any further details with this decline.",
        type="issuer_declined",
    )
    books.put(charge)
    emit(books, "charge.failed", charge)
    error: dict[str, Any] = {
        "charge": charge["id"],
        "code": decline.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.words,
        "payment_method": copy.deepcopy(method),
        "type": "card_error",
    }
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    intent.update(last_payment_error=error, latest_charge=charge["id"], status="requires_payment_method")
    emit(books, "payment_intent.payment_failed", books.put(intent))
    return charge


def settle(books: Books, charge: Thing) -> Thing:
    """Book the balance transaction of a charge, with its fee, in the settlement currency; charge.updated follows."""
    amount, rate = balance.converted(books, charge["amount"], charge["currency"])
    kind = charge["payment_method_details"]["type"]
    transaction = balance.book(
        books,
        "charge" if kind == "card" else "payment",
        "charge",
        amount,
        fee=currencies.fee(amount, balance.settlement(books), kind, converted=rate is not None),
        source=charge["id"],
        description=charge["description"],
        rate=rate,
        delay=balance.DELAY,
    )
    change(books, charge, "charge.updated", balance_transaction=transaction["id"])
    _trouble(books, charge)
    return charge


def _trouble(books: Books, charge: Thing) -> None:
    """Open the dispute or fraud warning that some test cards cause once they have paid, as in Stripe's test mode."""
    behaviour = books.note(charge["payment_method"] or "").get("behaviour", "")
    if behaviour == "fraud_warning":
        disputes.warn(books, charge)
    elif behaviour == "inquiry":
        disputes.begin(books, charge, {"reason": "general", "inquiry": True})
    elif behaviour.startswith("dispute_"):
        disputes.begin(books, charge, {"reason": behaviour.removeprefix("dispute_")})

"""Charging a card: payment intents, charges that succeed or fail, settlement, refunds."""

import copy
from typing import Any

from . import cards, money
from .books import Books, Thing
from .errors import StripeError, bad_value, missing_param
from .events import change, emit
from .shapes import payments as shapes


def account(books: Books) -> Thing:
    return books.find("account")[0]


def open_intent(books: Books, facts: Thing) -> Thing:
    """A payment intent waiting for its first payment method."""
    intent_id = books.new_id("pi")
    intent = shapes.payment_intent(intent_id, books.now, facts, books.fixed_id("secret", intent_id)[-14:])
    books.put(intent)
    emit(books, "payment_intent.created", intent)
    return intent


def succeed(books: Books, intent: Thing, method: Thing, confirmed: bool = False) -> Thing:
    """Take the money: charge.succeeded, payment_intent.succeeded. `settle` follows when the rest is told."""
    charge = shapes.charge(books.new_id("ch"), books.now, intent, method, confirmed)
    books.put(charge)
    emit(books, "charge.succeeded", charge)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        payment_method=method["id"],
        last_payment_error=None,
        next_action=None,
    )
    emit(books, "payment_intent.succeeded", books.put(intent))
    return charge


def fail(books: Books, intent: Thing, method: Thing, decline: cards.Decline) -> Thing:
    """A refused attempt: charge.failed, payment_intent.payment_failed; the intent can be tried again."""
    charge = shapes.charge(books.new_id("ch"), books.now, intent, method)
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
    """Book the charge in the settlement currency, with its fee; Stripe tells of it later, by charge.updated."""
    settlement = account(books)["default_currency"]
    currency = charge["currency"]
    rate = money.rate(currency, settlement)
    amount = money.settle(charge["amount"], currency, settlement)
    fee = money.fee(amount, settlement, converted=rate is not None)
    transaction = shapes.balance_transaction(
        books.new_id("txn"), books.now, charge, amount, fee, settlement, float(rate) if rate else None
    )
    books.put(transaction)
    return change(books, charge, "charge.updated", balance_transaction=transaction["id"])


def refund(books: Books, params: Thing) -> Thing:
    """POST /v1/refunds: all of what is left, or a part of it. The processing fee is not given back."""
    charge = _refunded_charge(books, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if charge["status"] != "succeeded":
        raise bad_value("charge", "This charge has not succeeded and cannot be refunded.", "charge_not_refundable")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeError(message, code="charge_already_refunded")
    if amount < 1:
        raise bad_value("amount", "Invalid positive integer", "parameter_invalid_integer")
    if amount > left:
        written = money.written(amount, charge["currency"])
        rest = money.written(left, charge["currency"])
        message = f"Refund amount ({written}) is greater than unrefunded amount on charge ({rest})"
        raise StripeError(message, param="amount")
    made = shapes.refund(books.new_id("re"), books.now, charge, amount, params)
    made["balance_transaction"] = _take_back(books, made, charge)
    books.put(made)
    done = charge["amount_refunded"] + amount
    change(books, charge, "charge.refunded", amount_refunded=done, refunded=done == charge["amount"])
    emit(books, "refund.created", made)
    return made


def _refunded_charge(books: Books, params: Thing) -> Thing:
    if "payment_intent" in params:
        intent = books.need("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise bad_value("payment_intent", message)
        return books.own("charge", intent["latest_charge"])
    if "charge" not in params:
        raise missing_param("charge")
    return books.need("charge", params["charge"], "charge")


def _take_back(books: Books, made: Thing, charge: Thing) -> str:
    settlement = account(books)["default_currency"]
    rate = money.rate(made["currency"], settlement)
    amount = -money.settle(made["amount"], made["currency"], settlement)
    source = {**made, "description": f"REFUND FOR CHARGE ({charge['description'] or ''})".replace(" ()", "")}
    transaction = shapes.balance_transaction(
        books.new_id("txn"), books.now, source, amount, 0, settlement, float(rate) if rate else None
    )
    return str(books.put(transaction)["id"])

"""Setup mode of Checkout: a card is saved for later, nothing is charged."""

from dataclasses import asdict

from ..money import cards, payment_methods
from ..shapes import customers
from ..store.books import Books, Thing
from ..store.events import change, emit
from . import payment


def attempt(books: Books, session: Thing, payer: payment.Payer) -> cards.Decline | None:
    """Verify the card of an open session. None means saved; a Decline leaves the session open."""
    intent = books.own("setup_intent", session["setup_intent"])
    billing = customers.billing_details(payer.name, payer.email, payer.country, payer.postal_code)
    card = payer.means
    if isinstance(card, cards.Card) and card.decline:
        method = customers.payment_method(books.new_id("pm"), books.now, asdict(card), billing)
        error = {
            "code": card.decline.code,
            "doc_url": f"https://stripe.com/docs/error-codes/{card.decline.code.replace('_', '-')}",
            "message": card.decline.words,
            "payment_method": method,
            "type": "card_error",
        }
        if card.decline.decline_code:
            error["decline_code"] = card.decline.decline_code
        change(books, intent, None, last_setup_error=error)
        emit(books, "setup_intent.setup_failed", intent)
        return card.decline
    method = payment_methods.keep_method(books, card, billing)
    customer = payment.customer_of(books, session, payer)
    if customer:
        change(books, method, None, customer=customer["id"])
        emit(books, "payment_method.attached", method)
    owner = customer["id"] if customer else None
    change(books, intent, None, status="succeeded", payment_method=method["id"], customer=owner, last_setup_error=None)
    emit(books, "setup_intent.succeeded", intent)
    payment.complete(books, session, payer, billing, customer, "no_payment_required")
    return None

"""Setup mode: a card is put on file for later, nothing is charged."""

from . import cards, paying
from .books import Books, Thing
from .events import change, emit
from .shapes import people


def attempt(books: Books, session: Thing, payer: paying.Payer) -> cards.Decline | None:
    """Look the card over. None means saved; a Decline leaves the session open."""
    intent = books.own("setup_intent", session["setup_intent"])
    billing = people.billing_details(payer.name, payer.email, payer.country, payer.postal_code)
    card = payer.means
    if isinstance(card, cards.Card) and card.decline:
        method = people.payment_method(books.new_id("pm"), books.now, card, billing)
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
    method = paying.keep_method(books, card, billing)
    customer = paying.customer_of(books, session, payer)
    if customer:
        change(books, method, None, customer=customer["id"])
        emit(books, "payment_method.attached", method)
    owner = customer["id"] if customer else None
    change(books, intent, None, status="succeeded", payment_method=method["id"], customer=owner, last_setup_error=None)
    emit(books, "setup_intent.succeeded", intent)
    paying.complete(books, session, payer, billing, customer, "no_payment_required")
    return None

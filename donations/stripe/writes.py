"""What we tell Stripe to do with payment pages and monthly gifts. Each call is harmless to repeat."""

import time
from contextlib import suppress
from datetime import datetime
from typing import Any

from donations.stripe import client, objects, orders, parse, portal, products, troubles
from donations.stripe.errors import StripeRefusedError
from foundation.organisation import home
from foundation.organisation.models import Organisation

NEVER, ALWAYS = "no", "until it is resumed"  # how long it rested before it was stopped
SOON = 60  # seconds: Stripe takes no end of a pause that is past when it answers
NO_PRORATION = {"proration_behavior": "none"}
NOT_HELD: dict[str, Any] = {"metadata": {"held": ""}}


def create_checkout(order: orders.CheckoutOrder) -> objects.CheckoutPage:
    """Ask for a payment page. No money has moved when this returns.

    The idempotency key is "reference:attempt": the same order asked twice gives the same page. Raises
    StripeRefusedError (an address or a sum it does not take) and StripeIsDownError (ask find_checkout what the
    call made before a further attempt).
    """
    key = {"idempotency_key": f"{order.reference}:{order.attempt}"}  # in the params it would be sent as a field
    return parse.checkout_page(client.ask(client.v1().checkout.sessions.create, orders.params(order), key))


def expire_checkout(ident: str) -> None:
    """Close an open payment page, so that nobody pays on it any more. Raises StripeRefusedError if not open."""
    client.ask(client.v1().checkout.sessions.expire, client.named(ident))


def change_amount(known: objects.Subscription, total: int) -> objects.Subscription:
    """From the next month on, `total` in minor units. The item is named: without its id Stripe would add a second."""
    price: dict[str, Any] = {
        "currency": known.currency.lower(),
        "product": known.product,
        "recurring": {"interval": "month"},
        "unit_amount": total,
    }
    item = {"id": known.item, "price_data": price}
    wanted = {"items": [item], "proration_behavior": "none"}
    try:
        return _update(known.id, wanted)
    except StripeRefusedError:  # somebody may have archived the product in Stripe's dashboard
        if not known.product or products.stands(known.product):
            raise
        price["product"] = products.find_or_make(known.product, Organisation.load().name)
        troubles.product(price["product"])
        return _update(known.id, wanted)


def pause(subscription: str, until: datetime | None = None, held: datetime | None = None) -> objects.Subscription:
    """Take nothing, until a moment or until it is resumed. Months in between are voided, not owed.

    `held` marks at Stripe that it was we who paused, and when: an answer that is lost on the way loses nothing.
    """
    rule: dict[str, Any] = {"behavior": "void"}
    if until:
        rule["resumes_at"] = int(until.timestamp())
    mark = {"metadata": {"held": str(int(held.timestamp()))}} if held else NOT_HELD
    return _update(subscription, {"pause_collection": rule, **mark})


def charge(subscription: str, card: str) -> objects.Subscription:
    """From now on by this card or account, one of the customer's."""
    return _update(subscription, {"default_payment_method": card})


def collect(invoice: str, card: str) -> None:
    """Take a month that is open now. Raises StripeRefusedError when the card is, or when it was paid already."""
    _at_home()
    client.ask(client.v1().invoices.pay, client.named(invoice), {"payment_method": card} if card else {})


def forgive(subscription: str) -> None:
    """Void the months that are still unpaid: a card that comes later must not be charged for them.

    One whose payment is on its way (a bank debit) cannot be voided, and stays.
    """
    _at_home()
    for raw in list(
        client.each(client.v1().invoices.list, {"subscription": client.named(subscription), "status": "open"})
    ):
        with suppress(StripeRefusedError):
            client.ask(client.v1().invoices.void_invoice, raw["id"])


def resume(subscription: str) -> objects.Subscription:
    return _update(subscription, {"pause_collection": "", **NOT_HELD})


def stop(known: objects.Subscription, ends: datetime) -> objects.Subscription:
    """Take nothing more, and end at that moment; until then `undo_stop` takes it back. A pause that it takes the place
    of is written down at Stripe, unless it is one of ours for a card that fails.
    """
    mark = {"held": ""}
    if not known.rested or known.collecting:  # or it is stopped already
        until = str(int(known.resumes_at.timestamp())) if known.resumes_at else ALWAYS
        mark["rested"] = NEVER if known.collecting or known.held else until
    rule = {"pause_collection": {"behavior": "void"}, "metadata": mark}
    return _update(known.id, {**rule, "cancel_at": int(ends.timestamp()), **NO_PRORATION})


def undo_stop(known: objects.Subscription) -> objects.Subscription:
    """Stripe takes one of its two ways to set an end in a call, so the one that was used is taken back. A pause that
    was there before goes on, unless it would be over by now; so does one of a gift that others set an end to.
    """
    end: dict[str, Any] = {"cancel_at_period_end": False} if known.at_period_end else {"cancel_at": ""}
    if known.rested:
        end |= {"pause_collection": _rest_before(known), "metadata": {"held": "", "rested": ""}}
    return _update(known.id, {**end, **NO_PRORATION})


def _rest_before(known: objects.Subscription) -> dict[str, Any] | str:
    if known.rested == ALWAYS:
        return {"behavior": "void"}
    if known.rested.isdecimal() and int(known.rested) > time.time() + SOON:
        return {"behavior": "void", "resumes_at": int(known.rested)}
    return ""


def end(subscription: str) -> objects.Subscription:
    """End it now. Stripe cannot take this back."""
    _at_home()
    return parse.subscription(client.get(client.v1().subscriptions.cancel, subscription))


def card_page(customer: str, back: str) -> str:
    """The address of Stripe's page on which this customer changes the card. It lives for minutes: never mail it."""
    account = _at_home()
    return portal.page(account, client.named(customer), back)


def customer_email(customer: str, email: str) -> None:
    """Stripe's own letters, and its page for the card, go by this address."""
    _at_home()
    client.ask(client.v1().customers.update, client.named(customer), {"email": email})


def _update(subscription: str, params: dict[str, Any]) -> objects.Subscription:
    _at_home()
    return parse.subscription(client.ask(client.v1().subscriptions.update, client.named(subscription), params))


def _at_home() -> str:
    """The account that our key belongs to. Raises NotAtHomeError where this database is a copy."""
    account = client.account()
    home.check_account(account)
    return account

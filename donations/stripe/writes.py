"""Writes to Stripe: Checkout Sessions and monthly or yearly gifts (subscriptions). Each call is idempotent."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from donations.stripe import client, objects, orders, parse, portal, products, troubles
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from foundation.organisation import clone_guard
from foundation.organisation.models import Organisation

NEVER, ALWAYS = "no", "until it is resumed"  # how long it was paused before it was stopped
SOON = 60  # seconds: Stripe takes no end of a pause that is past when it answers
NO_PRORATION = {"proration_behavior": "none"}
NOT_AUTO_PAUSED: dict[str, Any] = {"metadata": {"auto_paused_at": ""}}


def create_checkout_session(order: orders.CheckoutOrder) -> objects.CheckoutSession:
    """Create a Checkout Session. No money has moved when this returns.

    The idempotency key is "reference:attempt": the same order asked twice gives the same session. Raises
    StripeRefusedError (an address or a sum it does not take) and StripeIsDownError (ask find_checkout what the call
    created before a further attempt).
    """
    key = {"idempotency_key": f"{order.reference}:{order.attempt}"}  # in the params it would be sent as a field
    return parse.checkout_session(client.request(client.v1().checkout.sessions.create, orders.params(order), key))


def expire_checkout_session(ident: str) -> None:
    """Expire an open Checkout Session, so that nobody pays on it any more. Raises StripeRefusedError if not open."""
    client.request(client.v1().checkout.sessions.expire, client.named(ident))


def change_amount(known: objects.Subscription, total: int) -> objects.Subscription:
    """From the next payment on, `total` in minor units, no proration. Without the item's id it would be another."""
    price: dict[str, Any] = {
        "currency": known.currency.lower(),
        "product": known.product,
        "recurring": {"interval": known.interval},
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


def pause(
    subscription: str, until: datetime | None = None, auto_paused_at: datetime | None = None
) -> objects.Subscription:
    """Pause collection: take nothing, until a moment (UTC) or until it is resumed. Months in between are voided, not
    owed.

    `auto_paused_at` (UTC) marks at Stripe that we paused because the card kept failing, and when: an answer that is
    lost on the way loses nothing.
    """
    rule: dict[str, Any] = {"behavior": "void"}
    if until:
        rule["resumes_at"] = int(until.timestamp())
    mark = {"metadata": {"auto_paused_at": str(int(auto_paused_at.timestamp()))}} if auto_paused_at else NOT_AUTO_PAUSED
    return _update(subscription, {"pause_collection": rule, **mark})


def charge(subscription: str, card: str) -> objects.Subscription:
    """Set the default payment method: charge by this card or account, one of the customer's, from now on."""
    return _update(subscription, {"default_payment_method": card})


def collect(invoice: str, card: str) -> None:
    """Pay an open invoice now. Raises StripeRefusedError when the card is declined, or when it was paid already."""
    _account_of_this_site()
    client.request(client.v1().invoices.pay, client.named(invoice), {"payment_method": card} if card else {})


def forgive(subscription: str) -> None:
    """Void the invoices that are still unpaid: a card that comes later must not be charged for them.

    One whose payment is on its way (a bank debit) cannot be voided, and stays.
    """
    _account_of_this_site()
    for raw in list(
        client.each(client.v1().invoices.list, {"subscription": client.named(subscription), "status": "open"})
    ):
        with suppress(StripeRefusedError):
            client.request(client.v1().invoices.void_invoice, raw["id"])


def resume(subscription: str) -> objects.Subscription:
    return _update(subscription, {"pause_collection": "", **NOT_AUTO_PAUSED})


def stop(known: objects.Subscription, ends: datetime) -> objects.Subscription:
    """Stop: pause collection, and cancel at that moment (UTC); until then `undo_stop` takes it back. A pause that it
    replaces is written down at Stripe, unless it is one of ours for a card that fails.
    """
    mark = {"auto_paused_at": ""}
    if not known.rested or known.collecting:  # or it is stopped already
        until = str(int(known.resumes_at.timestamp())) if known.resumes_at else ALWAYS
        mark["rested"] = NEVER if known.collecting or known.auto_paused_at else until
    rule = {"pause_collection": {"behavior": "void"}, "metadata": mark}
    return _update(known.id, {**rule, "cancel_at": int(ends.timestamp()), **NO_PRORATION})


def undo_stop(known: objects.Subscription) -> objects.Subscription:
    """Undo a stop. Stripe takes one of its two ways to set an end in a call, so the one that was used is taken back. A
    pause that was there before continues, unless it would be over by now; so does one of a gift that others set an end
    to.
    """
    end: dict[str, Any] = {"cancel_at_period_end": False} if known.at_period_end else {"cancel_at": ""}
    if known.rested:
        end |= {"pause_collection": _rest_before(known), "metadata": {"auto_paused_at": "", "rested": ""}}
    return _update(known.id, {**end, **NO_PRORATION})


def _rest_before(known: objects.Subscription) -> dict[str, Any] | str:
    if known.rested == ALWAYS:
        return {"behavior": "void"}
    if known.rested.isdecimal() and int(known.rested) > time.time() + SOON:
        return {"behavior": "void", "resumes_at": int(known.rested)}
    return ""


def end(subscription: str, meant_once: bool = False) -> objects.Subscription:
    """Cancel the subscription now. Stripe cannot take this back. That its donor `meant_once` stands at Stripe with it:
    an answer that is lost on the way loses nothing.
    """
    _account_of_this_site()
    why = {"cancellation_details": {"comment": objects.MEANT_ONCE}} if meant_once else {}
    return _changed(client.v1().subscriptions.cancel, subscription, why)


def card_page(customer: str, back: str, saved: str = "") -> str:
    """Return the URL of Stripe's customer portal, to change the card. It lives for minutes: never mail it. It leads
    `back` by its link, and to `saved` once a card was saved there.
    """
    account = _account_of_this_site()
    return portal.page(account, client.named(customer), back, saved or back)


def refund(order: orders.RefundOrder) -> str:
    """Give money back, and return the id of the refund. Idempotent by key and attempt; the key stays with the refund:
    what was made although its answer was lost is found by it. Raises StripeRefusedError.
    """
    _account_of_this_site()
    wanted = {
        "payment_intent": client.named(order.payment_intent),
        "amount": order.amount,
        "reason": order.reason,
        "metadata": {objects.REFUND_KEY: order.key},
    }
    key = {"idempotency_key": f"refund:{order.key}:{order.attempt}"}
    return parse.ident(client.request(client.v1().refunds.create, wanted, key)["id"])


def customer_email(customer: str, email: str) -> None:
    """Set the customer's e-mail address: Stripe's own letters, and its page for the card, go by it."""
    _account_of_this_site()
    client.request(client.v1().customers.update, client.named(customer), {"email": email})


def _update(subscription: str, params: dict[str, Any]) -> objects.Subscription:
    _account_of_this_site()
    return _changed(client.v1().subscriptions.update, subscription, params)


def _changed(call: Callable[..., Any], subscription: str, params: dict[str, Any]) -> objects.Subscription:
    """Make a call that changes a subscription. Where its answer is lost, the error says that it may be done."""
    try:
        return parse.subscription(client.request(call, client.named(subscription), params))
    except StripeIsDownError as error:
        error.may_be_done = type(error) is StripeIsDownError  # the others say that Stripe did nothing
        raise


def _account_of_this_site() -> str:
    """Return the account that our key belongs to. Clone guard: raises WrongSiteError where this database is a copy."""
    account = client.account()
    clone_guard.check_account(account)
    return account

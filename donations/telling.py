"""What we tell Stripe to do with a monthly gift. Each call is harmless to repeat, and refuses away from home."""

import time
from contextlib import suppress
from datetime import datetime
from typing import Any

from donations import facts, gateway, portal, products, troubles
from foundation.organisation import home
from foundation.organisation.models import Organisation


def change_amount(known: facts.Subscription, total: int) -> facts.Subscription:
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
    except gateway.StripeRefusedError:  # somebody may have archived the product in Stripe's dashboard
        if not known.product or products.stands(known.product):
            raise
        price["product"] = products.find_or_make(known.product, Organisation.load().name)
        troubles.product(price["product"])
        return _update(known.id, wanted)


def pause(subscription: str, until: datetime | None = None, held: datetime | None = None) -> facts.Subscription:
    """Take nothing, until a moment or until it is resumed. Months in between are voided, not owed.

    `held` marks at Stripe that it was we who paused, and when: an answer that is lost on the way loses nothing.
    """
    rule: dict[str, Any] = {"behavior": "void"}
    if until:
        rule["resumes_at"] = int(until.timestamp())
    mark = {"metadata": {"held": str(int(held.timestamp()))}} if held else NOT_HELD
    return _update(subscription, {"pause_collection": rule, **mark})


def charge(subscription: str, card: str) -> facts.Subscription:
    """From now on by this card or account, one of the customer's."""
    return _update(subscription, {"default_payment_method": card})


def collect(invoice: str, card: str) -> None:
    """Take a month that is open now. Raises StripeRefusedError when the card is, or when it was paid already."""
    if not invoice:
        raise gateway.NotFoundError("An empty id names nothing.")
    _at_home()
    gateway.ask(gateway.v1().invoices.pay, invoice, {"payment_method": card} if card else {})


def forgive(subscription: str) -> None:
    """Void the months that are still unpaid: a card that comes later must not be charged for them.

    One whose payment is on its way (a bank debit) cannot be voided, and stays.
    """
    if not subscription:
        raise gateway.NotFoundError("An empty id names nothing.")
    _at_home()
    for raw in list(gateway.each(gateway.v1().invoices.list, {"subscription": subscription, "status": "open"})):
        with suppress(gateway.StripeRefusedError):
            gateway.ask(gateway.v1().invoices.void_invoice, raw["id"])


def resume(subscription: str) -> facts.Subscription:
    return _update(subscription, {"pause_collection": "", **NOT_HELD})


def stop(known: facts.Subscription, ends: datetime) -> facts.Subscription:
    """Take nothing more, and end at that moment; until then `undo_stop` takes it back. A pause that it takes the place
    of is written down at Stripe, unless it is one of ours for a card that fails.
    """
    mark = {"held": ""}
    if not known.rested or known.collecting:  # or it is stopped already
        until = str(int(known.resumes_at.timestamp())) if known.resumes_at else ALWAYS
        mark["rested"] = NEVER if known.collecting or known.held else until
    rule = {"pause_collection": {"behavior": "void"}, "metadata": mark}
    return _update(known.id, {**rule, "cancel_at": int(ends.timestamp()), **NO_PRORATION})


def undo_stop(known: facts.Subscription) -> facts.Subscription:
    """Stripe takes one of its two ways to set an end in a call, so the one that was used is taken back. A pause that
    was there before goes on, unless it would be over by now; so does one of a gift that others set an end to.
    """
    end: dict[str, Any] = {"cancel_at_period_end": False} if known.at_period_end else {"cancel_at": ""}
    if known.rested:
        end |= {"pause_collection": _rest_before(known), "metadata": {"held": "", "rested": ""}}
    return _update(known.id, {**end, **NO_PRORATION})


def _rest_before(known: facts.Subscription) -> dict[str, Any] | str:
    if known.rested == ALWAYS:
        return {"behavior": "void"}
    if known.rested.isdecimal() and int(known.rested) > time.time() + SOON:
        return {"behavior": "void", "resumes_at": int(known.rested)}
    return ""


def end(subscription: str) -> facts.Subscription:
    """End it now. Stripe cannot take this back."""
    _at_home()
    return facts.subscription(gateway.get(gateway.v1().subscriptions.cancel, subscription))


def card_page(customer: str, back: str) -> str:
    """The address of Stripe's page on which this customer changes the card. It lives for minutes: never mail it."""
    account = _at_home()
    if not customer:
        raise gateway.NotFoundError("An empty id names nothing.")
    return portal.page(account, customer, back)


NEVER, ALWAYS = "no", "until it is resumed"  # how long it rested before it was stopped
SOON = 60  # seconds: Stripe takes no end of a pause that is past when it answers
NO_PRORATION = {"proration_behavior": "none"}
NOT_HELD: dict[str, Any] = {"metadata": {"held": ""}}


def customer_email(customer: str, email: str) -> None:
    """Stripe's own letters, and its page for the card, go by this address."""
    _at_home()
    gateway.ask(gateway.v1().customers.update, customer, {"email": email})


def _update(subscription: str, params: dict[str, Any]) -> facts.Subscription:
    if not subscription:
        raise gateway.NotFoundError("An empty id names nothing.")
    _at_home()
    return facts.subscription(gateway.ask(gateway.v1().subscriptions.update, subscription, params))


def _at_home() -> str:
    """The account that our key belongs to. Raises NotAtHomeError where this database is a copy."""
    account = gateway.account()
    home.check_account(account)
    return account

"""Receive a webhook: verify its signature, parse it, and store its row and its job, both or neither."""

import json
import re
from datetime import timedelta
from typing import Any

from donations.models import StripeEvent
from donations.stripe import client, parse, signature, troubles
from donations.stripe.errors import ForgedError, LateError
from foundation.access import card_numbers
from foundation.jobs import with_row

LARGEST = 256 * 1024  # bytes; Stripe's events are a few kilobytes
EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,100}")
EVENT_TYPE = re.compile(r"[a-z0-9_.]{1,100}")
# Money that came, and with it a receipt. In a backlog these go before all else that was told in the days before, as far
# back as Stripe sends an event again.
MONEY_CAME = {"checkout.session.completed", "checkout.session.async_payment_succeeded", "invoice.paid"}
MONEY_CAME |= {"invoice_payment.paid", "payment_intent.succeeded", "charge.succeeded"}
AHEAD = timedelta(days=3)
NAME = re.compile(r'("name":\s*)("(?:[^"\\]|\\.)*")')
API_VERSION = re.compile(r"[A-Za-z0-9_.-]{0,100}")
OBJECT_ID = re.compile(r"[A-Za-z0-9_]{0,120}")


def receive(body: bytes, header: str) -> None:
    """Store a webhook event, idempotent by its id, and enqueue its job. Raises ForgedError for all that is not
    Stripe's.

    Nothing else happens here: Stripe waits for the answer, and the work is safe once this commits.
    """
    try:
        signature.check(body, header)
    except LateError:
        troubles.ask_for_the_time()
        raise
    try:
        parts = _parts(json.loads(body.decode()))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError, OSError) as error:
        raise ForgedError(type(error).__name__) from error
    if parts["livemode"] != client.is_live():
        raise ForgedError("test money in live books, or the other way round")
    group = parts.pop("group")
    event = StripeEvent(**parts, payload=NAME.sub(_masked, body.decode()))
    ahead = AHEAD if event.type in MONEY_CAME else timedelta(0)
    with_row.insert(event, "stripe-event", event.job_key, {"event": event.event_id}, group, ahead)


def _masked(found: re.Match[str]) -> str:
    """Mask a card number in a name: some type it where the name belongs, and Stripe tells it as it was typed."""
    name = str(json.loads(found[2]))
    return found[1] + json.dumps(card_numbers.masked(name)) if card_numbers.stands_in(name) else found[0]


def _parts(event: Any) -> dict[str, Any]:
    """The columns that we store beside the body, each of the form that Stripe gives it."""
    target = event["data"]["object"].get("id") or ""
    version = event.get("api_version") or ""
    wanted = ((EVENT_ID, event["id"]), (EVENT_TYPE, event["type"]), (OBJECT_ID, target), (API_VERSION, version))
    if event["object"] != "event" or not all(pattern.fullmatch(text) for pattern, text in wanted):
        raise ForgedError("not an event")
    return {
        "event_id": event["id"],
        "type": event["type"],
        "object_id": target,
        "created": parse.moment(event["created"]),
        "api_version": version[:40],
        "livemode": event["livemode"] is True,
        "group": _group(event["data"]["object"]),
    }


def _group(target: dict[str, Any]) -> str:
    """Whom the event is about, as far as its body says: their customer, else the payment, else the object itself. It
    decides which jobs wait for each other, and nothing else.
    """
    part = target.get("payment") or {}
    payment = target.get("payment_intent") or (part.get("payment_intent") if isinstance(part, dict) else "")
    found = parse.ident(target.get("customer")) or parse.ident(payment) or parse.ident(target.get("id"))
    return found if OBJECT_ID.fullmatch(found) else ""

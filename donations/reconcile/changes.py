"""What changed at Stripe without anything being made there: a debit that ended, how a dispute went, a monthly gift.

Such a change has no balance transaction of its own, and no list of Stripe's finds it by when it happened. Its list of
events does, for thirty days. An event only points: the object itself is fetched anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from django.utils import timezone

from donations.stripe import parse, prefetch, reads
from donations.stripe.errors import NoPermissionError
from donations.stripe.objects import Raw

KEPT = timedelta(days=29)  # Stripe lists events for thirty
ENDED = ["checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"]
OBJECTIONS = [
    *["charge.dispute.updated", "charge.dispute.closed"],
    *["charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "radar.early_fraud_warning.updated"],
]
PLANS = [f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed")]


@dataclass
class Changes:
    """Ids of what changed since a moment, and when it did so last (UTC). These are rare: a debit, a dispute."""

    sessions: dict[str, datetime] = field(default_factory=dict)
    objections: dict[str, datetime] = field(default_factory=dict)


def since(moment: datetime | None) -> Changes | None:
    """What changed since a moment (UTC) other than plans. None where Stripe does not say, and all must be looked at."""
    listed = _events(moment, [*ENDED, *OBJECTIONS])
    if listed is None:
        return None
    found = Changes()
    for event in listed:
        of = found.sessions if event["type"] in ENDED else found.objections
        of.setdefault(event["data"]["object"]["id"], parse.moment(event["created"]))  # newest first
    return found


def subscriptions(moment: datetime | None) -> Iterator[Raw] | None:
    """The subscriptions that changed since a moment (UTC), newest first and each perhaps more than once, as their
    events show them, with `changed` beside: when, in seconds. None where Stripe does not say.
    """
    listed = _events(moment, PLANS)
    if listed is None:
        return None
    return ({**event["data"]["object"], "changed": event["created"]} for event in listed)


def is_newer(raw: Raw, as_of: datetime) -> bool:
    """Whether a subscription changed after the fetch that its row shows."""
    return is_after(parse.moment(raw["changed"]), as_of)


def is_after(moment: datetime, as_of: datetime) -> bool:
    """Whether something happened after a fetch, or so shortly before it that it may not have been seen there yet."""
    return not prefetch.overtaken(as_of, moment + prefetch.SKEW)


def _events(moment: datetime | None, types: list[str]) -> Iterator[Raw] | None:
    """Events since a moment. None without one, where it lies too far back or is yet to come (by a wrong clock), and
    where our key may not read them.
    """
    now = timezone.now()
    if moment is None or not now - KEPT <= moment <= now:
        return None
    listed = reads.events(moment, types)
    try:
        first = next(listed, None)
    except NoPermissionError:
        return None
    return chain([first], listed) if first else iter(())

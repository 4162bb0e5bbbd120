"""Payments that carry our mark while we have no row of them, as after a restored backup: made anew from Stripe."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from donations.letters.outcomes import Tell
from donations.models import Gift
from donations.models.gifts import Frequency
from donations.monthly import plans
from donations.stripe import objects, parse, reads
from donations.sync import payments
from foundation.doors import card_numbers


class UnknownOrphanError(Exception):
    """Nothing at Stripe says that this site asked for it. The text is a sentence for staff: a person must decide."""


def rebuild(reference: str, named: dict[str, str], anywhere: bool = False) -> str:
    """The first row of a gift that our books lost, as its payment page has it: no money is booked here.

    `named` names the page at Stripe: its payment intent or its subscription. Only a page that led back to our own
    address counts, unless a person said that it is ours `anywhere`. Returns a note for staff.
    Raises UnknownOrphanError.
    """
    pages = [raw for raw in reads.pages_of(named) if raw.get("client_reference_id") == reference]
    lost = f"It names the gift {reference}, which is not in our books"
    if not pages:
        raise UnknownOrphanError(f"{lost}, and no payment page does.")
    page = next((raw for raw in pages if raw.get("status") == "complete"), pages[0])
    if not (anywhere or parse.text(page.get("success_url")).startswith(f"{settings.BASE_URL}/")):
        raise UnknownOrphanError(f"{lost}; another address asked for it.")
    fields = _fields(page)
    if not fields["email"] or not fields["total"]:
        raise UnknownOrphanError(f"The payment page of the gift {reference} names no address or no sum.")
    made = _put(reference, parse.moment(page["created"]), fields)
    return f"The gift {reference} was made anew from Stripe, without fund, campaign and dedication." if made else ""


def keep_plan(subscription: objects.Subscription, as_of: datetime, tell: Tell) -> str:
    """A monthly gift as Stripe has it; the gift that it began with is made anew where we lost it. Returns a note."""
    try:
        _keep(subscription, as_of, tell)
    except payments.OrphanError as orphan:
        note = rebuild(orphan.reference, {"subscription": subscription.id})
        _keep(subscription, as_of, tell)
        return note
    return ""


@transaction.atomic
def _keep(subscription: objects.Subscription, as_of: datetime, tell: Tell) -> None:
    _plan, outcomes = plans.put(subscription, payments.lock(subscription.reference), as_of)
    tell(outcomes)


def _fields(page: objects.Raw) -> dict[str, Any]:
    """What of a gift the page knows. How much of it covered the fee, it does not."""
    details = page.get("customer_details") or {}
    total, language = page.get("amount_total") or 0, parse.text(page.get("locale"))
    attempt = parse.text((page.get("metadata") or {}).get("attempt"))
    return {
        "frequency": Frequency.MONTHLY if page.get("mode") == "subscription" else Frequency.ONCE,
        "currency": page["currency"].upper(),
        "amount": total,
        "total": total,
        "email": parse.text(details.get("email")) or parse.text(page.get("customer_email")),
        "name": card_numbers.masked(parse.text(details.get("name")))[:200],
        "language": language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        "session_id": page["id"],
        "session_attempt": int(attempt) if attempt.isdecimal() else 1,
        "session_expires_at": parse.later(page.get("expires_at")),
        "livemode": bool(page["livemode"]),
    }


@transaction.atomic
def _put(reference: str, begun: datetime, fields: dict[str, Any]) -> bool:
    """True when it was not there. Two at once make one."""
    gift, made = Gift.objects.get_or_create(reference=reference, defaults=fields)
    if made:
        Gift.objects.filter(pk=gift.pk).update(created_at=begun)
    return made

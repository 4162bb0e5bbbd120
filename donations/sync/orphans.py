"""Orphans, payments with our mark while we have no row of them, as after a restored backup: rebuilt from Stripe."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from donations.letters.outcomes import Tell
from donations.models import Gift
from donations.models.frequency import FREQUENCIES, Frequency
from donations.monthly import plans
from donations.stripe import objects, parse, reads
from donations.sync import payments
from foundation.access import card_numbers


class UnknownOrphanError(Exception):
    """Nothing at Stripe says that this site asked for it. The text is a sentence for staff: a person must decide."""


def rebuild(reference: str, named: dict[str, str], anywhere: bool = False) -> str:
    """Rebuild the first row of a gift that our books lost, from its Checkout Session: no money is booked here.

    `named` names the session at Stripe: by its payment intent or its subscription. Only a session that led back to our
    own address counts, unless a person said that it is ours `anywhere`. Returns a note for staff. Raises
    UnknownOrphanError.
    """
    sessions = [raw for raw in reads.sessions_of(named) if raw.get("client_reference_id") == reference]
    lost = f"It names the gift {reference}, which is not in our books"
    if not sessions:
        raise UnknownOrphanError(f"{lost}, and no Checkout Session does.")
    session = next((raw for raw in sessions if raw.get("status") == "complete"), sessions[0])
    if not (anywhere or parse.text(session.get("success_url")).startswith(f"{settings.BASE_URL}/")):
        raise UnknownOrphanError(f"{lost}; another address asked for it.")
    fields = _fields(session)
    if not fields["email"] or not fields["total"]:
        raise UnknownOrphanError(f"The Checkout Session of the gift {reference} names no address or no sum.")
    made = _create_once(reference, parse.moment(session["created"]), fields)
    note = f"The gift {reference} was made anew from Stripe, without fund, campaign, company and dedication."
    return note if made else ""


def keep_plan(subscription: objects.Subscription, as_of: datetime, tell: Tell) -> str:
    """Upsert a plan as Stripe has it; the gift that it began with is rebuilt where we lost it. Returns a note."""
    try:
        _save_plan(subscription, as_of, tell)
    except payments.OrphanError as orphan:
        note = rebuild(orphan.reference, {"subscription": subscription.id})
        _save_plan(subscription, as_of, tell)
        return note
    return ""


@transaction.atomic
def _save_plan(subscription: objects.Subscription, as_of: datetime, tell: Tell) -> None:
    _plan, outcomes = plans.upsert(subscription, payments.lock(subscription.reference), as_of)
    tell(outcomes)


def _fields(session: objects.Raw) -> dict[str, Any]:
    """What of a gift the session knows. How much of it covered the fee, it does not."""
    details = session.get("customer_details") or {}
    total, language = session.get("amount_total") or 0, parse.text(session.get("locale"))
    attempt = parse.text((session.get("metadata") or {}).get("attempt"))
    return {
        "frequency": _frequency(session),
        "currency": session["currency"].upper(),
        "amount": total,
        "total": total,
        "email": parse.text(details.get("email")) or parse.text(session.get("customer_email")),
        "name": card_numbers.masked(parse.text(details.get("name")))[:200],
        "language": language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        "session_id": session["id"],
        "session_attempt": int(attempt) if attempt.isdecimal() else 1,
        "session_expires_at": parse.later(session.get("expires_at")),
        "livemode": bool(session["livemode"]),
    }


def _frequency(session: objects.Raw) -> Frequency:
    """Once, unless it is a subscription, which alone says how often: the session does not."""
    if session.get("mode") != "subscription":
        return Frequency.ONCE
    ident = parse.ident(session.get("subscription"))
    return FREQUENCIES.get(reads.subscription(ident).interval if ident else "", Frequency.MONTHLY)


@transaction.atomic
def _create_once(reference: str, begun: datetime, fields: dict[str, Any]) -> bool:
    """Get or create the gift. True when it was not there. Two at once make one."""
    gift, made = Gift.objects.get_or_create(reference=reference, defaults=fields)
    if made:
        Gift.objects.filter(pk=gift.pk).update(created_at=begun)
    return made

"""Expire the Checkout Sessions of earlier tries of the same form, by a job, so that no corrected sum is paid twice."""

from contextlib import suppress
from typing import Any

from django.db.models import QuerySet

from donations.letters import audience
from donations.models import Gift
from donations.stripe import client, writes
from donations.stripe.errors import StripeRefusedError, waiting_for_stripe
from donations.sync import from_stripe
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.organisation import clone_guard

KIND = "close-other-pages"


def close(gift: Gift) -> None:
    """Enqueue the expiry of the other sessions, now that this one is wanted, and cancel the expiry of this one."""
    Job.objects.filter(key=_key(gift), state=Job.State.READY).delete()
    for other in _others(gift):
        jobs.enqueue(KIND, _key(other), {"gift": other.reference, "session": other.session_id})


@jobs.handler(KIND)
@waiting_for_stripe()
def close_one(args: dict[str, Any]) -> None:
    """Job: expire one Checkout Session. What Stripe will not expire is paid or over. Retried while Stripe is down."""
    if not Gift.objects.filter(reference=args["gift"], session_id=args["session"], status=Gift.Status.STARTED).exists():
        return
    clone_guard.check_account(client.account())
    with suppress(StripeRefusedError):
        writes.expire_checkout_session(args["session"])
        from_stripe.session_changed(args["session"], audience.everybody)


def _others(gift: Gift) -> QuerySet[Gift]:
    """Gifts of the same form whose session is open still, as far as our rows know."""
    others = Gift.objects.filter(attempt=gift.attempt, status=Gift.Status.STARTED)
    return others.exclude(pk=gift.pk).exclude(session_id=None)


def _key(gift: Gift) -> str:
    return f"{KIND}:{gift.reference}:{gift.session_attempt}"

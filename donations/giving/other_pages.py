"""Payment pages of earlier tries from the same form are closed, so that a corrected sum is not paid twice: by a job."""

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
from foundation.organisation import home

KIND = "close-other-pages"


def close(gift: Gift) -> None:
    """Let the worker close them, now that this one is wanted; whoever goes back to an earlier sum keeps that page."""
    Job.objects.filter(key=_key(gift), state=Job.State.READY).delete()
    for other in _others(gift):
        jobs.enqueue(KIND, _key(other), {"gift": other.reference, "session": other.session_id})


@jobs.handler(KIND)
@waiting_for_stripe()
def close_one(args: dict[str, Any]) -> None:
    """What Stripe will not close is paid or over already. While it cannot be asked, this waits."""
    if not Gift.objects.filter(reference=args["gift"], session_id=args["session"], status=Gift.Status.STARTED).exists():
        return
    home.check_account(client.account())
    with suppress(StripeRefusedError):
        writes.expire_checkout(args["session"])
        from_stripe.session_changed(args["session"], audience.everybody)


def _others(gift: Gift) -> QuerySet[Gift]:
    """Those whose page is open still, as far as our rows know."""
    others = Gift.objects.filter(attempt=gift.attempt, status=Gift.Status.STARTED)
    return others.exclude(pk=gift.pk).exclude(session_id=None)


def _key(gift: Gift) -> str:
    return f"{KIND}:{gift.reference}:{gift.session_attempt}"

"""Expire Checkout Sessions by a job: of earlier tries of the same form, so that no corrected sum is paid twice; and of
who was erased.
"""

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
    """Enqueue the expiry of the sessions of all that its form was sent with but the current one, and cancel that of the
    current one. Of two sums sent at once, whoever comes here last closes the other's.
    """
    for each in _open_ones(gift):
        if each.current:
            Job.objects.filter(key=_key(each), state=Job.State.READY).delete()
        else:
            _enqueue(each)


def give_up(gifts: QuerySet[Gift]) -> None:
    """Enqueue the expiry of the sessions of these gifts: who began them is forgotten, and could still pay there."""
    given_up = gifts.filter(status=Gift.Status.STARTED).exclude(session_id=None)
    given_up.update(current=False)
    for each in given_up:
        _enqueue(each)


@jobs.handler(KIND)
@waiting_for_stripe()
def close_one(args: dict[str, Any]) -> None:
    """Job: expire one Checkout Session. What Stripe will not expire is paid or over. Retried while Stripe is down."""
    given_up = Gift.objects.filter(current=False, status=Gift.Status.STARTED)
    if not given_up.filter(reference=args["gift"], session_id=args["session"]).exists():
        return
    clone_guard.check_account(client.account())
    with suppress(StripeRefusedError):
        writes.expire_checkout_session(args["session"])
        from_stripe.session_changed(args["session"], audience.everybody)


def _enqueue(gift: Gift) -> None:
    """Unread: another request, in which this gift is the current one, may delete it at once."""
    jobs.enqueue_unread(KIND, _key(gift), {"gift": gift.reference, "session": gift.session_id})


def _open_ones(gift: Gift) -> QuerySet[Gift]:
    """Gifts of the same form whose session is open still, as far as our rows know."""
    return Gift.objects.filter(attempt=gift.attempt, status=Gift.Status.STARTED).exclude(session_id=None)


def _key(gift: Gift) -> str:
    return f"{KIND}:{gift.reference}:{gift.session_attempt}"

"""Book what Stripe says of a donor who is back from paying, by a job, as its webhook does: D-152."""

from contextlib import suppress
from typing import Any

from django.db import OperationalError

from donations.giving.gift_status import GiftStatus
from donations.letters import audience
from donations.models import Gift
from donations.stripe import client
from donations.stripe.errors import NotFoundError, waiting_for_stripe
from donations.sync import from_stripe, payments
from foundation.jobs import lanes
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.organisation import clone_guard, once

KIND = "returned"
ARRIVED = (Gift.Status.PAID, Gift.Status.PENDING)


def follow(gift: Gift, now: GiftStatus) -> None:
    """Enqueue the booking, once a session, where Stripe has the money or a bank sends it and our row does not say so.

    A database that takes no job now spoils nobody's thanks: the webhook comes, and so does the comparison.
    """
    if now.state not in ARRIVED or now.state == gift.status or is_followed(gift):
        return
    with suppress(OperationalError):
        jobs.enqueue(KIND, _key(gift), {"session": gift.session_id})


def is_followed(gift: Gift) -> bool:
    """Whether its donor came back from Stripe's page of this session, and money was there or on its way."""
    return Job.objects.filter(key=_key(gift)).exists()


def _key(gift: Gift) -> str:
    return f"{KIND}:{gift.session_id}"


@jobs.handler(KIND, lane=lanes.PEOPLE)
@waiting_for_stripe()
@once.read_once()
def book(args: dict[str, Any]) -> None:
    """Job: sync the Checkout Session. Idempotent: what the webhook booked already is found, not written twice."""
    clone_guard.check_account(client.account())
    tell = audience.staff_alone if args.get("silent") else audience.everybody
    with suppress(payments.NotOursError, NotFoundError):
        from_stripe.session_changed(args["session"], tell)

"""Benchmark of webhook event processing, with the offline Stripe over HTTP, against as many bare transactions."""

import uuid
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from benchmarks.bare_views import TABLE
from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from donations.giving import checkout
from donations.models import Gift, StripeEvent
from donations.webhooks import inbox
from foundation.jobs import lanes, queue
from tests.stripe_sandbox.driver import Sandbox

Batch = list[dict[str, Any]]


def events(ground: Ground) -> Iterator[Pair]:
    stripe = Sandbox.start(Path(ground.folder), port=settings.SANDBOX_PORT)
    try:
        made = batches(stripe, 2 * (ground.rounds + 1), ground.paid)
        size = len(made[0])
        limits = {"a bare transaction": partial(bare, size, asks=False)}
        limits["a question to Stripe and a bare transaction"] = partial(bare, size, asks=True)
        for limit, measured in limits.items():
            yield Pair(
                "Stripe's event applied to the books",
                limit,
                "events",
                lambda: apply(made.pop(), stripe, ground.paid),
                measured,
            )
    finally:
        stripe.stop()


def batches(stripe: Sandbox, count: int, paid: int) -> list[Batch]:
    """Return batches of donors who have paid, and the events of each batch: four or five of a payment."""
    found: list[Batch] = []
    seen = len(stripe.events())
    for _round in range(count):
        for _gift in range(paid):
            stripe.pay(checkout.start(_begun()))
        told = stripe.events()
        found.append(told[seen:])
        seen = len(told)
    return found


def _begun() -> Gift:
    wish = {"frequency": "once", "currency": "USD", "amount": 2500, "total": 2500, "livemode": False}
    return Gift.objects.create(attempt=uuid.uuid4().hex, email="ada@donor.example", **wish)


def apply(batch: Batch, stripe: Sandbox, wanted: int) -> Sample:
    """Process the events alone: they are in the inbox before, and their letters are sent after."""
    while queue.run_due():  # also what another part of the same run left behind, which may be thousands
        pass
    paid = Gift.objects.paid().count()
    post(batch, stripe)
    sample = here(len(batch), lambda: queue.run_due(len(batch), lanes.MAIN))
    left = StripeEvent.objects.filter(state__in=(StripeEvent.State.WAITING, StripeEvent.State.FAILED))
    insist(not left.exists(), f"{left.count()} events were not applied.")
    now = Gift.objects.paid().count() - paid
    insist(now == wanted, f"{now} gifts of {wanted} were booked as paid.")
    return sample


def post(batch: Batch, stripe: Sandbox) -> None:
    """Put events into the inbox, as Stripe sends them."""
    for event in batch:
        inbox.receive(*stripe.signed(event, settings.STRIPE_WEBHOOK_SECRETS[0]))


def bare(count: int, asks: bool) -> Sample:
    line = HTTPConnection("127.0.0.1", settings.SANDBOX_PORT, timeout=60)

    def all_of_them() -> None:
        for _ in range(count):
            _one(line if asks else None)

    sample = here(count, all_of_them)
    line.close()
    return sample


def _one(line: HTTPConnection | None) -> None:
    if line:
        line.request("GET", "/v1/account", headers=headers())
        answer = line.getresponse()
        answer.read()
        insist(answer.status == 200, f"The offline Stripe answered {answer.status}.")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (body) VALUES (%s)", ["x"])


def headers() -> dict[str, str]:
    return {
        "Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}",
        "Stripe-Version": settings.STRIPE_API_VERSION,
    }

"""The journeys of the smoke run, by the site's own code: what a donor pays, what Stripe tells of it, what we book.

Stripe cannot reach this machine, so its events are fetched from its list, signed here, and taken in as webhooks are.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from stripe import WebhookSignature

from donations.giving import checkout, starter
from donations.models import Gift, LedgerEntry, Plan, Receipt, StripeEvent, StripeSetup
from donations.monthly import changes
from donations.reconcile import runs
from donations.stripe import client, portal, reads, writes
from donations.stripe.errors import ForgedError
from donations.webhooks import inbox
from foundation.jobs.queue import run_due
from tests.stripe_sandbox.driver import Sandbox

PATIENCE = 900  # seconds for a person to pay on Stripe's page
BETWEEN = 3.0  # seconds between two looks at Stripe
BETWEEN_OFFLINE = 0.1
CARD = "4242 4242 4242 4242"


class SmokeError(Exception):
    """A journey did not end as it should. The text is one sentence."""


class Smoke:
    """One run: what was begun when, and which events were taken in."""

    def __init__(self, offline: bool) -> None:
        self.offline, self.began = offline, timezone.now()
        self.heard: dict[str, dict[str, Any]] = {}
        self.gifts: dict[str, Gift] = {}

    def key(self) -> str:
        return f"the key opens {client.account()}"

    def once(self) -> str:
        gift = self._give("once", 2500)
        self._until("the fee of the gift is booked", lambda: self._rows(gift, "fee"))
        receipt = Receipt.objects.get(gift=gift)
        self._must(receipt.total == 2500 and receipt.series == Receipt.DEMO, "the receipt is not of $25.00 and a test")
        return f"paid, booked with its fee, receipt {receipt.label}"

    def monthly(self) -> str:
        gift = self._give("monthly", 1000)
        plan = Plan.objects.get(gifts=gift)
        self._must((plan.status, plan.total) == ("active", 1000), f"the monthly gift is {plan.status}, {plan.total}")
        return f"paid, booked, {plan.subscription_id} is active"

    def refund(self) -> str:
        gift = self.gifts["once"]
        asked = {"payment_intent": gift.payment_intent_id, "amount": 700}
        made = client.request(client.v1().refunds.create, asked, {"idempotency_key": f"smoke-{gift.reference}"})
        self._until("the refund is booked", lambda: self._rows(gift, "refund"))
        kept, _cover = LedgerEntry.objects.kept(gift)
        newest = Receipt.objects.get(gift=gift, replaced_by=None)
        self._must(kept == newest.total == 1800, f"{kept} is kept and the receipt says {newest.total}, not 1800")
        return f"{made['id']} is booked, receipt {newest.label} took the place of the first"

    def events(self) -> str:
        one = next(iter(self.heard.values()))
        again = client.get(client.v1().events.retrieve, one["id"])
        self._must(again["type"] == one["type"], "an event fetched by its id is another one")
        bad = StripeEvent.objects.exclude(state__in=["done", "ignored"])
        self._must(not bad.exists(), f"{bad.count()} events were not worked through: {[row.note for row in bad[:3]]}")
        versions = sorted({str(event["api_version"]) for event in self.heard.values()})
        return f"{len(self.heard)} were fetched and worked through, in API version {', '.join(versions)}"

    def signature(self) -> str:
        body = json.dumps(next(iter(self.heard.values())), default=str)
        for wrong in (self._header(body + " "), self._header(body, "whsec_of_somebody_else"), "t=1,v1=00", ""):
            try:
                inbox.receive(body.encode(), wrong)
            except ForgedError:
                continue
            raise SmokeError("An event with a wrong signature was taken in.")
        inbox.receive(body.encode(), self._header(body))
        return "a right one is taken, four wrong ones are not"

    def portal(self) -> str:
        setup, _made = StripeSetup.objects.get_or_create(account=client.account())
        StripeSetup.objects.filter(pk=setup.pk).update(portal=portal.configure())
        page = writes.card_page(Plan.objects.get().customer_id, settings.BASE_URL)
        self._must(page.startswith(("https://billing.stripe.com/", settings.STRIPE_API_BASE)), "the page is elsewhere")
        return "Stripe's page for the card opens"

    def end(self) -> str:
        plan = changes.end(Plan.objects.get())
        self._must(plan.status == "ended", f"the monthly gift is {plan.status} after its end")
        return f"{plan.subscription_id} has ended"

    def comparison(self) -> str:
        row = runs.run(since=self.began, apply=True)
        self._must(row.gaps == 0, f"{row.gaps} balance transactions at Stripe are not in our books")
        return "our books have every balance transaction that Stripe has"

    def _give(self, frequency: str, total: int) -> Gift:
        gift = Gift.objects.create(
            frequency=frequency,
            currency="USD",
            amount=total,
            total=total,
            email="smoke@example.org",
            name="Smoke Test",
            livemode=False,
        )
        address = checkout.start(gift)
        gift.refresh_from_db()
        if self.offline:
            Sandbox.pay(None, address)  # type: ignore[arg-type]  # needs no process of its own
        else:
            print(
                f"     Please pay here, with {CARD}, any later date and any three digits:\n     {address}", flush=True
            )
        page = gift.session_id or ""
        self._until("the page is paid", lambda: reads.checkout_session(page).status == "complete", PATIENCE)
        self._until("the gift is paid in our books", lambda: Gift.objects.paid().filter(pk=gift.pk).exists())
        gift.refresh_from_db()
        self.gifts[frequency] = gift
        return gift

    def _until(self, what: str, true: Callable[[], bool], seconds: float = 120) -> None:
        ends = time.monotonic() + seconds
        while True:
            self._hear()
            if true():
                return
            if time.monotonic() > ends:
                raise SmokeError(f"After {seconds:.0f} seconds it was not true that {what}.")
            time.sleep(BETWEEN_OFFLINE if self.offline else BETWEEN)

    def _hear(self) -> None:
        """What came since the beginning, oldest first, as a webhook would bring it."""
        since = {"created": {"gte": int(self.began.timestamp()) - 60}}
        for event in reversed(list(client.each(client.v1().events.list, since))):
            if event["id"] not in self.heard:
                self.heard[event["id"]] = event
                body = json.dumps(event, default=str)
                inbox.receive(body.encode(), self._header(body))
        run_due()

    def _header(self, body: str, secret: str = "") -> str:
        secret = secret or settings.STRIPE_WEBHOOK_SECRETS[0]
        return WebhookSignature.generate_signature_header(body, secret, int(datetime.now().timestamp()))

    @staticmethod
    def _rows(gift: Gift, kind: str) -> bool:
        return LedgerEntry.objects.filter(gift=gift, kind=kind).exists()

    @staticmethod
    def _must(true: bool, otherwise: str) -> None:
        if not true:
            raise SmokeError(f"{otherwise[0].upper()}{otherwise[1:]}.")


JOURNEYS = ("key", "once", "monthly", "refund", "events", "signature", "portal", "end", "comparison")


def run(offline: bool) -> int:
    """All journeys in turn, a line for each. 0: all went well; 1: one did not, and a sentence says which."""
    call_command("migrate", verbosity=0)
    starter.load()
    smoke = Smoke(offline)
    where = "the offline stand-in" if offline else "Stripe's test mode"
    try:
        for name in JOURNEYS:
            print(f"ok   {name}: {getattr(smoke, name)()}", flush=True)
    except Exception as error:
        print(f"FAIL {name} against {where}: {error}", flush=True)
        return 1
    finally:
        _leave_nothing()
        connections.close_all()
    print(f"All {len(JOURNEYS)} journeys went well against {where}.")
    return 0


def _leave_nothing() -> None:
    """A monthly gift of a run that failed would renew for ever in somebody's test account."""
    for plan in Plan.objects.running():
        try:
            changes.end(plan)
        except Exception as error:
            print(f"Please end {plan.subscription_id} in Stripe's dashboard: {error}")

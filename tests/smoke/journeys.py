"""The journeys of the smoke run, by the site's own code: what a donor pays, what Stripe tells of it, what we book.

Stripe cannot reach this machine, so its events are fetched from its list, signed here, and taken in as webhooks are.
"""

import json
import os
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
from donations.models import Dispute, Gift, LedgerEntry, Plan, Receipt, StripeEvent, StripeSetup
from donations.monthly import changes
from donations.reconcile import runs
from donations.stripe import client, portal, reads, writes
from donations.stripe.errors import ForgedError
from donations.webhooks import inbox
from foundation.jobs.queue import run_due
from tests.smoke.differences import KEPT, differences, told
from tests.stripe_sandbox.driver import Sandbox

PATIENCE = 900  # seconds for a person to pay on Stripe's page
BETWEEN = 3.0  # seconds between two looks at Stripe
BETWEEN_OFFLINE = 0.1
CARD, ASKS_BANK, DISPUTED = "4242 4242 4242 4242", "4000 0025 0000 3155", "4000 0000 0000 0259"
OTHER_CARD = "5555 5555 5555 4444"


class SmokeError(Exception):
    """A journey did not end as it should. The text is one sentence."""


class Smoke:
    """One run: what was begun when, and which events were taken in."""

    def __init__(self, offline: bool) -> None:
        self.offline, self.began = offline, timezone.now()
        self.heard: dict[str, dict[str, Any]] = {}
        self.of_journey: dict[str, list[dict[str, Any]]] = {}
        self.journey = ""
        self.gifts: dict[str, Gift] = {}

    def key(self) -> str:
        return f"the key opens {client.account()}"

    def once(self) -> str:
        gift = self._give("once", 2500, CARD)
        self._until("the fee of the gift is booked", lambda: self._rows(gift, "fee"))
        receipt = Receipt.objects.get(gift=gift)
        self._must(receipt.total == 2500 and receipt.series == Receipt.DEMO, "the receipt is not of $25.00 and a test")
        return f"paid, booked with its fee, receipt {receipt.label}"

    def monthly(self) -> str:
        """By a card whose bank asks first (3-D Secure)."""
        gift = self._give("monthly", 1000, ASKS_BANK)
        plan = Plan.objects.get(gifts=gift)
        self._must((plan.status, plan.total) == ("active", 1000), f"the monthly gift is {plan.status}, {plan.total}")
        return f"the bank asked, paid, booked, {plan.subscription_id} is active"

    def dispute(self) -> str:
        gift = self._give("once", 1500, DISPUTED)
        self._until("the dispute is booked", lambda: self._rows(gift, "dispute"))
        known = Dispute.objects.get(gift=gift)
        newest = Receipt.objects.get(gift=gift, replaced_by=None)
        self._must(known.amount == 1500 and newest.total == 0, f"{known.amount} disputed, the receipt {newest.total}")
        return f"{known.stripe_object} is booked, receipt {newest.label} says 0"

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

    def card(self) -> str:
        """Another card on Stripe's page; the plan is charged by it from then on."""
        plan = Plan.objects.get()
        before = plan.method_id
        page = changes.card_page(plan, settings.BASE_URL, settings.BASE_URL)
        if self.offline:
            Sandbox.portal(None, page, "card", card_number=OTHER_CARD)  # type: ignore[arg-type]
        else:
            print(f"     Please save another card here, {OTHER_CARD}:\n     {page}", flush=True)
        self._until("the plan has the other card", lambda: Plan.objects.get().method_id not in ("", before), PATIENCE)
        return f"the plan is charged by {Plan.objects.get().method_id}"

    def stop(self) -> str:
        plan = changes.stop(Plan.objects.get())
        self._must(bool(plan.cancel_at) and plan.status == "paused", f"stopped, it is {plan.status}")
        plan = changes.undo_stop(plan)
        self._must(plan.cancel_at is None and plan.status == "active", f"after the undo it is {plan.status}")
        return "nothing is taken after it, and it can be undone"

    def end(self) -> str:
        plan = changes.end(Plan.objects.get())
        self._must(plan.status == "ended", f"the monthly gift is {plan.status} after its end")
        return f"{plan.subscription_id} has ended"

    def comparison(self) -> str:
        row = runs.run(since=self.began, apply=True)
        self._must(row.gaps == 0, f"{row.gaps} balance transactions at Stripe are not in our books")
        return "our books have every balance transaction that Stripe has"

    def _give(self, frequency: str, total: int, card: str) -> Gift:
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
            Sandbox.pay(None, address, card)  # type: ignore[arg-type]  # needs no process of its own
        else:
            print(
                f"     Please pay here, with {card}, any later date and any three digits:\n     {address}", flush=True
            )
        page = gift.session_id or ""
        self._until("the page is paid", lambda: reads.checkout_session(page).status == "complete", PATIENCE)
        self._until("the gift is paid in our books", lambda: Gift.objects.paid().filter(pk=gift.pk).exists())
        gift.refresh_from_db()
        self.gifts.setdefault(frequency, gift)
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
                self.of_journey.setdefault(self.journey, []).append(event)
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

    def make(self, name: str) -> str:
        """One journey, and what Stripe tells of it until it has been silent for a while."""
        self.journey = name
        self.of_journey[name] = []
        said: str = getattr(self, name)()
        silent = 0
        while silent < 2:
            before = len(self.heard)
            time.sleep(BETWEEN_OFFLINE if self.offline else BETWEEN)
            self._hear()
            silent = silent + 1 if len(self.heard) == before else 0
        return said


JOURNEYS = (
    *("key", "once", "monthly", "refund", "dispute", "events", "signature", "portal", "card", "stop", "end"),
    "comparison",
)


def run(offline: bool) -> int:
    """All journeys in turn, a line each, then what differed. 0: all went well; 1: one did not, and its line says so."""
    call_command("migrate", verbosity=0)
    starter.load()
    smoke = Smoke(offline)
    where = "the offline stand-in" if offline else "Stripe's test mode"
    failed = []
    try:
        for name in JOURNEYS:
            try:
                print(f"ok   {name}: {smoke.make(name)}", flush=True)
            except Exception as error:
                failed.append(name)
                smoke.of_journey.pop(name, None)
                print(f"FAIL {name} against {where}: {error}", flush=True)
        now = told(smoke.of_journey)
        if offline and os.environ.get("SMOKE") == "write":
            KEPT.write_text(json.dumps(now, indent=1) + "\n")
        for line in differences(now):
            print(f"DIFFERS from the offline stand-in: {line}", flush=True)
    finally:
        leave_nothing()
        connections.close_all()
    if failed:
        print(f"{len(failed)} of {len(JOURNEYS)} journeys did not go well against {where}: {', '.join(failed)}.")
        return 1
    print(f"All {len(JOURNEYS)} journeys went well against {where}.")
    return 0


def leave_nothing() -> None:
    """Open payment pages expire, monthly gifts end, and customers go: in somebody's test account a gift would renew for
    ever. Stripe is asked, not our books, which may lack what failed. Products and the page for cards stay.
    """
    for gift in Gift.objects.exclude(session_id=None):
        try:
            raw = client.get(client.v1().checkout.sessions.retrieve, gift.session_id or "")
            if raw["status"] == "open":
                writes.expire_checkout_session(raw["id"])
            elif raw["customer"]:
                client.request(client.v1().customers.delete, raw["customer"])
        except Exception as error:
            print(f"Please look after {gift.session_id} in Stripe's dashboard: {error}")

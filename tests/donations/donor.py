"""A donor with a browser, and the till: what Stripe has, and how its events come to us."""

import re
import time
from html import unescape
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone

from donations.giving import browser_cookie, gifts, starter
from donations.models import Currency
from donations.stripe import client as stripe_client
from donations.webhooks.events import HANDLERS
from foundation.access import antispam
from foundation.jobs.queue import run_due
from foundation.organisation.models import Organisation
from tests.donations.kept import keep

WEBHOOK = "/stripe/webhook/"
SECOND = "give a second time"
CARD = "4242424242424242"


class Till:
    """One tenant of the offline Stripe."""

    def __init__(self, sandbox, tenant: str, truth: dict[str, str] | None = None) -> None:
        self.sandbox, self.tenant, self.truth = sandbox, tenant, truth or {}
        self.caller: Client | None = None  # Stripe's, where one is kept from call to call
        self._events: list[dict] = []  # which never change once they are there: only new ones are asked for
        self._things: dict[str, dict[str, dict]] = {}  # by kind and id, as those events tell

    def copy(self, tenant: str) -> bool:
        return self.sandbox.copy(tenant, self.tenant)

    def events(self) -> list[dict]:
        new = self.sandbox.events(self.tenant, skip=len(self._events))
        for thing in (event["data"]["object"] for event in new):
            if "id" in thing:
                self._things.setdefault(thing["object"], {})[thing["id"]] = thing
        self._events += new
        return list(self._events)

    def told(self) -> list[dict]:
        """The events that Stripe sends us: our endpoint asks for no others."""
        return [event for event in self.events() if event["type"] in HANDLERS]

    def objects(self, kind: str) -> list[dict]:
        """The newest state of each object of that kind, as the events tell it."""
        self.events()
        return list(self._things.get(kind, {}).values())

    def fault(self, kind: str, **options) -> None:
        self.sandbox.fault(kind, self.tenant, **options)

    def calm(self) -> None:
        self.sandbox.calm(self.tenant)

    def advance(self, seconds: int) -> None:
        self.sandbox.advance(seconds, self.tenant)

    def advance_to_noon(self) -> int:
        """Payouts leave at midnight (UTC) and are complete an hour later: no story may end between the two. Returns the
        seconds, of whole hours.
        """
        seconds = (12 - timezone.now().hour) % 24 * 3600
        self.advance(seconds)
        return seconds

    def refund(self, payment_intent: str, **facts) -> dict:
        """Somebody gives money back in Stripe's dashboard."""
        return self.sandbox.refund(self.tenant, payment_intent=payment_intent, **facts)

    def dispute(self, payment_intent: str, **facts) -> dict:
        return self.sandbox.dispute(self.tenant, payment_intent=payment_intent, **facts)

    def balance_transactions(self) -> list[dict]:
        """Every balance transaction at Stripe."""
        return list(stripe_client.each(stripe_client.v1().balance_transactions.list, {}))

    def pay(self, url: str, card: str = CARD, **fields: str) -> str:
        return self.sandbox.pay(url, card, **fields)

    def post(self, event: dict, secret: str | None = None, at: int | None = None):
        """One event to our webhook, signed."""
        body, header = self.sandbox.signed(event, secret or settings.STRIPE_WEBHOOK_SECRETS[0], at)
        return post(body, header, client=self.caller)

    def tell(self, events: list[dict] | None = None) -> None:
        """Those events, or all that Stripe sends, to our webhook, and the work that they ask for."""
        for event in self.told() if events is None else events:
            assert self.post(event).status_code == 200
        run_due()


def post(body: bytes, header: str, content_type: str = "application/json", client: Client | None = None):
    """As Stripe calls us. A `client` that called before spares the site's middleware being built again."""
    headers = {"Stripe-Signature": header}
    return (client or Client()).post(WEBHOOK, body, content_type=content_type, headers=headers)


def a_charity() -> Organisation:
    """A charity with a name, a mailbox and currencies to give in. It has entered no registration.

    Its rows are the same in each test, which PostgreSQL by itself would number on and on: see kept.py.
    """
    starter.load()
    for number, currency in enumerate(Currency.objects.order_by("position"), start=1):
        if currency.pk != number:
            Currency.objects.filter(pk=currency.pk).update(id=number)
    Organisation.objects.filter(pk=Organisation.load().pk).update(
        id=1, name="The Road Out", legal_name="The Road Out Inc.", email="hello@charity.example"
    )
    return Organisation.load()


def opened_before() -> str:
    """The signed time of a form that lay open for half a minute."""
    return signing.dumps(time.time() - 30, salt=antispam.SALT)


class Donor:
    """Somebody at the giving page."""

    def __init__(self, client: Client, till: Till) -> None:
        self.client, self.till = client, till

    def form(self, address: str = "/give/") -> dict[str, str]:
        """The hidden fields of the page, as a browser would send them, opened a while ago."""
        return {**self._hidden(self.client.get(address)), "opened": opened_before()}

    def opened(self, code: str = "USD") -> dict[str, str]:
        """What `form` reads off the giving page in that currency, without the page: drawing it would be a seventh of
        all that these tests do. test_give_page.py compares the two.
        """
        request, answer = HttpRequest(), HttpResponse()
        request.COOKIES = {cookie.key: cookie.value for cookie in self.client.cookies.values()}
        attempt, given = browser_cookie.attempt(request), browser_cookie.given(request)
        browser_cookie.hold(answer, request, attempt)
        self.client.cookies.update(answer.cookies)
        told = given.reference if given else ""
        return {"currency": code, "told": told, "attempt": gifts.stamped(attempt), "opened": opened_before()}

    def _hidden(self, page) -> dict[str, str]:
        hidden = re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', page.content.decode())
        return {name: unescape(value) for name, value in hidden}

    def wish(self, frequency: str = "once", amount: str = "25", code: str = "USD", **more: str) -> dict[str, str]:
        """What would be sent for that amount, typed into the field for another amount."""
        fields = {"frequency": frequency, f"amount_{frequency}": "other", "other": amount, "email": "ada@donor.example"}
        return {**self.opened(code), **fields, **more}

    def send(self, fields: dict[str, str]):
        return self.client.post("/give/", fields)

    def give(self, *args, **more):
        """Fill the form and send it; once more when it says that this browser has given already."""
        fields = self.wish(*args, **more)
        fields["told"] = ""  # the form was opened before anything was given
        answer = self.send(fields)
        if answer.status_code != 200 or SECOND not in answer.content.decode():
            return answer
        return self.send({**fields, **self._hidden(answer), "opened": fields["opened"]})

    def pay(self, answer, card: str = CARD, **fields: str):
        """Pay on the page that we were sent to; the answer is our page of thanks."""
        assert answer.status_code == 303, answer.content.decode()
        back = urlsplit(self.till.pay(answer["Location"], card, **fields))
        return self.client.get(f"{back.path}?{back.query}")

    def paid(self, *args, card: str = CARD, told: bool = False, **more) -> None:
        """Has given and paid, and never came back. For a test that begins with that: made once, put back (kept.py)."""

        def make() -> None:
            self.till.pay(self.give(*args, **more)["Location"], card)
            if told:
                self.till.tell()

        keep((told, args, card, *sorted(more.items())), self, make)

    def gave(self, *args, **more) -> None:
        """Has given and paid, and Stripe has told us of it."""
        self.paid(*args, told=True, **more)

"""A charity's side of the contract tests: the official SDK, its usual calls, and a record of every answer."""

import json
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

import stripe
from stripe.params.checkout import SessionCreateParams as Order

from tests.stripe_sandbox import openapi, samples, sdk_types
from tests.stripe_sandbox.driver import Sandbox

KEY = "sk_test_offline_contract_tests"
stripe.enable_telemetry = False


class Recorder(stripe.RequestsClient):
    """The SDK's own HTTP client, keeping what it heard."""

    def __init__(self) -> None:
        super().__init__(timeout=60)
        self.answers: list[tuple[str, str, int, Any]] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Any:
        body, status, answer_headers = super().request(method, url, headers, post_data, **more)
        with suppress(ValueError):  # broken JSON is a fault on order
            self.answers.append((method.upper(), urlsplit(url).path, status, json.loads(body)))
        return body, status, answer_headers


class Shop:
    """One tenant. `v1` is the SDK; the verbs are what a giving page does."""

    def __init__(self, sandbox: Sandbox, tenant: str, retries: int = 0) -> None:
        self.sandbox, self.tenant = sandbox, tenant
        self.recorder = Recorder()
        self.client = stripe.StripeClient(
            KEY,
            stripe_version="2026-10-28.endive",
            base_addresses={"api": sandbox.tenant(tenant)},
            http_client=self.recorder,
            max_network_retries=retries,
        )
        self.v1 = self.client.v1

    def order(self, amount: int = 2500, currency: str = "usd", mode: str = "payment", **more: Any) -> Order:
        """Parameters of a session for one gift of `amount` minor units; None leaves a parameter out."""
        price: dict[str, Any] = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Gift"}}
        if mode == "subscription":
            price["recurring"] = {"interval": "month"}
        params: dict[str, Any] = {
            "mode": mode,
            "line_items": [{"price_data": price, "quantity": 1}],
            "success_url": "http://localhost:9/thanks?cs={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://localhost:9/give",
            "customer_email": "ada@example.org",
            **more,
        }
        return cast(Order, {name: value for name, value in params.items() if value is not None})

    def checkout(self, *args: Any, **more: Any) -> stripe.checkout.Session:
        return self.v1.checkout.sessions.create(self.order(*args, **more))

    def give(self, *args: Any, card: str = "4242424242424242", **more: Any) -> stripe.checkout.Session:
        """A session made and paid; returned as Stripe shows it afterwards."""
        session = self.checkout(*args, **more)
        self.sandbox.pay(session.url, card, name="Ada Lovelace", country="GB", postal_code="N1 7AA")
        return self.v1.checkout.sessions.retrieve(session.id)

    def monthly(self, amount: int = 1000, currency: str = "usd", **more: Any) -> stripe.Subscription:
        return self.v1.subscriptions.retrieve(id_of(self.give(amount, currency, "subscription", **more).subscription))

    def events(self) -> list[dict]:
        return self.sandbox.events(self.tenant)

    def kinds(self, since: int = 0) -> list[str]:
        """What was told, without the daily payouts, which go on in the background."""
        return [kind for kind in self.all_kinds(since) if not kind.startswith("payout.")]

    def all_kinds(self, since: int = 0) -> list[str]:
        return [event["type"] for event in self.events()[since:]]

    def advance(self, days: float) -> None:
        self.sandbox.advance(int(days * 86400), self.tenant)

    def renew(self, subscription: stripe.Subscription) -> None:
        """On to the day after its next renewal, however long this month is."""
        end = self.v1.subscriptions.retrieve(subscription.id)["items"].data[0].current_period_end
        self.sandbox.advance(end + 86400 - self.sandbox.health(self.tenant)["now"], self.tenant)

    def problems(self) -> list[str]:
        """What the three oracles have against anything that was answered or told."""
        found: list[str] = []
        for method, path, status, body in self.recorder.answers:
            path = path.removeprefix(f"/t/{self.tenant}")
            if status == 200:
                found += openapi.answer_problems(method, path, body) + sdk_types.problems(body)
                found += samples.problems(body)
            else:
                found += openapi.error_problems(body)
        for event in self.events():
            thing = event["data"]["object"]
            found += [f"{event['type']}: {fault}" for fault in about(event) + about(thing)]
            possible = {*thing, *sdk_types.hints(sdk_types.resource(thing["object"]))}
            unknown = set(event["data"].get("previous_attributes", {})) - possible
            found += [f"{event['type']}: previous_attributes has {name}" for name in unknown]
        return sorted(set(found))


def id_of(named: str | stripe.StripeObject | None) -> str:
    """Of what an object of Stripe's names: by its id alone, or whole where somebody asked to expand it."""
    assert named is not None
    return named if isinstance(named, str) else named["id"]


def about(thing: dict[str, Any]) -> list[str]:
    """What the three oracles say about one object."""
    return sdk_types.problems(thing) + openapi.problems(thing) + samples.problems(thing)

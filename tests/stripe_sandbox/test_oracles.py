"""The oracles themselves: they pass what is right and notice what is wrong, or the other tests prove nothing."""

import copy
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from stripe.params.billing_portal import ConfigurationCreateParams

from stripe_sandbox import API_VERSION
from tests.stripe_sandbox import openapi, samples, sdk_types
from tests.stripe_sandbox.driver import Sandbox
from tests.stripe_sandbox.shop import Shop, about, id_of

# Dropping these goes unnoticed: nullable at most, in no sample, and newer than the published description.
BLIND_SPOTS = {
    "checkout.session.optional_items", "checkout.session.branding_settings", "customer.customer_account",
    "dispute.payment_method_details",
    "invoice.status_details", "payment_intent.allowed_payment_method_types", "payment_intent.payment_record",
    "radar.early_fraud_warning.payment_intent", "setup_intent.customer_account", "subscription.status_details",
}  # fmt: skip
KINDS = {
    "balance", "billing_portal.configuration", "billing_portal.session", "dispute",
    "setup_intent", "payout", "radar.early_fraud_warning",
    "account", "balance_transaction", "charge", "checkout.session", "customer", "event", "invoice",
    "invoice_payment", "item", "line_item", "payment_intent", "payment_method", "plan", "price", "product", "refund",
    "subscription", "subscription_item", "webhook_endpoint",
}  # fmt: skip


@pytest.fixture(scope="module")
def things(sandbox: Sandbox) -> dict[str, dict]:
    """One object of each kind that the sandbox has. The tests work on copies."""
    shop = Shop(sandbox, f"oracles-{uuid.uuid4().hex[:12]}")
    sub = shop.monthly()
    shop.v1.subscriptions.retrieve(sub.id, {"expand": ["latest_invoice", "default_payment_method", "customer"]})
    shop.v1.invoice_payments.list()
    gift = shop.give()
    shop.v1.checkout.sessions.retrieve(gift.id, {"expand": ["line_items", "payment_intent"]})
    shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent)})
    shop.give(card="4000000000000259")
    shop.v1.disputes.list({"expand": ["data.charge"]})
    shop.give(card="4000000000005423")
    shop.v1.radar.early_fraud_warnings.list()
    shop.advance(4)
    shop.v1.payouts.list()
    shop.v1.balance.retrieve()
    portal: ConfigurationCreateParams = {"features": {"payment_method_update": {"enabled": True}}}
    shop.v1.billing_portal.configurations.create(portal)
    shop.v1.billing_portal.sessions.create(
        {"customer": id_of(sub.customer), "flow_data": {"type": "payment_method_update"}}
    )
    shop.checkout(mode="setup", line_items=None)
    shop.v1.setup_intents.list()
    shop.v1.charges.list({"expand": ["data.balance_transaction"]})
    shop.v1.products.create({"name": "Gift"})
    shop.v1.accounts.retrieve_current()
    shop.v1.events.list()
    endpoint = shop.v1.webhook_endpoints.create({"url": "http://localhost/", "enabled_events": ["*"]})
    shop.v1.webhook_endpoints.delete(endpoint.id)
    found: dict[str, dict] = {}
    for *_, body in shop.recorder.answers:
        for thing in objects(body):
            found.setdefault(thing["object"], thing)
    found["webhook_endpoint"].pop("secret")
    return found


def objects(value: Any) -> Iterator[dict]:
    if isinstance(value, list):
        for item in value:
            yield from objects(item)
    elif isinstance(value, dict):
        if isinstance(value.get("object"), str) and value["object"] != "list" and not value.get("deleted"):
            yield value
        for item in value.values():
            yield from objects(item)


def noticed(thing: dict) -> bool:
    """Whether any oracle objects; the slowest is asked last."""
    return bool(sdk_types.problems(thing) or samples.problems(thing) or openapi.problems(thing))


def test_they_notice_what_is_wrong_with_any_object(things: dict[str, dict]) -> None:
    assert set(things) == KINDS
    unnoticed = set()
    for kind, thing in things.items():
        assert about(thing) == [], kind
        assert about({**thing, "surprise": 1}), f"an unknown key in {kind}"
        for name, value in thing.items():
            if name == "object":
                continue
            without = {key: kept for key, kept in thing.items() if key != name}
            if not about(without):
                unnoticed.add(f"{kind}.{name}")
            if not isinstance(value, (dict, list)):
                assert noticed({**thing, name: [["wrong"]]}), f"{kind}.{name} of a wrong type"
    assert unnoticed == BLIND_SPOTS


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("checkout.session", "status", "done"),
        ("checkout.session", "mode", "donate"),
        ("checkout.session", "url", 5),
        ("payment_intent", "status", "ok"),
        ("invoice", "billing_reason", "because"),
        ("invoice", "status_transitions", {}),
        ("subscription", "status", "running"),
        ("subscription", "customer", None),
        ("charge", "amount", "25.00"),
        ("charge", "paid", 1),
        ("event", "type", None),
        ("balance_transaction", "type", "gift"),
    ],
)
def test_they_notice_wrong_values(things: dict[str, dict], kind: str, name: str, value: object) -> None:
    assert about({**things[kind], name: value})


def test_they_look_inside(things: dict[str, dict]) -> None:
    charge = copy.deepcopy(things["charge"])
    del charge["payment_method_details"]["card"]["last4"]
    assert samples.problems(charge) and not openapi.problems(charge)
    subscription = copy.deepcopy(things["subscription"])
    subscription["items"]["data"][0]["price"]["recurring"]["interval"] = "moon"
    assert sdk_types.problems(subscription) and openapi.problems(subscription)
    session = copy.deepcopy(things["checkout.session"])
    session["customer_details"]["shoe_size"] = 38
    assert sdk_types.problems(session) and openapi.problems(session)


def test_they_know_errors_and_envelopes() -> None:
    assert openapi.error_problems({"error": {"message": "no type"}})
    assert openapi.error_problems({"error": {"type": "card_error", "shoe": 1}})
    assert openapi.answer_problems("GET", "/v1/charges", {"object": "list", "data": []})
    assert openapi.answer_problems("GET", "/v1/nothing", {}) == ["GET /v1/nothing: not an address of Stripe"]
    assert sdk_types.problems({"object": "gift"}) == ["gift: no such class in the SDK"]


def test_they_speak_of_the_version_that_is_installed() -> None:
    """An upgrade of the SDK stops here: see docs/stripe-sandbox.md for what to do."""
    assert stripe.VERSION == "16.1.0"
    assert stripe.api_version == API_VERSION == "2026-10-28.endive"
    assert openapi.description()["info"]["version"] == "2026-05-27.dahlia"


def test_they_allow_for_nothing_that_the_description_knows_by_now() -> None:
    """When the description is renewed, what it has caught up with must leave the list."""
    schemas = openapi.description()["components"]["schemas"]
    for name, fields in openapi.ENDIVE.items():
        assert [field for field in fields if field in schemas[name]["properties"]] == [], name
    for (name, field), words in openapi.ENDIVE_WORDS.items():
        assert not set(words) & set(schemas[name]["properties"][field]["enum"]), name
    assert not set(openapi.ENDIVE_ADDRESSES) & set(openapi.description()["paths"])

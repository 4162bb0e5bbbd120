"""Webhooks: real signatures, retries with a fresh one, counted down, and the switches that lose or double them."""

import itertools
import json
import time
from typing import cast

import pytest
import stripe
import time_machine
from stripe.params import WebhookEndpointCreateParams

from stripe_sandbox.api import parameters
from tests.narrowing import not_none
from tests.stripe_sandbox.receiver import Receiver
from tests.stripe_sandbox.shop import Shop
from tests.waiting import wait_for

SIGNATURE = stripe.WebhookSignature


def subscribe(shop: Shop, receiver: Receiver, *kinds: str) -> str:
    """An endpoint for these kinds of event (all, if none); returns its secret."""
    params = {"url": receiver.url, "enabled_events": list(kinds) or ["*"]}
    return not_none(shop.v1.webhook_endpoints.create(cast(WebhookEndpointCreateParams, params)).secret)


def test_it_signs_what_it_sends(shop: Shop, receiver: Receiver) -> None:
    secret = subscribe(shop, receiver)
    product = shop.v1.products.create({"name": "Ünïcödé 🎁"})
    headers, body = receiver.next()
    assert SIGNATURE.verify_header(body, headers["Stripe-Signature"], secret, 300)
    with pytest.raises(stripe.SignatureVerificationError):
        SIGNATURE.verify_header(body, headers["Stripe-Signature"], "whsec_other", 300)
    event = shop.client.construct_event(body, headers["Stripe-Signature"], secret)
    assert (event.type, event.data.object.id) == ("product.created", product.id)
    assert event.api_version == "2026-10-28.endive" and event.livemode is False


def test_it_shows_the_secret_of_an_endpoint_once(shop: Shop, receiver: Receiver) -> None:
    secret = subscribe(shop, receiver)
    assert secret.startswith("whsec_")
    endpoint = shop.v1.webhook_endpoints.list().data[0]
    assert "secret" not in endpoint and "secret" not in shop.v1.webhook_endpoints.retrieve(endpoint.id)


def test_it_sends_only_what_an_endpoint_asked_for(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "checkout.session.completed")
    shop.give()
    kinds = [one["type"] for one in shop.sandbox.deliver(shop.tenant)]
    _, body = receiver.next()
    assert json.loads(body)["type"] == "checkout.session.completed" and receiver.heard.empty()
    assert kinds in ([], ["checkout.session.completed"])


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
def test_it_tries_again_until_the_answer_is_200(shop: Shop, receiver: Receiver, status: int) -> None:
    secret = subscribe(shop, receiver)
    receiver.answers(status)
    shop.v1.products.create({"name": "Gift"})
    first, again = receiver.next(), receiver.next()
    event = shop.events()[0]
    assert json.loads(first[1])["id"] == json.loads(again[1])["id"] == event["id"]
    for headers, body in (first, again):
        assert SIGNATURE.verify_header(body, headers["Stripe-Signature"], secret, 300)
    assert first[0]["Stripe-Signature"] != again[0]["Stripe-Signature"], "each try is signed anew"
    # The receiver hears a call before the sender has written down its answer.
    wait_for(lambda: shop.sandbox.deliveries(shop.tenant)[0]["state"] == "done")
    assert shop.sandbox.deliveries(shop.tenant)[0]["attempts"] == 2


def test_it_counts_down_pending_webhooks_and_finds_the_undelivered(shop: Shop, receiver: Receiver) -> None:
    shop.sandbox.webhooks(shop.tenant, hold=True)
    subscribe(shop, receiver)
    subscribe(shop, receiver)
    shop.v1.products.create({"name": "Gift"})
    event = shop.v1.events.list().data[0]
    assert event.pending_webhooks == 2
    assert [one.id for one in shop.v1.events.list({"delivery_success": False}).data] == [event.id]
    receiver.answers(500)
    assert [one["answer"] for one in shop.sandbox.deliver(shop.tenant)] == ["500", "200"]
    assert shop.v1.events.retrieve(event.id).pending_webhooks == 1
    assert shop.v1.events.list({"delivery_success": True}).data == []
    assert [one["state"] for one in shop.sandbox.deliver(shop.tenant)] == ["done"]
    assert shop.v1.events.retrieve(event.id).pending_webhooks == 0
    assert shop.v1.events.list({"delivery_success": False}).data == []


def test_it_finds_events_by_type_with_stars(shop: Shop) -> None:
    shop.give()
    charges = shop.v1.events.list({"type": "charge.*"}).data
    assert [event.type for event in charges] == ["charge.updated", "charge.succeeded"]
    both = shop.v1.events.list({"types": ["charge.succeeded", "checkout.session.completed"]}).data
    assert [event.type for event in both] == ["checkout.session.completed", "charge.succeeded"]
    newer = shop.v1.events.list({"ending_before": charges[1].id}).data
    assert charges[0].id in [event.id for event in newer]


def test_it_holds_events_back_and_delivers_them_in_any_order(shop: Shop, receiver: Receiver) -> None:
    shop.sandbox.webhooks(shop.tenant, hold=True)
    subscribe(shop, receiver)
    shop.give()
    assert receiver.heard.empty()
    sent = [one["type"] for one in shop.sandbox.deliver(shop.tenant, order="newest")]
    assert sent == shop.kinds()[::-1]
    assert [json.loads(receiver.next()[1])["type"] for _ in sent] == sent


def test_it_loses_events_on_order_and_sends_them_again_on_request(shop: Shop, receiver: Receiver) -> None:
    shop.sandbox.webhooks(shop.tenant, hold=True, drop=1)
    subscribe(shop, receiver)
    shop.v1.products.create({"name": "Gift"})
    assert [one["state"] for one in shop.sandbox.deliver(shop.tenant)] == ["lost"]
    assert receiver.heard.empty()
    event = shop.v1.events.list({"delivery_success": False}).data[0]
    shop.sandbox.calm(shop.tenant)
    assert [one["state"] for one in shop.sandbox.deliver(shop.tenant, event=event.id)] == ["done"]
    assert json.loads(receiver.next()[1])["id"] == event.id


def test_it_doubles_events_on_order(shop: Shop, receiver: Receiver) -> None:
    shop.sandbox.webhooks(shop.tenant, hold=True, duplicate=1)
    subscribe(shop, receiver)
    shop.v1.products.create({"name": "Gift"})
    shop.sandbox.deliver(shop.tenant)
    assert json.loads(receiver.next()[1])["id"] == json.loads(receiver.next()[1])["id"]


def test_it_stops_for_disabled_and_deleted_endpoints(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    endpoint = shop.v1.webhook_endpoints.list().data[0]
    shop.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    shop.v1.products.create({"name": "Gift"})
    assert shop.events()[0]["pending_webhooks"] == 0
    shop.v1.webhook_endpoints.update(endpoint.id, {"disabled": False, "enabled_events": ["product.created"]})
    shop.v1.products.create({"name": "Gift"})
    assert json.loads(receiver.next()[1])["id"] == shop.events()[1]["id"]
    assert shop.v1.webhook_endpoints.delete(endpoint.id).deleted
    shop.v1.products.create({"name": "Gift"})
    assert shop.sandbox.deliveries(shop.tenant) == [] and receiver.heard.empty()


def test_it_calls_no_other_machine(shop: Shop) -> None:
    shop.sandbox.webhooks(shop.tenant, hold=True)
    shop.v1.webhook_endpoints.create({"url": "https://hooks.example.org/", "enabled_events": ["*"]})
    shop.v1.products.create({"name": "Gift"})
    assert "only addresses on this machine" in shop.sandbox.deliver(shop.tenant)[0]["answer"]


@pytest.mark.parametrize("url", ["ftp://localhost/", "localhost/hook"])
def test_it_refuses_addresses_that_are_none(shop: Shop, url: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    assert refusal.value.param == "url"


def test_it_refuses_kinds_of_event_that_do_not_exist(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.webhook_endpoints.create({"url": "http://localhost/", "enabled_events": ["gift.given"]})  # type: ignore[list-item]
    assert refusal.value.param == "enabled_events[0]"


def test_it_signs_for_other_tests_as_it_signs_itself(shop: Shop) -> None:
    shop.v1.products.create({"name": "Gift"})
    body, header = shop.sandbox.signed(shop.events()[0], "whsec_test")
    assert shop.client.construct_event(body, header, "whsec_test").type == "product.created"
    with time_machine.travel(int(time.time()), tick=False):
        body, header = shop.sandbox.signed(shop.events()[0], "whsec_test", int(time.time()) - 299)
        assert SIGNATURE.verify_header(body, header, "whsec_test", 300)
        body, header = shop.sandbox.signed(shop.events()[0], "whsec_test", int(time.time()) - 301)
        with pytest.raises(stripe.SignatureVerificationError):
            SIGNATURE.verify_header(body, header, "whsec_test", 300)


def test_it_tells_only_of_kinds_that_stripe_has(shop: Shop) -> None:
    shop.monthly(card="4000000000000341")
    shop.advance(50)
    hint = parameters.hints(parameters.find("_webhook_endpoint_create_params:WebhookEndpointCreateParams"))
    known = str(hint["enabled_events"])
    assert all(f"'{kind}'" in known for kind in set(itertools.chain(shop.kinds())))

"""Webhooks that go wrong on order: late, out of order, old news, badly signed; ordered over HTTP or at the start."""

import json
from pathlib import Path

import pytest
import stripe

from tests.ports import free_port
from tests.stripe_sandbox.driver import Sandbox
from tests.stripe_sandbox.receiver import Receiver
from tests.stripe_sandbox.shop import Shop
from tests.stripe_sandbox.test_webhooks import subscribe

SIGNATURE = stripe.WebhookSignature


def first_call(shop: Shop, receiver: Receiver, **switches: object) -> tuple[str, str, bytes]:
    """Secret, signature and body of the first webhook under these switches."""
    secret = subscribe(shop, receiver)
    shop.sandbox.webhooks(shop.tenant, **switches)
    shop.v1.products.create({"name": "Gift"})
    headers, body = receiver.next()
    return secret, headers["Stripe-Signature"], body


@pytest.mark.parametrize("switch", ["wrong_secret", "old_time", "v0_only"])
def test_it_signs_badly(shop: Shop, receiver: Receiver, switch: str) -> None:
    receiver.answers(400)
    secret, signature, body = first_call(shop, receiver, **{switch: 1})
    with pytest.raises(stripe.SignatureVerificationError):
        SIGNATURE.verify_header(body, signature, secret, 300)
    shop.sandbox.calm(shop.tenant)
    headers, body = receiver.next()  # refused, so it comes again
    assert SIGNATURE.verify_header(body, headers["Stripe-Signature"], secret, 300)


def test_it_signs_twice_while_a_secret_is_rolled(shop: Shop, receiver: Receiver) -> None:
    secret, signature, body = first_call(shop, receiver, two_v1=True)
    assert signature.count("v1=") == 2
    for one in (secret, "whsec_rolled"):
        assert SIGNATURE.verify_header(body, signature, one, 300)


def test_it_tells_old_news(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "product.updated")
    shop.sandbox.webhooks(shop.tenant, stale=1)
    product = shop.v1.products.create({"name": "Old"})
    shop.v1.products.update(product.id, {"name": "New"})
    event = json.loads(receiver.next()[1])
    assert (event["type"], event["data"]["object"]["name"]) == ("product.updated", "Old")
    assert shop.events()[-1]["data"]["object"]["name"] == "New"


def test_it_speaks_an_older_version(shop: Shop, receiver: Receiver) -> None:
    secret, signature, body = first_call(shop, receiver, old_version=1)
    assert json.loads(body)["api_version"] == "2024-06-20"
    assert SIGNATURE.verify_header(body, signature, secret, 300)


def test_it_lets_younger_ones_overtake(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.sandbox.webhooks(shop.tenant, hold=True, reorder=0.5)
    shop.give()
    told = [one["event"] for one in shop.sandbox.deliver(shop.tenant)]
    happened = [event["id"] for event in shop.events()]
    assert sorted(told) == sorted(happened)
    shop.sandbox.webhooks(shop.tenant, reorder=1)
    shop.v1.products.create({"name": "Late"})
    shop.sandbox.calm(shop.tenant)
    shop.v1.products.create({"name": "Early"})
    names = [json.loads(receiver.next()[1])["data"]["object"].get("name") for _ in range(len(told) + 2)]
    assert set(names[-2:]) == {"Late", "Early"}


def test_it_waits_before_the_first_try(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.sandbox.webhooks(shop.tenant, delay=3600)
    shop.v1.products.create({"name": "Gift"})
    shop.sandbox.deliver(shop.tenant)  # an order does not wait
    assert json.loads(receiver.next()[1])["type"] == "product.created"


def test_it_takes_faults_from_the_command_line(tmp_path: Path) -> None:
    sandbox = Sandbox.start(
        tmp_path, faults=["unavailable,count=1", "slow,seconds=0.1,path=/v1/x"], webhooks="drop=0.5,hold"
    )
    try:
        faults = sandbox.control("GET", "faults")
        assert [one["kind"] for one in faults["api"]] == ["unavailable", "slow"]
        assert (faults["webhooks"]["drop"], faults["webhooks"]["hold"]) == (0.5, True)
        client = stripe.StripeClient("sk_test_offline_contract_tests", base_addresses={"api": sandbox.address})
        with pytest.raises(stripe.APIError):
            client.v1.products.list()
        assert client.v1.products.list().data == []
    finally:
        sandbox.stop()


@pytest.mark.parametrize("order", [{"faults": ["flood"]}, {"faults": ["slow,when=1"]}, {"webhooks": "drop=often"}])
def test_it_does_not_start_with_faults_it_does_not_know(tmp_path: Path, order: dict) -> None:
    with pytest.raises(RuntimeError, match="This fault cannot be set"):
        Sandbox.start(tmp_path, port=free_port(), **order)  # on a port that it chose it would be started twice

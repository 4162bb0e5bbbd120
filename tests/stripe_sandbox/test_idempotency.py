"""Idempotency keys: the first answer again, other parameters refused, calls in flight turned away, a day long."""

import threading

import pytest
import requests
import stripe
from stripe import RequestOptions

from tests.stripe_sandbox.shop import KEY, Shop
from tests.waiting import wait_for

pytestmark = pytest.mark.finding
HEADERS = {"Authorization": f"Bearer {KEY}", "Stripe-Version": "2026-10-28.endive"}


def post(shop: Shop, key: str, name: str = "Gift", wait: float = 60) -> requests.Response:
    url = f"{shop.sandbox.tenant(shop.tenant)}/v1/products"
    return requests.post(url, data={"name": name}, headers={**HEADERS, "Idempotency-Key": key}, timeout=wait)


def test_it_answers_the_same_key_with_the_same_answer(shop: Shop) -> None:
    first, again = post(shop, "k1"), post(shop, "k1")
    assert first.text == again.text and "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert again.headers["Idempotency-Key"] == "k1"
    assert len(shop.v1.products.list().data) == 1
    assert shop.events()[0]["request"] == {"id": first.headers["Request-Id"], "idempotency_key": "k1"}


def test_it_refuses_other_parameters_under_the_same_key(shop: Shop) -> None:
    shop.v1.products.create({"name": "Gift"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        shop.v1.products.create({"name": "Other"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError):
        shop.v1.customers.create({"name": "Gift"}, {"idempotency_key": "k1"})


def test_it_replays_a_session_as_it_was(shop: Shop) -> None:
    params = shop.order()
    options: RequestOptions = {"idempotency_key": "gift-1:1"}
    session = shop.v1.checkout.sessions.create(params, options)
    shop.sandbox.pay(session.url)
    assert shop.v1.checkout.sessions.create(params, options).status == "open"
    assert shop.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_it_forgets_refused_calls(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.products.create({"nonsense": "x"}, {"idempotency_key": "k1"})  # type: ignore[typeddict-item, typeddict-unknown-key]
    assert shop.v1.products.create({"name": "Gift"}, {"idempotency_key": "k1"}).name == "Gift"


def test_it_forgets_keys_after_a_day(shop: Shop) -> None:
    first = post(shop, "k1").json()["id"]
    shop.advance(0.99)
    assert post(shop, "k1").json()["id"] == first
    shop.advance(0.02)
    assert post(shop, "k1").json()["id"] != first


def test_it_refuses_keys_that_are_too_long(shop: Shop) -> None:
    assert post(shop, "k" * 255).status_code == 200
    assert post(shop, "k" * 256).status_code == 400


def test_it_turns_a_second_call_away_while_the_first_is_at_work(shop: Shop) -> None:
    shop.sandbox.fault("slow", shop.tenant, seconds=60, count=1)
    answers: list[requests.Response] = []
    first = threading.Thread(target=lambda: answers.append(post(shop, "k1", wait=90)))
    first.start()
    wait_for(lambda: shop.sandbox.control("GET", "faults", shop.tenant)["api"][0]["count"] == 0)
    second = post(shop, "k1")
    assert (second.status_code, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    shop.sandbox.calm(shop.tenant)
    first.join()
    assert answers[0].status_code == 200
    assert len(shop.v1.products.list().data) == 1


def test_it_makes_one_object_of_twenty_calls_at_once(shop: Shop) -> None:
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(post(shop, "k1"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    assert len(shop.v1.products.list().data) == 1


def test_it_lets_the_sdk_retry_a_call_in_flight(shop: Shop) -> None:
    shop.sandbox.fault("conflict", shop.tenant, count=2)
    patient = Shop(shop.sandbox, shop.tenant, retries=2)
    assert patient.v1.products.create({"name": "Gift"}).name == "Gift"
    assert len(shop.v1.products.list().data) == 1

"""Faults on order: each kind, counted, by chance, for some addresses only, for one tenant only."""

import pytest
import stripe
from stripe import RequestOptions

from stripe_sandbox.faults import KINDS
from tests.narrowing import not_none
from tests.stripe_sandbox.shop import Shop

OPTIONS: RequestOptions = {"idempotency_key": "gift-1:1"}


def test_it_fails_before_the_work_and_keeps_the_500_under_the_key(shop: Shop) -> None:
    shop.sandbox.fault("error_before", shop.tenant, count=1)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failure:
            shop.v1.products.create({"name": "Gift"}, OPTIONS)
        assert failure.value.http_status == 500
    assert shop.v1.products.list().data == []


def test_it_fails_after_the_work(shop: Shop) -> None:
    shop.sandbox.fault("error_after", shop.tenant, count=1)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            shop.v1.products.create({"name": "Gift"}, OPTIONS)
    assert len(shop.v1.products.list().data) == 1 and shop.kinds() == ["product.created"]


def test_it_is_unavailable_and_keeps_nothing(shop: Shop) -> None:
    shop.sandbox.fault("unavailable", shop.tenant, count=1)
    with pytest.raises(stripe.APIError):
        shop.v1.products.create({"name": "Gift"}, OPTIONS)
    assert shop.v1.products.create({"name": "Gift"}, OPTIONS).name == "Gift"


@pytest.mark.parametrize(("kind", "made"), [("reset_before", 0), ("reset_after", 1)])
def test_it_cuts_the_connection(shop: Shop, kind: str, made: int) -> None:
    shop.sandbox.fault(kind, shop.tenant, count=1)
    with pytest.raises(stripe.APIConnectionError):
        shop.v1.products.create({"name": "Gift"}, OPTIONS)
    assert len(shop.v1.products.list().data) == made
    assert shop.v1.products.create({"name": "Gift"}, OPTIONS).name == "Gift"
    assert len(shop.v1.products.list().data) == 1


@pytest.mark.parametrize("kind", ["unavailable", "conflict", "reset_before", "reset_after"])
def test_it_lets_a_patient_client_through_with_one_object(shop: Shop, kind: str) -> None:
    shop.sandbox.fault(kind, shop.tenant, count=1)
    patient = Shop(shop.sandbox, shop.tenant, retries=2)
    patient.v1.products.create({"name": "Gift"})
    assert len(shop.v1.products.list().data) == 1


@pytest.mark.parametrize(("kind", "code"), [("rate_limit", "rate_limit"), ("lock_timeout", "lock_timeout")])
def test_it_limits_the_rate(shop: Shop, kind: str, code: str) -> None:
    shop.sandbox.fault(kind, shop.tenant, count=1)
    with pytest.raises(stripe.RateLimitError) as refusal:
        shop.v1.products.create({"name": "Gift"}, OPTIONS)
    assert refusal.value.error.code == code
    assert ("Stripe-Rate-Limited-Reason" in not_none(refusal.value.headers)) == (kind == "rate_limit")
    assert shop.v1.products.create({"name": "Gift"}, OPTIONS).name == "Gift"


def test_it_lacks_a_permission_where_told_to(shop: Shop) -> None:
    shop.sandbox.fault("forbidden", shop.tenant, path="/v1/payouts")
    with pytest.raises(stripe.PermissionError, match="required permissions"):
        shop.v1.payouts.list()
    assert shop.v1.products.list().data == []


def test_it_reports_a_key_in_use(shop: Shop) -> None:
    shop.sandbox.fault("conflict", shop.tenant, count=1)
    with pytest.raises(stripe.StripeError) as refusal:
        shop.v1.products.create({"name": "Gift"})
    assert (refusal.value.http_status, refusal.value.error.code) == (409, "idempotency_key_in_use")


def test_it_answers_broken_json(shop: Shop) -> None:
    shop.sandbox.fault("malformed", shop.tenant, count=1)
    with pytest.raises(stripe.APIError, match="Invalid response body"):
        shop.v1.products.create({"name": "Gift"})
    assert len(shop.v1.products.list().data) == 1


def test_it_falls_silent_after_the_work(shop: Shop) -> None:
    shop.sandbox.fault("timeout", shop.tenant, seconds=0.1, count=1)
    with pytest.raises(stripe.APIConnectionError):
        shop.v1.products.create({"name": "Gift"}, OPTIONS)
    assert shop.v1.products.create({"name": "Gift"}, OPTIONS).name == "Gift"
    assert len(shop.v1.products.list().data) == 1


def test_it_gives_notice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_SUPPRESS_NOTICES", raising=False)
    shop.sandbox.fault("notice", shop.tenant, count=1)
    with pytest.warns(UserWarning, match="notice, on order"):
        shop.v1.products.list()


def test_it_is_slow(shop: Shop) -> None:
    shop.sandbox.fault("slow", shop.tenant, seconds=1, count=1)
    hasty = stripe.StripeClient(
        "sk_test_offline_contract_tests",
        base_addresses={"api": shop.sandbox.tenant(shop.tenant)},
        http_client=stripe.RequestsClient(timeout=0.3),  # short: it shall end here
    )
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.accounts.retrieve_current()
    assert shop.v1.accounts.retrieve_current().id


def test_it_fails_by_chance(shop: Shop) -> None:
    shop.sandbox.fault("unavailable", shop.tenant, probability=0.5)
    outcomes = set()
    for _ in range(40):
        try:
            shop.v1.products.list()
            outcomes.add("good")
        except stripe.APIError:
            outcomes.add("bad")
    assert outcomes == {"good", "bad"}


def test_it_fails_only_where_it_was_told_to(shop: Shop) -> None:
    shop.sandbox.fault("unavailable", shop.tenant, method="POST", path="/v1/checkout/*")
    assert shop.v1.products.create({"name": "Gift"}).name == "Gift"
    with pytest.raises(stripe.APIError):
        shop.checkout()
    assert shop.v1.checkout.sessions.list().data == []
    assert Shop(shop.sandbox, f"{shop.tenant}-calm").checkout().status == "open"
    shop.sandbox.calm(shop.tenant)
    assert shop.checkout().status == "open"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"api": [{"kind": "flood"}]}, "unknown kind"),
        ({"api": [{"kind": "slow", "when": 1}]}, "a fault has the keys"),
        ({"api": [{"kind": "slow", "count": 1, "probability": 1}]}, "not both"),
        ({"api": [{"kind": "slow", "seconds": 1e9}]}, "between 0 and 120"),
        ({"webhooks": {"lose": 1}}, "have the switches"),
        ({"webhooks": {"drop": 2}}, "drop cannot be 2"),
        ({"webhooks": {"hold": 1}}, "hold cannot be 1"),
        ({"other": 1}, "unknown keys"),
        ([], "must be a JSON object"),
    ],
)
def test_it_refuses_orders_it_does_not_understand(shop: Shop, asked: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        shop.sandbox.control("POST", "faults", shop.tenant, asked)
    assert shop.sandbox.control("GET", "faults", shop.tenant)["api"] == []


def test_it_says_which_faults_there_are(shop: Shop) -> None:
    assert shop.sandbox.control("GET", "faults", shop.tenant)["kinds"] == KINDS


@pytest.mark.parametrize("path", ["clock/advance", "clock/advance?seconds=-5", "clock/advance?seconds=soon"])
def test_it_does_not_turn_back_time(shop: Shop, path: str) -> None:
    with pytest.raises(ValueError, match="time does not run backwards"):
        shop.sandbox.control("POST", path, shop.tenant)


def test_it_knows_its_control_addresses(shop: Shop) -> None:
    assert shop.sandbox.health(shop.tenant)["status"] == "ok"
    with pytest.raises(ValueError, match="no such control address"):
        shop.sandbox.control("GET", "nothing", shop.tenant)
    with pytest.raises(ValueError, match="order is"):
        shop.sandbox.deliver(shop.tenant, order="sideways")


def test_it_lists_objects_past_every_fault_and_from_any_place_on(shop: Shop) -> None:
    for amount in (1000, 2000, 3000):
        shop.give(amount)
    shop.sandbox.fault("unavailable", shop.tenant)
    charges = shop.sandbox.objects("charge", shop.tenant)
    assert [charge["amount"] for charge in charges] == [1000, 2000, 3000]
    assert shop.sandbox.objects("charge", shop.tenant, skip=2) == charges[2:]
    everything = shop.events()
    assert shop.sandbox.events(shop.tenant, skip=5) == everything[5:] != []
    with pytest.raises(ValueError, match="whole number"):
        shop.sandbox.control("GET", "events?skip=-1", shop.tenant)
    shop.sandbox.calm(shop.tenant)

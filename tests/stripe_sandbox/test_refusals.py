"""What Stripe refuses, the sandbox refuses: parameter by parameter, in Stripe's words, codes and paths."""

import re
import time

import pytest
import requests
import stripe

from stripe_sandbox.api import parameters, routes, supported_params, text_limits
from stripe_sandbox.api.expand import FIELDS
from tests.narrowing import not_none
from tests.stripe_sandbox import openapi, sdk_types
from tests.stripe_sandbox.driver import http
from tests.stripe_sandbox.shop import KEY, Shop

VERSION = "2026-10-28.endive"


def item(**price: object) -> list:
    data = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Gift"}, **price}
    return [{"quantity": 1, "price_data": {key: value for key, value in data.items() if value is not None}}]


SESSIONS = [
    # unknown parameters, option keys among them, at any depth
    ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
    ({"idempotency_key": "k"}, "parameter_unknown", "idempotency_key"),
    ({"line_items": item(discount=1)}, "parameter_unknown", "line_items[0][price_data][discount]"),
    ({"subscription_data": {"payment_behavior": "x"}}, "parameter_unknown", "subscription_data[payment_behavior]"),
    # closed enums
    ({"mode": "donate"}, None, "mode"),
    ({"submit_type": "give"}, None, "submit_type"),
    ({"ui_mode": "hosted"}, None, "ui_mode"),
    ({"locale": "xx"}, None, "locale"),
    ({"mode": "subscription", "line_items": item(recurring={"interval": "moon"})}, None,
     "line_items[0][price_data][recurring][interval]"),
    # types
    ({"expires_at": 1.5}, "parameter_invalid_integer", "expires_at"),
    ({"line_items": item(unit_amount="1,000")}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
    ({"line_items": item(unit_amount="１２")}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
    ({"line_items": item(unit_amount=-5)}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
    ({"line_items": "gift"}, None, "line_items"),
    ({"metadata": "gift"}, None, "metadata"),
    ({"customer_email": ""}, "parameter_invalid_empty", "customer_email"),
    # missing
    ({"mode": None}, "parameter_missing", "mode"),
    ({"line_items": None}, "parameter_missing", "line_items"),
    ({"success_url": None}, "parameter_missing", "success_url"),
    ({"line_items": item(currency=None)}, "parameter_missing", "line_items[0][price_data][currency]"),
    ({"line_items": [{"price_data": {"currency": "usd", "unit_amount": 5}}]}, None, "line_items[0][quantity]"),
    # rules across parameters
    ({"success_url": "/thanks"}, "url_invalid", "success_url"),
    ({"cancel_url": "javascript:alert(1)"}, "url_invalid", "cancel_url"),
    ({"customer": "cus_1"}, None, None),
    ({"customer": "cus_1", "customer_email": None}, "resource_missing", "customer"),
    ({"customer_email": "not an address"}, "email_invalid", "customer_email"),
    ({"subscription_data": {"description": "x"}}, None, "subscription_data"),
    ({"mode": "subscription", "payment_intent_data": {"description": "x"}}, None, "payment_intent_data"),
    ({"mode": "setup"}, None, "line_items"),
    ({"ui_mode": "elements"}, None, "ui_mode"),
    ({"mode": "subscription", "customer_creation": "always"}, None, "customer_creation"),
    ({"mode": "subscription", "line_items": item()}, None, None),
    ({"line_items": item(recurring={"interval": "month"})}, None, None),
    ({"line_items": [{**item()[0], "price": "price_1"}]}, None, "line_items[0]"),
    ({"line_items": item(product="prod_1")}, None, "line_items[0][price_data]"),
    ({"line_items": item(product="prod_1", product_data=None)}, "resource_missing",
     "line_items[0][price_data][product]"),
    ({"line_items": item(unit_amount_decimal="500")}, None, "line_items[0][price_data][unit_amount]"),
    ({"line_items": [{"price": "price_1", "quantity": 1}]}, "resource_missing", "line_items[0][price]"),
    ({"line_items": item() + item(currency="eur")}, None, "line_items"),
    ({"line_items": item(currency="xxx")}, None, "line_items[0][price_data][currency]"),
    ({"line_items": item(currency="isk", unit_amount=100050)}, "invalid_charge_amount_no_decimal_compatible",
     "line_items[0][price_data][unit_amount]"),
    # limits
    ({"line_items": item(unit_amount=0, recurring={"interval": "month"}), "mode": "subscription"}, "amount_too_small",
     "line_items"),
    ({"line_items": item(unit_amount=49)}, "amount_too_small", "line_items"),
    ({"line_items": item(unit_amount=73, currency="jpy")}, "amount_too_small", "line_items"),
    ({"line_items": item(unit_amount=100_000_000)}, "amount_too_large", "line_items"),
    ({"client_reference_id": "x" * 201}, "parameter_invalid_string_length", "client_reference_id"),
    ({"custom_text": {"submit": {"message": "x" * 1201}}}, "parameter_invalid_string_length",
     "custom_text[submit][message]"),
    ({"success_url": "http://localhost/" + "x" * 5000}, "parameter_invalid_string_length", "success_url"),
    ({"metadata": {"k": "x" * 501}}, None, "metadata[k]"),
    ({"metadata": {"k" * 41: "x"}}, None, "metadata"),
    ({"metadata": {f"k{number}": "x" for number in range(51)}}, None, "metadata"),
    ({"payment_intent_data": {"statement_descriptor_suffix": "x" * 23}}, "parameter_invalid_string_length",
     "payment_intent_data[statement_descriptor_suffix]"),
    ({"payment_intent_data": {"statement_descriptor_suffix": "123"}}, None,
     "payment_intent_data[statement_descriptor_suffix]"),
    ({"expires_at": int(time.time()) + 1700}, None, "expires_at"),
    ({"expires_at": int(time.time()) + 2 * 86_400}, None, "expires_at"),  # an hour may pass from here to the test
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code", "param"), SESSIONS, ids=lambda value: re.sub(r"\d{9,}", "N", str(value)[:60])
)
def test_it_refuses_sessions_that_stripe_refuses(shop: Shop, change: dict, code: str | None, param: str | None) -> None:
    params = shop.order(**change)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.checkout.sessions.create(params)
    assert (refusal.value.code, refusal.value.param, refusal.value.http_status) == (code, param, 400)
    assert shop.v1.products.list().data == [] and shop.events() == []


def test_it_takes_whole_sets_of_what_a_giving_page_sends(shop: Shop) -> None:
    common = {
        "submit_type": "donate",
        "client_reference_id": "x" * 200,
        "metadata": {"0": "kept as a name", "gift": "x" * 500},
        "billing_address_collection": "auto",
        "locale": "auto",
        "adaptive_pricing": {"enabled": False},
        "allowed_payment_method_types": ["card"],
        "custom_text": {"submit": {"message": "Thank you"}, "after_submit": ""},
        "consent_collection": {"terms_of_service": "none"},
        "expires_at": int(time.time()) + 3600,
    }
    once = shop.checkout(customer_creation="always", payment_intent_data={"description": "x" * 1000}, **common)
    monthly = shop.checkout(1000, "gbp", "subscription", subscription_data={"metadata": {"a": "b"}}, **common)
    assert not_none(once.metadata)["0"] == "kept as a name" and monthly.custom_text.submit.message == "Thank you"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("POST", "/v1/charges"), ("DELETE", "/v1/events/evt_1"), ("GET", "/v2")],
)
def test_it_answers_other_addresses_with_stripes_404(shop: Shop, method: str, path: str) -> None:
    answer = requests.request(
        method,
        f"{shop.sandbox.tenant(shop.tenant)}{path}",
        headers={"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION},
        timeout=60,
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith(f"Unrecognized request URL ({method}: {path}).")
    assert openapi.error_problems(answer.json()) == []


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Stripe-Version": VERSION}, 401, "did not provide an API key"),
        ({"Stripe-Version": VERSION, "Authorization": "Bearer sk_live_abcdefghijkl"}, 401, "refuses live keys"),
        ({"Stripe-Version": VERSION, "Authorization": "Bearer rk_live_abcdefghijkl"}, 401, "refuses live keys"),
        ({"Stripe-Version": VERSION, "Authorization": "Bearer nonsense"}, 401, "Invalid API Key"),
        ({"Stripe-Version": VERSION, "Authorization": "Basic !!!"}, 401, "did not provide"),
        ({"Authorization": f"Bearer {KEY}"}, 400, "no Stripe-Version"),
        ({"Authorization": f"Bearer {KEY}", "Stripe-Version": "2026-05-27.dahlia"}, 400, "speaks 2026-10-28.endive"),
        ({"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION, "Stripe-Account": "acct_1"}, 403, "connected"),
    ],
)
def test_it_looks_at_key_and_version_first(shop: Shop, headers: dict, status: int, words: str) -> None:
    answer = requests.get(f"{shop.sandbox.tenant(shop.tenant)}/v1/account", headers=headers, timeout=60)
    assert answer.status_code == status and words in answer.json()["error"]["message"]
    assert "abcdefghijkl" not in answer.text and openapi.error_problems(answer.json()) == []


def test_it_takes_basic_authorization_as_curl_sends_it(shop: Shop) -> None:
    address = f"{shop.sandbox.tenant(shop.tenant)}/v1/account"
    answer = requests.get(address, auth=(KEY, ""), headers={"Stripe-Version": VERSION}, timeout=60)
    assert answer.status_code == 200 and answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == VERSION


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"name=%FF%FE", "No such"),
        (b"\xff\xfe=1", "form-encoded UTF-8"),
        (b"name[a]=1&name=2", "both as a value and as an object"),
        (b"name=2&name[a]=1", "both as a value and as an object"),
        (b"[a]=1", "cannot be read"),
    ],
)
def test_it_survives_broken_forms(shop: Shop, body: bytes, words: str) -> None:
    answer = requests.post(
        f"{shop.sandbox.tenant(shop.tenant)}/v1/products/prod_1",
        data=body,
        headers={"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION},
        timeout=60,
    )
    assert answer.status_code in (400, 404) and words in answer.json()["error"]["message"]


def test_it_understands_lists_with_and_without_numbers(shop: Shop) -> None:
    answer = requests.post(
        f"{shop.sandbox.tenant(shop.tenant)}/v1/webhook_endpoints",
        data="url=http://localhost/&enabled_events[]=charge.failed&enabled_events[]=invoice.paid",
        headers={
            "Authorization": f"Bearer {KEY}",
            "Stripe-Version": VERSION,
            "Content-Type": "application/x-www-form-urlencoded",
        },
        timeout=60,
    )
    assert answer.json()["enabled_events"] == ["charge.failed", "invoice.paid"]


def test_it_answers_only_to_names_of_this_machine(shop: Shop) -> None:
    status, _, body = http("GET", f"{shop.sandbox.address}/_sandbox/health", headers={"Host": "evil.example"})
    assert status == 421 and b"evil.example" in body


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_it_has_a_type_of_the_sdk_and_an_address_of_stripe_for_each_route(route: routes.Route) -> None:
    assert parameters.hints(parameters.find(route.params))
    template = route.path.replace("{}", "x")
    assert openapi.answer_problems(route.method, template, {"object": "x"}) != [
        f"{route.method} {template}: not an address of Stripe"
    ]


@pytest.mark.parametrize("route", [one for one in routes.ROUTES if one.method == "POST"], ids=lambda one: one.path)
def test_it_knows_how_long_texts_may_be(route: routes.Route) -> None:
    ours, theirs = text_limits.LIMITS.get(route.path, {}), openapi.text_limits(route.path)
    assert ours == {name: theirs.get(name) for name in ours}
    others = ("payment_", "custom_fields", "invoice_creation", "setup_", "shipping", "collected", "billing_", "tax")
    left_out = [name for name in theirs if name not in ours and not name.startswith((*others, "default_"))]
    assert [name for name in left_out if "[tax_" not in name] == []


@pytest.mark.parametrize("address", supported_params.KNOWN)
def test_it_names_only_parameters_that_there_are(address: str) -> None:
    route = next(one for one in routes.ROUTES if f"{one.method} {one.path}" == address)
    known = parameters.hints(parameters.find(route.params))
    assert {name.partition(".")[0] for name in supported_params.KNOWN[address].split()} <= set(known)


NOT_IMITATED = [
    {"allow_promotion_codes": True},
    {"automatic_tax": {"enabled": True}},
    {"subscription_data": {"trial_period_days": 7}, "mode": "subscription"},
    {"payment_intent_data": {"capture_method": "manual"}},
    {"line_items": [{**item()[0], "adjustable_quantity": {"enabled": True}}]},
    {"consent_collection": {"terms_of_service": "required"}},
    {"custom_fields": [{"key": "a", "label": {"custom": "A", "type": "custom"}, "type": "text"}]},
]


@pytest.mark.parametrize("change", NOT_IMITATED, ids=str)
def test_it_refuses_loudly_what_it_does_not_imitate(shop: Shop, change: dict) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not imitate") as refusal:
        shop.checkout(**change)
    assert refusal.value.param.split("[")[0] in change


def test_it_does_not_ignore_a_filter(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not imitate `transfer_group`"):
        shop.v1.charges.list({"transfer_group": "g"})


def test_it_takes_features_that_are_switched_off(shop: Shop) -> None:
    off = {"automatic_tax": {"enabled": False}, "allow_promotion_codes": False, "invoice_creation": {"enabled": False}}
    assert shop.checkout(**off).status == "open"


def test_it_can_expand_exactly_what_the_sdk_calls_expandable() -> None:
    for kind in ("account", "event", "item", "subscription_item", "webhook_endpoint", *FIELDS):
        assert set(FIELDS.get(kind, {})) == sdk_types.expandable(kind), kind

"""Whatever is sent, the sandbox answers as Stripe would refuse it; it never fails itself, nor changes anything."""

import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stripe_sandbox.api import routes
from stripe_sandbox.api.forms import decode_form
from tests.stripe_sandbox import openapi
from tests.stripe_sandbox.driver import Sandbox, http
from tests.stripe_sandbox.shop import KEY

HEADERS = {
    "Authorization": f"Bearer {KEY}",
    "Stripe-Version": "2026-10-28.endive",
    "Content-Type": "application/x-www-form-urlencoded",
}
GOOD = {
    "mode": "payment",
    "success_url": "http://localhost/",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "Gift",
}
NASTY = [
    "", "-5", "--5", "NaN", "1e9", "1e999999", "0.001", "1,000", "１２", "null", "true", "usd", "\x00", "🎁",
    "x" * 6000, "9" * 30, "[]", "=HYPERLINK(1)", "\u202egnp.exe", "' OR 1=1 --", "{}", "%", "$.id",
]  # fmt: skip
MORE = [
    "metadata[a][b]", "line_items", "line_items[]", "line_items[99999999999999999999]", "expand[0]", "limit", "a[b",
    "[x]", "created[gt]", "line_items[0][price_data][unit_amount_decimal]", "payment_intent_data[metadata][]",
]  # fmt: skip
QUERIES = [
    "limit=0", "expand[0]=a.b.c.d.e", "expand=x", "starting_after=x", "created[gt]=x", "x[y][z]=1", "%ff=1", "=", "a[=",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from([*GOOD, *MORE]), min_size=1, max_size=3),
    values=st.lists(st.sampled_from(NASTY) | st.text(max_size=8), min_size=3, max_size=3),
)
def test_it_survives_any_parameter_of_a_session(sandbox: Sandbox, names: list[str], values: list[str]) -> None:
    form = {**GOOD, **dict(zip(names, values, strict=False))}
    body = urllib.parse.urlencode(form, errors="surrogatepass").encode()
    status, _, answer = http("POST", f"{sandbox.tenant('garbage')}/v1/checkout/sessions", body, HEADERS)
    assert status in (200, 400), answer


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_it_survives_garbage_at_every_address(sandbox: Sandbox, route: routes.Route) -> None:
    path = f"{sandbox.tenant('garbage')}{route.path.replace('{}', 'x%00y')}"
    for query in QUERIES:
        if route.method == "POST":
            status, _, answer = http("POST", path, query.encode(), HEADERS)
        else:
            status, _, answer = http(route.method, f"{path}?{query}", None, HEADERS)
        assert status in (200, 400, 404), (query, answer)


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from("ab0[]=&%"), max_size=30).map("".join))
def test_it_decodes_any_form_or_says_why_not(text: str) -> None:
    try:
        assert isinstance(decode_form(text), dict)
    except Exception as error:
        assert hasattr(error, "body") and openapi.error_problems({"error": error.body}) == []

"""The billing portal and cards put on file: what donors change themselves, and the bills that follow."""

from typing import Any, cast

import pytest
import stripe
from stripe.params import SubscriptionPauseParams
from stripe.params.billing_portal import ConfigurationCreateParamsFeatures as Features
from stripe.params.billing_portal import SessionCreateParams
from stripe.params.checkout import SessionCreateParams as Order

from tests.narrowing import not_none
from tests.stripe_sandbox.driver import Declined, http
from tests.stripe_sandbox.shop import Shop, id_of

FEATURES: Features = {
    "payment_method_update": {"enabled": True},
    "invoice_history": {"enabled": True},
    "customer_update": {"enabled": True, "allowed_updates": ["email", "name"]},
    "subscription_cancel": {
        "enabled": True,
        "mode": "at_period_end",
        "cancellation_reason": {"enabled": True, "options": ["too_expensive", "other"]},
    },
    "subscription_pause": {
        "enabled": True,
        "duration": {"type": "interval_options", "interval_options": [{"interval": "month", "interval_count": 1}]},
    },
    "subscription_update": {"enabled": False},
}
BACK = "http://localhost:9/me"


def opened(shop: Shop, customer: str, kind: str | None = None, sub: str | None = None) -> stripe.billing_portal.Session:
    configuration = shop.v1.billing_portal.configurations.create({"features": FEATURES})
    params: dict[str, Any] = {"customer": customer, "configuration": configuration.id, "return_url": BACK}
    if kind:
        params["flow_data"] = {
            "type": kind,
            "after_completion": {"type": "redirect", "redirect": {"return_url": f"{BACK}?done"}},
            **({kind: {"subscription": sub}} if sub else {}),
        }
    return shop.v1.billing_portal.sessions.create(cast(SessionCreateParams, params))


def test_it_gives_a_monthly_gift_another_card(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    shop.renew(sub)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "past_due"
    portal = opened(shop, id_of(sub.customer), "payment_method_update")
    before = len(shop.events())
    assert shop.sandbox.portal(portal.url, "card", card_number="5555555555554444") == f"{BACK}?done"
    assert shop.kinds(before) == ["payment_method.attached", "customer.updated", "customer.subscription.updated"]
    now = shop.v1.subscriptions.retrieve(sub.id, {"expand": ["default_payment_method", "latest_invoice"]})
    assert now.default_payment_method.card.last4 == "4444"
    assert len(shop.v1.customers.payment_methods.list(id_of(sub.customer)).data) == 2
    paid = shop.v1.invoices.pay(now.latest_invoice.id)
    assert (paid.status, shop.v1.subscriptions.retrieve(sub.id).status) == ("paid", "active")


def test_it_leaves_the_monthly_gift_its_own_card_when_told_so(shop: Shop) -> None:
    sub = shop.monthly()
    shop.sandbox.truths(shop.tenant, portal_card="customer")
    portal = opened(shop, id_of(sub.customer))
    before = len(shop.events())
    shop.sandbox.portal(portal.url, "card", card_number="5555555555554444")
    assert shop.kinds(before) == ["payment_method.attached", "customer.updated"]
    now = shop.v1.subscriptions.retrieve(sub.id)
    customer = shop.v1.customers.retrieve(id_of(sub.customer))
    assert now.default_payment_method == sub.default_payment_method != customer.invoice_settings.default_payment_method


def test_it_takes_a_month_for_paid_that_was_paid_elsewhere(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    shop.renew(sub)
    before, month = len(shop.events()), shop.v1.subscriptions.retrieve(sub.id).latest_invoice
    assert shop.v1.invoices.pay(id_of(month), {"paid_out_of_band": True}).status == "paid"
    assert shop.kinds(before) == ["invoice.paid", "invoice.payment_succeeded", "customer.subscription.updated"]
    assert shop.v1.subscriptions.retrieve(sub.id).status == "active"
    assert len(shop.v1.charges.list({"limit": 9}).data) == 2  # the first month, and the try that failed


def test_it_cancels_by_cancel_at_alone_and_lets_the_donor_think_again(shop: Shop) -> None:
    sub = shop.monthly()
    portal = opened(shop, id_of(sub.customer))
    assert shop.sandbox.portal(portal.url, "cancel", subscription=sub.id, feedback="too_expensive") == portal.url
    found = shop.v1.subscriptions.retrieve(sub.id)
    assert (found.cancel_at, found.cancel_at_period_end) == (sub["items"].data[0].current_period_end, False)
    assert found.cancellation_details.feedback == "too_expensive"
    shop.sandbox.portal(portal.url, "keep", subscription=sub.id)
    assert shop.v1.subscriptions.retrieve(sub.id).cancel_at is None
    shop.sandbox.portal(portal.url, "cancel", subscription=sub.id)
    shop.renew(sub)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "canceled"
    assert len(shop.v1.invoices.list().data) == 1


def test_it_pauses_for_a_month_without_invoices(shop: Shop) -> None:
    sub = shop.monthly()
    portal = opened(shop, id_of(sub.customer), "subscription_pause", sub.id)
    before = len(shop.events())
    assert shop.sandbox.portal(portal.url, "pause", subscription=sub.id) == f"{BACK}?done"
    found = shop.v1.subscriptions.retrieve(sub.id)
    assert (found.status, found.status_details.paused.subscription.type) == ("paused", "pause_requested")
    assert shop.kinds(before) == ["customer.subscription.updated", "customer.subscription.paused"]
    shop.advance(20)
    assert len(shop.v1.invoices.list().data) == 1
    shop.advance(12)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "active"
    assert [one.status for one in shop.v1.invoices.list().data] == ["paid", "paid"]
    assert "customer.subscription.resumed" in shop.kinds(before)


def test_it_shows_only_what_the_flow_is_about(shop: Shop) -> None:
    sub = shop.monthly()
    whole = http("GET", opened(shop, id_of(sub.customer)).url)[2].decode()
    assert 'id="save"' in whole and f'id="cancel_{sub.id}"' in whole and f'id="pause_{sub.id}"' in whole
    flow = http("GET", opened(shop, id_of(sub.customer), "subscription_cancel", sub.id).url)[2].decode()
    assert 'id="save"' not in flow and f'id="cancel_{sub.id}"' in flow and f'id="pause_{sub.id}"' not in flow


def test_it_says_what_is_wrong_with_a_card_and_changes_nothing(shop: Shop) -> None:
    sub = shop.monthly()
    portal = opened(shop, id_of(sub.customer))
    before = len(shop.events())
    for number, words in (("4000000000000002", "declined"), ("4242424242424241", "number is invalid")):
        with pytest.raises(Declined, match=words):
            shop.sandbox.portal(portal.url, "card", card_number=number)
    with pytest.raises(Declined, match="over already"):
        shop.sandbox.portal(portal.url, "cancel", subscription="sub_of_somebody_else")
    assert shop.kinds(before) == []


def test_it_ends_its_links_after_an_hour(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@example.org"})
    portal = shop.v1.billing_portal.sessions.create({"customer": customer.id})
    assert http("GET", portal.url)[0] == 200
    shop.advance(1 / 24)
    assert http("GET", portal.url)[0] == 410
    assert http("GET", f"{shop.sandbox.tenant(shop.tenant)}/p/session/bps_1nothing")[0] == 404


def test_it_keeps_configurations_and_changes_them(shop: Shop) -> None:
    configurations = shop.v1.billing_portal.configurations
    made = configurations.create({"features": FEATURES, "metadata": {"made_by": "site"}, "default_return_url": BACK})
    changed = configurations.update(
        made.id, {"features": {"subscription_cancel": {"enabled": False}}, "business_profile": {"headline": "Ours"}}
    )
    assert (changed.features.subscription_cancel.enabled, changed.business_profile.headline) == (False, "Ours")
    assert changed.features.payment_method_update.enabled
    assert [one.id for one in configurations.list({"active": True}).data] == [made.id]
    customer = shop.v1.customers.create({"email": "a@example.org"})
    session = shop.v1.billing_portal.sessions.create(
        {"customer": customer.id, "configuration": made.id, "expand": ["configuration"]}
    )
    assert session.return_url == BACK and session.configuration.id == made.id
    configurations.update(made.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        shop.v1.billing_portal.sessions.create({"customer": customer.id, "configuration": made.id})


def test_it_refuses_flows_that_make_no_sense(shop: Shop) -> None:
    sub = shop.monthly()
    other = shop.v1.customers.create({"email": "b@example.org"})
    for params, words in (
        ({"customer": other.id, "flow_data": {"type": "customer_update"}}, "has only the flows"),
        ({"customer": other.id, "flow_data": {"type": "subscription_pause"}}, "not enabled"),
        ({"customer": other.id, "flow_data": {"type": "subscription_cancel"}}, "Missing required param"),
        (
            {"customer": other.id, "flow_data": {"type": "subscription_cancel", "subscription_cancel": {
                "subscription": sub.id}}}, "not the customer's",
        ),
        ({}, "Missing required param"),
    ):  # fmt: skip
        with pytest.raises(stripe.InvalidRequestError, match=words):
            shop.v1.billing_portal.sessions.create(cast(SessionCreateParams, params))


def test_it_saves_a_card_without_charging_it(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@example.org"})
    order: Order = {"mode": "setup", "customer": customer.id, "success_url": BACK, "currency": "usd",
             "setup_intent_data": {"metadata": {"plan": "7"}}}  # fmt: skip
    session = shop.v1.checkout.sessions.create(order)
    assert (session.amount_total, session.payment_status) == (None, "no_payment_required")
    with pytest.raises(Declined, match="insufficient funds"):
        shop.sandbox.pay(session.url, "4000000000009995")
    assert shop.sandbox.pay(session.url) == BACK
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    assert done.status == "complete" and not_none(done.setup_intent.metadata)["plan"] == "7"
    assert done.setup_intent.payment_method.customer == customer.id
    assert shop.kinds() == [
        "customer.created", "setup_intent.created", "setup_intent.setup_failed", "payment_method.attached",
        "setup_intent.succeeded", "checkout.session.completed",
    ]  # fmt: skip
    assert [one.id for one in shop.v1.setup_intents.list({"customer": customer.id}).data] == [done.setup_intent.id]
    assert shop.v1.charges.list().data == []


def test_it_attaches_and_detaches_cards(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@example.org"})
    method = shop.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    other = shop.v1.customers.create({"email": "b@example.org"})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        shop.v1.payment_methods.attach(method.id, {"customer": other.id})
    assert shop.v1.payment_methods.detach(method.id).customer is None
    assert shop.v1.customers.retrieve(customer.id).invoice_settings.default_payment_method is None
    assert shop.v1.payment_methods.list({"customer": customer.id}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="detachment is impossible"):
        shop.v1.payment_methods.detach(method.id)


def test_it_keeps_the_failed_charge_of_a_bill_that_could_not_be_paid(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    shop.renew(sub)
    bill = shop.v1.invoices.list({"status": "open"}).data[0]
    before = len(shop.events())
    key: stripe.RequestOptions = {"idempotency_key": "pay-1"}
    for _ in range(2):  # the refusal is kept under the key, and so is the charge
        with pytest.raises(stripe.CardError) as refusal:
            shop.v1.invoices.pay(bill.id, {}, key)
    assert (refusal.value.http_status, refusal.value.code) == (402, "card_declined")
    assert shop.kinds(before) == ["charge.failed", "payment_intent.payment_failed", "invoice.payment_failed"]
    assert shop.v1.invoices.retrieve(bill.id).attempt_count == 1
    good = shop.v1.payment_methods.attach("pm_card_visa", {"customer": id_of(sub.customer)})
    assert shop.v1.invoices.pay(bill.id, {"payment_method": good.id}).status == "paid"
    with pytest.raises(stripe.InvalidRequestError) as again:
        shop.v1.invoices.pay(bill.id)
    assert again.value.code == "invoice_already_paid"


def test_it_cannot_charge_a_card_that_was_taken_away(shop: Shop) -> None:
    sub = shop.monthly()
    shop.v1.payment_methods.detach(id_of(sub.default_payment_method))
    shop.renew(sub)
    assert shop.v1.subscriptions.retrieve(sub.id).status == "past_due"
    assert len(shop.v1.charges.list().data) == 1


def test_it_voids_a_bill(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    shop.renew(sub)
    bill = shop.v1.invoices.list({"status": "open"}).data[0]
    assert shop.v1.invoices.void_invoice(bill.id).status == "void"
    assert shop.kinds()[-1] == "invoice.voided"
    with pytest.raises(stripe.InvalidRequestError, match="isn't open"):
        shop.v1.invoices.void_invoice(bill.id)


PAUSE: SubscriptionPauseParams = {"bill_for": {"unused_time_from": {"type": "none"}}}


def test_it_pauses_and_resumes_for_money(shop: Shop) -> None:
    sub = shop.monthly()
    with pytest.raises(stripe.InvalidRequestError, match="no prorations"):
        shop.v1.subscriptions.pause(sub.id)
    assert shop.v1.subscriptions.pause(sub.id, PAUSE).status == "paused"
    shop.advance(90)
    resumed = shop.v1.subscriptions.resume(
        sub.id, {"payment_behavior": "resume_on_payment_success", "billing_cycle_anchor": {"type": "now"}}
    )
    assert resumed.status == "active" and resumed.billing_cycle_anchor > sub.billing_cycle_anchor
    assert len(shop.v1.invoices.list({"status": "paid"}).data) == 2


def test_it_stays_paused_when_nobody_pays_for_going_on(shop: Shop) -> None:
    sub = shop.monthly(card="4000000000000341")
    shop.v1.subscriptions.pause(sub.id, PAUSE)
    found = shop.v1.subscriptions.resume(sub.id, {"payment_behavior": "resume_on_payment_success"})
    assert found.status == "paused" and shop.v1.invoices.retrieve(id_of(found.latest_invoice)).status == "open"
    shop.advance(1)
    assert shop.v1.invoices.retrieve(id_of(found.latest_invoice)).status == "void"
    with pytest.raises(stripe.InvalidRequestError, match="Only active"):
        shop.v1.subscriptions.pause(sub.id, PAUSE)


def test_it_goes_on_with_the_period_that_is_paid(shop: Shop) -> None:
    sub = shop.monthly()
    shop.v1.subscriptions.pause(sub.id, PAUSE)
    shop.v1.subscriptions.resume(sub.id, {"billing_cycle_anchor": {"type": "unchanged"}})
    assert len(shop.v1.invoices.list().data) == 1
    shop.renew(sub)
    assert len(shop.v1.invoices.list({"status": "paid"}).data) == 2

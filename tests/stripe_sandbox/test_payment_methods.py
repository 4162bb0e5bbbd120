"""Payment method configurations: what Checkout's page offers, as its owner sets it; `shop` checks each answer."""

import pytest
import stripe

from tests.stripe_sandbox.shop import Shop

BEGINS = {"card", "apple_pay", "google_pay", "link", "us_bank_account", "sepa_debit"}


def shown(configuration: stripe.PaymentMethodConfiguration) -> set[str]:
    methods = {name: one for name, one in configuration.to_dict().items() if isinstance(one, dict)}
    assert all(one["available"] == (one["display_preference"]["value"] == "on") for one in methods.values())
    return {name for name, one in methods.items() if one["available"]}


def test_it_has_one_default_configuration_which_every_checkout_names(shop: Shop) -> None:
    (found,) = shop.v1.payment_method_configurations.list({"active": True}).data
    assert found.is_default and found.application is None and shown(found) == BEGINS
    assert shop.v1.payment_method_configurations.retrieve(found.id).id == found.id
    assert shop.checkout().to_dict()["payment_method_configuration_details"]["id"] == found.id
    assert shop.v1.payment_method_configurations.list({"active": False}).data == []
    assert shop.v1.payment_method_configurations.list({"application": "ca_platform"}).data == []


def test_it_switches_methods_off_and_its_own_page_follows(shop: Shop) -> None:
    assert shop.checkout().payment_method_types == ["card", "us_bank_account"]
    (found,) = shop.v1.payment_method_configurations.list().data
    off = shop.v1.payment_method_configurations.update(
        found.id,
        {
            "apple_pay": {"display_preference": {"preference": "off"}},
            "us_bank_account": {"display_preference": {"preference": "off"}},
            "cashapp": {"display_preference": {"preference": "on"}},
        },
    )
    assert shown(off) == BEGINS - {"apple_pay", "us_bank_account"} | {"cashapp"}
    assert shop.checkout().payment_method_types == ["card"]
    again = shop.v1.payment_method_configurations.update(
        found.id, {"apple_pay": {"display_preference": {"preference": "none"}}}
    )
    assert "apple_pay" in shown(again), "as the account began"
    assert shop.events() == []


def test_it_refuses_methods_and_configurations_that_it_does_not_know(shop: Shop) -> None:
    (found,) = shop.v1.payment_method_configurations.list().data
    with pytest.raises(stripe.InvalidRequestError, match="does not imitate"):
        shop.v1.payment_method_configurations.update(found.id, {"zip": {"display_preference": {"preference": "on"}}})
    with pytest.raises(stripe.InvalidRequestError, match="No such") as refusal:
        shop.v1.payment_method_configurations.retrieve("pmc_nobodys")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")

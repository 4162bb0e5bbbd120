"""How one can pay on Stripe's page: said beside the form where it is known, and never asked while one waits."""

import pytest

from donations.models import StripeSetup
from donations.stripe import client, payment_methods
from foundation.organisation.models import SiteIdentity
from tests.donations.test_account import run

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SAID = "There you can pay with a card, Apple Pay, Google Pay, Link{} whichever your device and your bank offer."


def words(donor, address: str = "/give/") -> str:
    return donor.client.get(address).content.decode()


def switch(**methods: str) -> None:
    """The owner of the account switches payment methods on and off."""
    calls = client.v1().payment_method_configurations
    (found,) = client.each(calls.list, {})
    shown = {name: {"display_preference": {"preference": value}} for name, value in methods.items()}
    client.request(calls.update, found["id"], shown)


def test_it_names_the_ways_that_the_account_has_and_the_currency_fits(donor, till):
    assert "Ways to pay on its page: apple_pay, card, google_pay, link, sepa_debit, us_bank_account" in run()
    till.fault("unavailable")  # a visitor asks Stripe nothing
    assert SAID.format(" or a bank debit,") in words(donor) and SAID.format(" or a bank debit,") in words(
        donor, "/give/?currency=EUR"
    )
    assert "a card, Apple Pay, Google Pay or Link, whichever" in words(donor, "/give/?currency=JPY")
    spanish = "Allí puede pagar con tarjeta, Apple Pay, Google Pay, Link o adeudo bancario, según lo que ofrezcan"
    assert spanish in words(donor, "/es/give/")


def test_it_follows_the_account_from_day_to_day(donor, till):
    assert "There you can pay" not in words(donor), "nothing is known"
    payment_methods.refresh()
    assert SAID.format(" or a bank debit,") in words(donor)
    switch(apple_pay="off", google_pay="off", us_bank_account="off")
    payment_methods.refresh()
    assert "There you can pay with a card or Link, whichever" in words(donor)
    switch(link="off")
    payment_methods.refresh()
    assert "There you can pay with a card." in words(donor)


def test_it_claims_nothing_without_the_right_to_read_it(donor, till):
    payment_methods.refresh()
    till.fault("forbidden", path="/v1/payment_method_configurations")
    payment_methods.refresh()
    assert StripeSetup.objects.get().methods == [] and "There you can pay" not in words(donor)
    assert "the key may not read payment method configurations" in run(), "all else is set up"


def test_it_claims_nothing_of_another_account(donor, till):
    payment_methods.refresh()
    SiteIdentity.objects.update(stripe_account="acct_of_another")
    assert "There you can pay" not in words(donor)

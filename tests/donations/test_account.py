"""Setting the Stripe account up: one command, as often as one likes."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from donations.models import Gift, Plan, StripeSetup
from donations.stripe import client
from donations.stripe.writes import card_page
from donations.webhooks import events

pytestmark = pytest.mark.django_db


def endpoints() -> list[dict]:
    return list(client.each(client.v1().webhook_endpoints.list, {}))


def run() -> str:
    out = StringIO()
    call_command("setup_stripe", stdout=out)
    return out.getvalue()


def test_it_makes_all_that_the_site_needs_and_keeps_the_ids(till, charity):
    said = run()
    setup = StripeSetup.objects.get()
    (endpoint,) = endpoints()
    assert setup.endpoint == endpoint["id"] and endpoint["url"].endswith("/stripe/webhook/")
    assert set(endpoint["enabled_events"]) == set(events.HANDLERS)
    assert setup.product_once and setup.product_monthly and setup.portal.startswith("bpc_")
    assert "STRIPE_WEBHOOK_SECRETS=whsec_" in said and "(made)" in said


def test_it_makes_nothing_twice_and_tells_no_secret_again(till, charity):
    run()
    before = StripeSetup.objects.values().get()
    said = run()
    assert StripeSetup.objects.values().get() == before and len(endpoints()) == 1
    assert "whsec_" not in said and "(found)" in said


def test_it_puts_right_what_somebody_changed(till, charity):
    run()
    (endpoint,) = endpoints()
    client.request(client.v1().webhook_endpoints.update, endpoint["id"], {"enabled_events": ["charge.succeeded"]})
    run()
    assert set(endpoints()[0]["enabled_events"]) == set(events.HANDLERS)


def test_it_says_why_when_stripe_does_not_answer(till, charity):
    client.account()
    till.fault("unavailable", count=9)
    with pytest.raises(CommandError):
        run()


def test_it_leads_to_a_page_of_stripes_that_changes_the_card(donor, till):
    run()
    donor.gave("monthly", "30")
    assert "/p/session/" in card_page(Plan.objects.get().customer_id, "http://localhost:8000/give/card/done/")
    assert Gift.objects.get().status == "paid"

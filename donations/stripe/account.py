"""Set up the Stripe account: products, customer portal, webhook endpoint. Found by our mark, created if missing.

The product of yearly gifts comes with the first of them: most accounts never have one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from donations.models import StripeSetup
from donations.stripe import client, payment_methods, portal, products
from foundation.organisation import clone_guard
from foundation.organisation.models import Organisation


@dataclass(frozen=True)
class Done:
    """Result of the set-up. `secret`: of a webhook endpoint that was created now; Stripe shows it this once."""

    setup: StripeSetup
    endpoint_made: bool
    secret: str


def set_up(events: Collection[str]) -> Done:
    """Create or find it all, and store the ids. Idempotent: what differs is put right.

    `events`: the types that the webhook endpoint gets. Raises StripeIsDownError, StripeRefusedError, WrongSiteError.
    """
    account = client.account()
    clone_guard.check_account(account)
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    name = Organisation.load().name
    setup.product_once, setup.product_monthly = products.of("once", name), products.of("monthly", name)
    setup.portal = portal.configure()
    setup.methods = payment_methods.ask()
    endpoint, made = _endpoint(events)
    setup.endpoint = endpoint["id"]
    setup.save()
    return Done(setup, made, str(endpoint.get("secret") or ""))


def _endpoint(events: Collection[str]) -> tuple[dict[str, Any], bool]:
    """Create or update the webhook endpoint of our address with exactly those events. Its API version cannot change."""
    calls = client.v1().webhook_endpoints
    url = settings.BASE_URL + reverse("donations:webhook")
    wanted = {"url": url, "enabled_events": list(events)}
    for known in client.each(calls.list, {}):
        if known["url"] == url and known.get("api_version") == client.version():
            if set(known["enabled_events"]) == set(events) and known["status"] == "enabled":
                return known, False
            return client.request(calls.update, known["id"], {**wanted, "disabled": False}), False
    return client.request(calls.create, {**wanted, "api_version": client.version(), "metadata": portal.MARK}), True

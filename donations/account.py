"""What must stand on the Stripe account: products, portal, webhook. Found by our mark, made if missing."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from donations import checkout, events, gateway, portal, products
from donations.models import StripeSetup
from foundation.organisation import home
from foundation.organisation.models import Organisation


@dataclass(frozen=True)
class Done:
    """What was set up. `secret`: of a webhook endpoint that was made now; Stripe shows it this once."""

    setup: StripeSetup
    endpoint_made: bool
    secret: str


def set_up() -> Done:
    """Make or find it all, and keep the ids. Harmless to run again: what differs is put right.

    Raises StripeIsDownError, StripeRefusedError, NotAtHomeError.
    """
    account = gateway.account()
    home.check_account(account)
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    name = Organisation.load().name
    setup.product_once = products.find_or_make(checkout.PRODUCTS[False], _("Gift to %(name)s") % {"name": name})
    setup.product_monthly = products.find_or_make(
        checkout.PRODUCTS[True], _("Monthly gift to %(name)s") % {"name": name}
    )
    setup.portal = portal.configure()
    endpoint, made = _endpoint()
    setup.endpoint = endpoint["id"]
    setup.save()
    return Done(setup, made, str(endpoint.get("secret") or ""))


def _endpoint() -> tuple[dict[str, Any], bool]:
    """The endpoint of our address with exactly the events that we act on. Its API version cannot be changed later."""
    calls = gateway.v1().webhook_endpoints
    url = settings.BASE_URL + reverse("donations:webhook")
    wanted = {"url": url, "enabled_events": list(events.STEPS)}
    for known in gateway.each(calls.list, {}):
        if known["url"] == url and known.get("api_version") == gateway.version():
            if set(known["enabled_events"]) == set(events.STEPS) and known["status"] == "enabled":
                return known, False
            return gateway.ask(calls.update, known["id"], {**wanted, "disabled": False}), False
    return gateway.ask(calls.create, {**wanted, "api_version": gateway.version(), "metadata": portal.MARK}), True

"""Stripe's customer portal, for a donor's card: its configuration, found by our mark or created, and its address."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from donations.models import StripeSetup
from donations.stripe import client, troubles
from donations.stripe.errors import StripeRefusedError

MARK = {"road_out": "site"}


def configure() -> str:
    """Create or update the portal's configuration. Donors change the card there, and nothing else: amounts, pauses and
    stops have pages and letters of ours.
    """
    calls = client.v1().billing_portal.configurations
    wanted: dict[str, Any] = {
        "features": {
            "payment_method_update": {"enabled": True},
            "invoice_history": {"enabled": False},
            "customer_update": {"enabled": False},
            "subscription_cancel": {"enabled": False},
            "subscription_update": {"enabled": False},
        },
        "metadata": MARK,
        "default_return_url": settings.BASE_URL + reverse("donations:card_done"),
    }
    for known in client.each(calls.list, {"active": True}, patient=False):
        if (known.get("metadata") or {}).get("road_out"):
            return str(client.request(calls.update, known["id"], wanted)["id"])
    return str(client.request(calls.create, wanted)["id"])


def page(account: str, customer: str, back: str, saved: str) -> str:
    """Return the URL of a portal session. It lives for minutes: never mail it. Stripe refuses a configuration that was
    archived or changed in its dashboard, and it may never have been created: then ours is put right, and the call is
    retried once.
    """
    after = {"type": "redirect", "redirect": {"return_url": saved}}
    flow = {"type": "payment_method_update", "after_completion": after}
    wanted = {"customer": customer, "return_url": back, "flow_data": flow}
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    if setup.portal:
        try:
            return _open(wanted, setup.portal)
        except StripeRefusedError as error:
            if error.param == "customer":
                raise
    configuration = configure()
    StripeSetup.objects.filter(account=account).update(portal=configuration)
    address = _open(wanted, configuration)
    if setup.portal:
        troubles.portal(configuration)
    return address


def _open(wanted: dict[str, Any], configuration: str) -> str:
    create = client.v1().billing_portal.sessions.create
    return str(client.request(create, {**wanted, "configuration": configuration})["url"])

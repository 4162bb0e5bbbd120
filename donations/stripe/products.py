"""Our products at Stripe, behind every price: found, created, and reactivated when somebody archived them."""

from django.utils.translation import gettext_lazy as _

from donations.models.frequency import Frequency
from donations.stripe import client
from donations.stripe.errors import NotFoundError, StripeRefusedError

PRODUCTS = {each: f"road_out_gift_{each}" for each in Frequency}
NAMES = {
    Frequency.ONCE: _("Gift to %(name)s"),
    Frequency.MONTHLY: _("Monthly gift to %(name)s"),
    Frequency.YEARLY: _("Yearly gift to %(name)s"),
}


def of(frequency: str, organisation: str) -> str:
    """Find or create the product of that frequency, named after us. Returns its id."""
    which = Frequency(frequency)
    return find_or_make(PRODUCTS[which], NAMES[which] % {"name": organisation})


def find_or_make(ident: str, name: str) -> str:
    """Find or create the product of that id, and return the id that it has then. Ours, so two at once create one.

    One that was archived is reactivated: Stripe makes no new price for it, so nobody could give.
    """
    calls = client.v1().products
    try:
        found = client.get(calls.retrieve, ident)
        if not found.get("deleted"):
            if not found.get("active"):
                client.request(calls.update, ident, {"active": True})
            return str(found["id"])
    except NotFoundError:
        pass
    try:
        return str(client.request(calls.create, {"id": ident, "name": name})["id"])
    except StripeRefusedError as error:
        if error.code != "resource_already_exists":
            raise
    if stands(ident):
        return ident
    return str(client.request(calls.create, {"name": name})["id"])  # the id of a deleted one may stay taken


def stands(ident: str) -> bool:
    """Whether prices can be made for it: it is neither archived nor deleted. Raises StripeIsDownError."""
    try:
        return bool(client.get(client.v1().products.retrieve, ident).get("active"))
    except NotFoundError:
        return False

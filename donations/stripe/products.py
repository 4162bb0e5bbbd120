"""Our two products at Stripe, behind every price: found, made, and put up again when somebody took them down."""

from donations.stripe import client
from donations.stripe.errors import NotFoundError, StripeRefusedError

PRODUCTS = {False: "road_out_gift_once", True: "road_out_gift_monthly"}


def find_or_make(ident: str, name: str) -> str:
    """The product of that id, made now if it is not there, and the id that it has then. Ours, so two at once make one.

    One that was archived is put up again: Stripe makes no new price for it, so nobody could give.
    """
    calls = client.v1().products
    try:
        found = client.get(calls.retrieve, ident)
        if not found.get("deleted"):
            if not found.get("active"):
                client.ask(calls.update, ident, {"active": True})
            return str(found["id"])
    except NotFoundError:
        pass
    try:
        return str(client.ask(calls.create, {"id": ident, "name": name})["id"])
    except StripeRefusedError as error:
        if error.code != "resource_already_exists":
            raise
    if stands(ident):
        return ident
    return str(client.ask(calls.create, {"name": name})["id"])  # the id of a deleted one may stay taken


def stands(ident: str) -> bool:
    """Whether prices can be made for it: it is neither archived nor deleted. Raises StripeIsDownError."""
    try:
        return bool(client.get(client.v1().products.retrieve, ident).get("active"))
    except NotFoundError:
        return False

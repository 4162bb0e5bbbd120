"""Billing portal: configurations, sessions, and what a donor does on its page."""

from ..shapes import portal as shapes
from ..store import truths
from ..store.books import Books, Thing, merged
from ..store.errors import StripeError, bad_value, missing_param
from ..store.events import change, emit
from . import pauses, subscriptions
from .invoicing import period_end

HOUR = 3600
FLOWS = ("payment_method_update", "subscription_cancel", "subscription_pause")
# The default configuration; at Stripe somebody has set it up in the Dashboard.
STANDARD = {
    "payment_method_update": {"enabled": True},
    "invoice_history": {"enabled": True},
    "subscription_cancel": {"enabled": True},
}


def configure(books: Books, params: Thing) -> Thing:
    """POST /v1/billing_portal/configurations."""
    made = books.put(shapes.configuration(books.new_id("bpc"), books.now, params))
    emit(books, "billing_portal.configuration.created", made)
    return made


def reconfigure(books: Books, found: Thing, params: Thing) -> Thing:
    fields: Thing = {"updated": books.now, "metadata": merged(found["metadata"], params.get("metadata"))}
    if "features" in params:
        given = {name: {**found["features"][name], **feature} for name, feature in params["features"].items()}
        fields["features"] = shapes.features({**found["features"], **given})
    if "business_profile" in params:
        texts = {name: text or None for name, text in params["business_profile"].items()}
        fields["business_profile"] = {**found["business_profile"], **texts}
    for name in ("active", "default_return_url", "name"):
        if name in params:
            fields[name] = params[name] if params[name] != "" else None
    return change(books, found, "billing_portal.configuration.updated", **fields)


def create(books: Books, params: Thing) -> Thing:
    """POST /v1/billing_portal/sessions: a URL with a secret, valid for an hour."""
    if "customer" not in params:
        raise missing_param("customer")
    books.need("customer", params["customer"], "customer")
    configuration = _configuration(books, params)
    flow = params.get("flow_data")
    if flow is not None:
        _check_flow(books, params["customer"], configuration, flow)
    return books.put(shapes.session(books.new_id("bps"), books.now, params, configuration))


def _configuration(books: Books, params: Thing) -> Thing:
    if "configuration" in params:
        found = books.need("billing_portal.configuration", params["configuration"], "configuration")
        if not found["active"]:
            raise bad_value("configuration", "This portal configuration is not active.")
        return found
    standard = books.fixed_id("bpc", "standard")
    found = books.get("billing_portal.configuration", standard) or {}
    return found or books.put(shapes.configuration(standard, books.now, {"features": STANDARD}, default=True))


def _check_flow(books: Books, customer: str, configuration: Thing, flow: Thing) -> None:
    kind = flow["type"]
    if kind not in FLOWS:
        raise bad_value("flow_data[type]", f"The offline sandbox has only the flows {', '.join(FLOWS)}.")
    if not configuration["features"][kind]["enabled"]:
        raise bad_value("flow_data[type]", f"The flow {kind} is not enabled in the portal configuration.")
    after = flow.get("after_completion", {"type": "portal_homepage"})
    if after["type"] == "redirect" and "redirect" not in after:
        raise missing_param("flow_data[after_completion][redirect]")
    if kind == "payment_method_update":
        return
    if kind not in flow:
        raise missing_param(f"flow_data[{kind}]")
    path = f"flow_data[{kind}][subscription]"
    sub = books.need("subscription", flow[kind]["subscription"], path)
    if sub["customer"] != customer:
        raise bad_value(path, "The subscription is not the customer's.")
    if kind == "subscription_cancel" and (sub["status"] == "canceled" or sub["cancel_at"]):
        raise bad_value(path, "The subscription is already set to be canceled.")


def expired(books: Books, session: Thing) -> bool:
    return bool(books.now >= session["created"] + HOUR)


def use_method(books: Books, customer_id: str, method: Thing) -> None:
    """Replace the default payment method of the customer, and of each subscription that has one of its own.

    The switch `portal_card` leaves out the one or the other.
    """
    change(books, method, None, customer=customer_id)
    emit(books, "payment_method.attached", method)
    which = truths.answer(books, "portal_card")
    if which != "subscriptions":
        customer = books.own("customer", customer_id)
        settings = {**customer["invoice_settings"], "default_payment_method": method["id"]}
        change(books, customer, "customer.updated", invoice_settings=settings)
    for sub in live(books, customer_id) if which != "customer" else []:
        if sub["default_payment_method"]:
            change(books, sub, "customer.subscription.updated", default_payment_method=method["id"])


def live(books: Books, customer_id: str) -> list[Thing]:
    return [sub for sub in books.find("subscription", customer=customer_id) if sub["status"] != "canceled"]


def cancel(books: Books, sub: Thing, feature: Thing, feedback: str) -> None:
    """Cancel at once, or with flexible billing by `cancel_at` alone: cancel_at_period_end stays false."""
    if feedback in feature["cancellation_reason"]["options"]:
        sub["cancellation_details"]["feedback"] = feedback
        books.put(sub)
    if feature["mode"] == "immediately":
        subscriptions.cancel(books, sub)
    else:
        subscriptions.update(books, sub, {"cancel_at": "min_period_end"})


def undo_cancel(books: Books, sub: Thing) -> None:
    subscriptions.update(books, sub, {"cancel_at": ""})


def pause(books: Books, sub: Thing, feature: Thing) -> None:
    """Pause the subscription, for the first of the durations on offer; `portal_pause` says which pause that is."""
    if sub["status"] != "active" or sub["pause_collection"]:
        raise StripeError("Only active subscriptions can be paused.")
    until = None
    if feature["duration"]["type"] == "interval_options":
        until = period_end(books.now, books.now, feature["duration"]["interval_options"][0])
    if truths.answer(books, "portal_pause") == "collection":
        ends = {} if until is None else {"resumes_at": until}
        subscriptions.update(books, sub, {"pause_collection": {"behavior": "void", **ends}})
        return
    pauses.begin(books, sub)
    if until is not None:
        books.schedule(sub["id"], "wake", until)

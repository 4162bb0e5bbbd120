"""Expansion: `expand[]` replaces ids by whole objects, or adds lists left out by default. At most four levels."""

import re
from collections.abc import Callable

from ..store.books import Books, Thing
from ..store.errors import StripeError

# Which fields of which object may be expanded, as `field:kind`; a field without a kind is always null or of many kinds.
# The tests compare this with the SDK's types.
FIELDS: dict[str, dict[str, str]] = {
    kind: {name: target for name, _, target in (word.partition(":") for word in words.split())}
    for kind, words in {
        "balance_transaction": "source",
        "charge": "balance_transaction:balance_transaction customer:customer payment_intent:payment_intent "
        "failure_balance_transaction:balance_transaction application application_fee on_behalf_of review "
        "source_transfer transfer",
        "checkout.session": "customer:customer invoice:invoice payment_intent:payment_intent "
        "subscription:subscription payment_link setup_intent:setup_intent",
        "billing_portal.configuration": "application",
        "billing_portal.session": "configuration:billing_portal.configuration",
        "customer": "default_source test_clock",
        "dispute": "charge:charge payment_intent:payment_intent",
        "invoice": "customer:customer default_payment_method:payment_method application default_source "
        "latest_revision:invoice on_behalf_of test_clock",
        "invoice_payment": "invoice:invoice",
        "line_item": "subscription:subscription",
        "payment_intent": "customer:customer latest_charge:charge payment_method:payment_method application "
        "on_behalf_of payment_record review source",
        "payment_method": "customer:customer",
        "payout": "balance_transaction:balance_transaction failure_balance_transaction:balance_transaction "
        "original_payout:payout reversed_by:payout application_fee destination",
        "price": "product:product",
        "product": "default_price:price tax_code",
        "radar.early_fraud_warning": "charge:charge payment_intent:payment_intent",
        "refund": "balance_transaction:balance_transaction charge:charge customer:customer "
        "payment_intent:payment_intent payment_method:payment_method "
        "failure_balance_transaction:balance_transaction source_transfer_reversal transfer_reversal",
        "setup_intent": "customer:customer payment_method:payment_method application latest_attempt mandate "
        "on_behalf_of single_use_mandate",
        "subscription": "customer:customer default_payment_method:payment_method latest_invoice:invoice "
        "application default_source on_behalf_of pending_setup_intent schedule test_clock",
    }.items()
}
NESTED = {
    "payment_intent": "payment_intent",
    "charge": "charge",
    "subscription": "subscription",
    "price": "price",
}


def _line_items(books: Books, thing: Thing) -> Thing:
    items = [books.own("item", item_id) for item_id in books.note(thing["id"]).get("items", [])]
    url = f"/v1/checkout/sessions/{thing['id']}/line_items"
    return {"object": "list", "data": items, "has_more": False, "url": url}


def _payments(books: Books, thing: Thing) -> Thing:
    url = f"/v1/invoice_payments?invoice={thing['id']}"
    data = books.find("invoice_payment", invoice=thing["id"])[::-1]
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _refunds(books: Books, thing: Thing) -> Thing:
    data = books.find("refund", charge=thing["id"])[::-1]
    return {"object": "list", "data": data, "has_more": False, "url": f"/v1/charges/{thing['id']}/refunds"}


def _subscriptions(books: Books, thing: Thing) -> Thing:
    data = [sub for sub in books.find("subscription", customer=thing["id"]) if sub["status"] != "canceled"][::-1]
    url = f"/v1/customers/{thing['id']}/subscriptions"
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _nothing(name: str) -> Callable[[Books, Thing], Thing]:
    return lambda books, thing: {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/customers/{thing['id']}/{name}",
    }


# Lists that are left out of an object unless expanded.
INCLUDED: dict[tuple[str, str], Callable[[Books, Thing], Thing]] = {
    ("checkout.session", "line_items"): _line_items,
    ("invoice", "payments"): _payments,
    ("charge", "refunds"): _refunds,
    ("customer", "subscriptions"): _subscriptions,
    ("customer", "sources"): _nothing("sources"),
    ("customer", "tax_ids"): _nothing("tax_ids"),
}
PREFIXES = {"ch": "charge", "py": "charge", "re": "refund", "pyr": "refund", "du": "dispute", "po": "payout"}


def expand(books: Books, thing: Thing, paths: list[str]) -> Thing:
    """Return the object with each path expanded. Raises StripeError for a path that is too deep or unknown."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > 4:
            message = f"You cannot expand more than 4 levels of a property. Property: {path}"
            raise StripeError(message, code="property_expansion_max_depth", param="expand")
        if not all(re.fullmatch(r"[a-z_]+", step) for step in steps):
            raise _cannot(path)
        thing = _walk(books, thing, steps, path, thing.get("object", ""))
    return thing


def _cannot(path: str) -> StripeError:
    return StripeError(f"This property cannot be expanded ({path}).", param="expand")


def _walk(books: Books, here: Thing, steps: list[str], path: str, kind: str) -> Thing:
    if not steps:
        return here
    step, rest = steps[0], steps[1:]
    kind = here.get("object", kind)
    if kind == "list" and step == "data":
        return {**here, "data": [_walk(books, item, rest, path, "") for item in here["data"]]}
    if (kind, step) in INCLUDED and not isinstance(here.get(step), dict):
        return {**here, step: _walk(books, INCLUDED[kind, step](books, here), rest, path, "list")}
    value = here.get(step)
    if isinstance(value, str):
        target = _target(books, here, kind, step, value, path)
        return {**here, step: _walk(books, target, rest, path, "")}
    if isinstance(value, dict):
        if not rest and "object" not in value:
            raise _cannot(path)
        return {**here, step: _walk(books, value, rest, path, f"{kind}/{step}")}
    if step in FIELDS.get(kind, {}) or (value is None and "/" in kind):
        return here  # null: nothing to expand, as so often
    raise _cannot(path)


def _target(books: Books, here: Thing, kind: str, step: str, value: str, path: str) -> Thing:
    fields = FIELDS.get(kind, {})
    if step in fields:
        noun = fields[step] or PREFIXES.get(value.partition("_")[0], "")
    elif "object" not in here:
        noun = NESTED.get(step, "")
    else:
        noun = ""
    target = books.get(noun, value) if noun else None
    if target is None:
        raise _cannot(path)
    return target

"""Checkout Sessions: created, listed, expired; the validation across parameters."""

import re
from urllib.parse import urlsplit

from ..money import banks, charging, currencies, method_configurations
from ..money.balance import account
from ..shapes import checkout as shapes
from ..store.books import Books, Thing, merged
from ..store.errors import StripeError, bad_value, missing_param
from ..store.events import change, emit
from .catalog import check_active, inline_price

# Parameters that are allowed in some modes only.
FOR_MODES = {
    "subscription_data": ("subscription",),
    "payment_intent_data": ("payment",),
    "invoice_creation": ("payment",),
    "setup_intent_data": ("setup",),
    "line_items": ("payment", "subscription"),
    "submit_type": ("payment", "subscription"),
}
HALF_HOUR, DAY = 1800, 86400
EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>.]+(\.[^@\s<>.]+)+")


def create(books: Books, params: Thing) -> Thing:
    """POST /v1/checkout/sessions for a hosted page in payment or subscription mode."""
    _check(books, params)
    if params["mode"] == "setup":
        return _setup(books, params)
    items = [_line_item(books, params["mode"], item, number) for number, item in enumerate(params["line_items"])]
    currency, total = _sum(items, params)
    _check_amount(books, total, currency)
    session_id = books.new_id("cs_test")
    session = shapes.session(session_id, books.now, params, total, currency, books.fixed_id("pmc", "default"))
    session["payment_method_types"] = _methods(books, params, currency)
    for item in items:
        books.put(item)
    kept = {name: params.get(name) or {} for name in ("payment_intent_data", "subscription_data")}
    books.keep_note(session_id, {"items": [item["id"] for item in items], **kept})
    books.schedule(session_id, "expire", session["expires_at"])
    return books.put(session)


def _setup(books: Books, params: Thing) -> Thing:
    """Create a session in setup mode, which saves a card: no amount, no line items."""
    session_id, currency = books.new_id("cs_test"), params.get("currency")
    session = shapes.session(session_id, books.now, params, None, currency, books.fixed_id("pmc", "default"))
    session.update(payment_status="no_payment_required", total_details=None)
    session["setup_intent"] = charging.open_setup(books, params)["id"]
    books.keep_note(session_id, {"items": []})
    books.schedule(session_id, "expire", session["expires_at"])
    return books.put(session)


def _check(books: Books, params: Thing) -> None:
    if "mode" not in params:
        raise missing_param("mode")
    mode = params["mode"]
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise bad_value("ui_mode", "This offline sandbox has only hosted pages.")
    for name in ("success_url", *(() if mode == "setup" else ("line_items",))):
        if name not in params:
            raise missing_param(name)
    for name in ("success_url", "cancel_url"):
        if name in params and not _absolute(params[name]):
            raise bad_value(name, "Not a valid URL", "url_invalid")
    if "customer" in params and "customer_email" in params:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.")
    if "customer" in params:
        books.need("customer", params["customer"], "customer")
    email = params.get("customer_email")
    if email is not None and not EMAIL.fullmatch(email):
        raise bad_value("customer_email", f"Invalid email address: {email}", "email_invalid")
    for name, modes in FOR_MODES.items():
        if name in params and mode not in modes:
            raise bad_value(name, f"You can not pass `{name}` in `{mode}` mode.")
    if mode == "subscription" and "customer_creation" in params:
        raise bad_value("customer_creation", "`customer_creation` can only be used in `payment` and `setup` mode.")
    _check_expiry(books, params)
    _check_suffix(params.get("payment_intent_data", {}).get("statement_descriptor_suffix"))


def _absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return False


def _check_expiry(books: Books, params: Thing) -> None:
    at = params.get("expires_at")
    if at is None:
        return
    if at < books.now + HALF_HOUR:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise bad_value("expires_at", message)
    if at > books.now + DAY:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise bad_value("expires_at", message)


def _check_suffix(suffix: str | None) -> None:
    if suffix is not None and (re.search(r"[<>\\'\"*]", suffix) or not re.search("[A-Za-z]", suffix)):
        param = "payment_intent_data[statement_descriptor_suffix]"
        raise bad_value(param, "The statement descriptor suffix needs a letter and none of < > \\ ' \" *.")


def _line_item(books: Books, mode: str, given: Thing, number: int) -> Thing:
    path = f"line_items[{number}]"
    if ("price" in given) == ("price_data" in given):
        raise bad_value(path, f"You must provide exactly one of `price` and `price_data` in `{path}`.")
    if "quantity" not in given:
        raise bad_value(f"{path}[quantity]", f"Quantity is required. Add `quantity` to `{path}`.")
    if given["quantity"] < 1:
        raise bad_value(f"{path}[quantity]", "Invalid positive integer", "parameter_invalid_integer")
    if "price" in given:
        price = books.need("price", given["price"], f"{path}[price]")
        check_active(price, f"{path}[price]")
    else:
        price = inline_price(books, given["price_data"], f"{path}[price_data]")
    if mode == "payment" and price["recurring"]:
        raise StripeError(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or "
            "use only one-time prices."
        )
    name = books.own("product", price["product"])["name"]
    return shapes.line_item(books.new_id("li"), price, given["quantity"], name, given.get("metadata"))


def _sum(items: list[Thing], params: Thing) -> tuple[str, int]:
    if params["mode"] == "subscription" and not any(item["price"]["recurring"] for item in items):
        raise StripeError("You must provide at least one recurring price in `subscription` mode when using prices.")
    currencies = {item["currency"] for item in items}
    if len(currencies) > 1:
        raise StripeError("All prices on a Checkout Session must have the same currency.", param="line_items")
    return currencies.pop(), sum(item["amount_total"] for item in items)


def _check_amount(books: Books, total: int, currency: str) -> None:
    """Check the minimum amount, in minor units, after conversion into the settlement currency."""
    settlement = account(books)["default_currency"]
    least = currencies.minimum(settlement)
    if currencies.settle(total, currency, settlement) < least:
        message = (
            "The Checkout Session's total amount must convert to at least "
            f"{currencies.written(least, settlement)} {settlement}. "
            f"{currencies.written(total, currency)} converts to less."
        )
        raise StripeError(message, code="amount_too_small", param="line_items")
    if total > currencies.MAXIMUM:
        most = currencies.written(currencies.MAXIMUM, currency)
        message = f"The Checkout Session's total amount due must be no more than {most} {currency}"
        raise StripeError(message, code="amount_too_large", param="line_items")


def success_url(session: Thing) -> str:
    """Return the success_url, with the session's id filled in."""
    url: str = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return url


def _methods(books: Books, params: Thing, currency: str | None) -> list[str]:
    """Return the payment methods: card, and the bank debit of the currency, as far as the account's configuration
    offers them, unless the site narrows them down.
    """
    offered = method_configurations.default(books)
    known = ["card", *([banks.BY_CURRENCY[currency]] if currency in banks.BY_CURRENCY else [])]
    known = [name for name in known if offered[name]["available"]]
    allowed = params.get("allowed_payment_method_types") or known
    left_out = params.get("excluded_payment_method_types") or []
    found = [name for name in known if name in allowed and name not in left_out]
    if not found:
        raise StripeError("No payment method is left for this Checkout Session.")
    return found


def listing(books: Books, params: Thing) -> Thing:
    where, values = ["1"], []
    for name in ("status", "customer", "payment_intent", "subscription"):
        if name in params:
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(params[name])
    if "customer_details" in params:
        where.append("json_extract(body, '$.customer_details.email') = ?")
        values.append(params["customer_details"]["email"])
    return books.listing("checkout.session", "/v1/checkout/sessions", params, " AND ".join(where), tuple(values))


def update(books: Books, session: Thing, params: Thing) -> Thing:
    """POST /v1/checkout/sessions/{id}: its metadata."""
    return change(books, session, None, metadata=merged(session["metadata"], params.get("metadata")))


def line_items(books: Books, session_id: str) -> list[Thing]:
    return [books.own("item", item_id) for item_id in books.note(session_id)["items"]]


def expire(books: Books, session: Thing) -> Thing:
    """POST …/expire, and the expiry by the scheduler: only from status open."""
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}."
        )
        raise StripeError(message)
    session["status"] = "expired"
    books.unschedule(session["id"])
    books.put(session)
    emit(books, "checkout.session.expired", session)
    return session

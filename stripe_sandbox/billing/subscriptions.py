"""Subscriptions: updated, paused, canceled by the API."""

import copy

from ..shapes import subscriptions as shapes
from ..shapes.catalog import plan
from ..store.books import Books, Thing, merged
from ..store.errors import StripeError, bad_value
from ..store.events import emit
from .catalog import check_active, inline_price

PLAIN = ("description", "default_payment_method", "collection_method", "days_until_due")


def update(books: Books, sub: Thing, params: Thing) -> Thing:
    """POST /v1/subscriptions/{id}. Amounts change without proration only."""
    if sub["status"] == "canceled" and set(params) - {"metadata", "cancellation_details", "expand"}:
        raise StripeError("A canceled subscription can only update its cancellation_details and metadata.")
    before = copy.deepcopy(sub)
    for name in PLAIN:
        if name in params:
            sub[name] = params[name] if params[name] != "" else None
    if "default_payment_method" in params:
        _check_method(books, sub, params["default_payment_method"])
    sub["metadata"] = merged(sub["metadata"], params.get("metadata"))
    if "cancellation_details" in params:
        details = {name: text or None for name, text in params["cancellation_details"].items()}
        sub["cancellation_details"].update(details)
    if "items" in params:
        _items(books, sub, params)
    if "pause_collection" in params:
        _pause(books, sub, params["pause_collection"])
    _cancel_later(books, sub, params)
    books.put(sub)
    if before != sub:
        emit(books, "customer.subscription.updated", sub, before)
    return sub


def _check_method(books: Books, sub: Thing, method_id: str) -> None:
    method = books.need("payment_method", method_id, "default_payment_method")
    if method["customer"] != sub["customer"]:
        raise bad_value(
            "default_payment_method",
            f"The customer does not have a payment method with the ID {method_id}. The payment method must be "
            "attached to the customer.",
        )


def _items(books: Books, sub: Thing, params: Thing) -> None:
    """Update the items. With an id the item is changed, without one it is ADDED, as at Stripe."""
    if params.get("proration_behavior", "create_prorations") != "none":
        raise bad_value("proration_behavior", "This offline sandbox makes no prorations: send proration_behavior=none.")
    items = sub["items"]["data"]
    for number, given in enumerate(params["items"]):
        path = f"items[{number}]"
        price = _price(books, sub, given, path)
        item = next((item for item in items if item["id"] == given.get("id")), None)
        if "id" in given and item is None:
            raise bad_value(f"{path}[id]", f"No such subscription item: '{given['id']}'", "resource_missing")
        if given.get("deleted") and item is not None:
            items.remove(item)
        elif item is None:
            items.append(_added(books, sub, price, given, path))
        else:
            if price is not None:
                item.update(price=price, plan=plan(price))
            item["quantity"] = given.get("quantity", item["quantity"])
            item["metadata"] = merged(item["metadata"], given.get("metadata"))
    if not items:
        raise StripeError("A subscription must have at least one active item.", param="items")


def _price(books: Books, sub: Thing, given: Thing, path: str) -> Thing | None:
    if "price" in given:
        price = books.need("price", given["price"], f"{path}[price]")
        check_active(price, f"{path}[price]")
    elif "price_data" in given:
        price = inline_price(books, given["price_data"], f"{path}[price_data]")
    else:
        return None
    if price["currency"] != sub["currency"]:
        message = f"The price's currency `{price['currency']}` must match the subscription's `{sub['currency']}`."
        raise bad_value(f"{path}[price]", message)
    if not price["recurring"]:
        raise bad_value(f"{path}[price]", "The price specified is set to `type=one_time`.")
    return price


def _added(books: Books, sub: Thing, price: Thing | None, given: Thing, path: str) -> Thing:
    if price is None:
        raise bad_value(path, f"You must provide `price` or `price_data` in `{path}` to add an item.")
    first = sub["items"]["data"][0]
    item = shapes.subscription_item(
        books.new_id("si"), sub["id"], books.now, first["current_period_end"], price, given.get("quantity", 1)
    )
    return {**item, "current_period_start": first["current_period_start"]}


def _pause(books: Books, sub: Thing, given: Thing | str) -> None:
    books.unschedule(sub["id"], "resume")
    if not isinstance(given, dict):
        sub["pause_collection"] = None
        return
    resumes_at = given.get("resumes_at")
    if resumes_at is not None and resumes_at <= books.now:
        raise bad_value("pause_collection[resumes_at]", "`resumes_at` must be in the future.")
    sub["pause_collection"] = {"behavior": given["behavior"], "resumes_at": resumes_at}
    if resumes_at is not None:
        books.schedule(sub["id"], "resume", resumes_at)


def _cancel_later(books: Books, sub: Thing, params: Thing) -> None:
    """cancel_at_period_end sets cancel_at too; clearing either clears both."""
    if "cancel_at" in params and "cancel_at_period_end" in params:
        raise StripeError("You may only specify one of these parameters: cancel_at, cancel_at_period_end.")
    if "cancel_at_period_end" in params:
        wanted = params["cancel_at_period_end"]
        at = sub["items"]["data"][0]["current_period_end"] if wanted else None
        _set_cancel(books, sub, at, wanted)
    elif "cancel_at" in params:
        at = params["cancel_at"]
        if at in ("min_period_end", "max_period_end"):
            at = sub["items"]["data"][0]["current_period_end"]
        if at != "" and at <= books.now:
            raise bad_value("cancel_at", "The cancel_at parameter must be in the future.")
        _set_cancel(books, sub, at or None, False)


def _set_cancel(books: Books, sub: Thing, at: int | None, at_period_end: bool) -> None:
    sub.update(cancel_at=at, cancel_at_period_end=at_period_end, canceled_at=books.now if at else None)
    sub["cancellation_details"]["reason"] = "cancellation_requested" if at else None
    books.unschedule(sub["id"], "cancel")
    if at:
        books.schedule(sub["id"], "cancel", at)


def cancel(books: Books, sub: Thing, params: Thing | None = None, reason: str = "cancellation_requested") -> Thing:
    """DELETE /v1/subscriptions/{id}, and the cancellation by the scheduler at cancel_at."""
    if sub["status"] == "canceled":
        raise StripeError(f"No such subscription: '{sub['id']}'", code="resource_missing", param="id", status=404)
    for name, text in (params or {}).get("cancellation_details", {}).items():
        sub["cancellation_details"][name] = text or None
    sub["cancellation_details"]["reason"] = reason
    sub.update(status="canceled", canceled_at=sub["canceled_at"] or books.now, ended_at=books.now)
    books.unschedule(sub["id"])
    books.put(sub)
    for invoice in books.find("invoice"):
        if invoice["parent"]["subscription_details"]["subscription"] == sub["id"]:
            _leave(books, invoice)
    emit(books, "customer.subscription.deleted", sub)
    return sub


def _leave(books: Books, invoice: Thing) -> None:
    """Stop the retries of an ended subscription's unpaid invoices; they stay as they are."""
    if invoice["status"] in ("draft", "open"):
        books.unschedule(invoice["id"])
        books.put({**invoice, "auto_advance": False, "automatically_finalizes_at": None, "next_payment_attempt": None})


def listing(books: Books, params: Thing) -> Thing:
    """GET /v1/subscriptions. Canceled ones are hidden unless asked for by status canceled, ended or all."""
    where, values = ["1"], []
    status = params.get("status")
    if status is None:
        where.append("json_extract(body, '$.status') != 'canceled'")
    elif status == "ended":
        where.append("json_extract(body, '$.status') IN ('canceled', 'incomplete_expired')")
    elif status != "all":
        where.append("json_extract(body, '$.status') = ?")
        values.append(status)
    if "customer" in params:
        where.append("json_extract(body, '$.customer') = ?")
        values.append(params["customer"])
    if "price" in params:
        where.append("json_extract(body, '$.items.data[0].price.id') = ?")
        values.append(params["price"])
    return books.listing("subscription", "/v1/subscriptions", params, " AND ".join(where), tuple(values))

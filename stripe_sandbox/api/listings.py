"""List endpoints with filters: each parameter compares a field of the object, or a JSON path in it."""

from collections.abc import Callable
from typing import Any

from ..store.books import Books, Thing, windowed

Handler = Callable[..., Thing]


def of(kind: str, url: str, *names: str, **paths: str) -> Handler:
    """Return a list handler, filtered by fields of the same name as the parameter, or by the JSON path given for it."""
    known = {**{name: f"$.{name}" for name in names}, **paths}

    def answer(books: Books, params: Thing) -> Thing:
        asked = [name for name in known if name in params]
        where = " AND ".join(
            ["json_extract(body, '$.deleted') IS NULL", *(f"json_extract(body, '{known[name]}') = ?" for name in asked)]
        )
        return books.listing(kind, url, params, where, tuple(_sql(params[name]) for name in asked))

    return answer


def _sql(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def session_items(books: Books, params: Thing, session_id: str) -> Thing:
    books.need("checkout.session", session_id)
    ids = tuple(books.note(session_id)["items"])
    marks = ", ".join("?" for _ in ids)
    url = f"/v1/checkout/sessions/{session_id}/line_items"
    return books.listing("item", url, params, f"id IN ({marks})", ids)


def invoice_payments(books: Books, params: Thing) -> Thing:
    """`payment` is a pair of type and id."""
    payment = params.get("payment", {})
    intent = {"intent": payment.get("payment_intent", "")} if payment else {}
    listing = of("invoice_payment", "/v1/invoice_payments", "invoice", "status", intent="$.payment.payment_intent")
    return listing(books, {**params, **intent})


def payouts(books: Books, params: Thing) -> Thing:
    """List payouts. `arrival_date` is a filter by time, as `created` is."""
    where, values = ["1"], []
    for name in ("status", "destination"):
        if name in params:
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(params[name])
    sql, bounds = windowed("arrival_date", params)
    return books.listing("payout", "/v1/payouts", params, " AND ".join([*where, *sql]), (*values, *bounds))


def subscription_items(books: Books, params: Thing) -> Thing:
    return _inner(books.need("subscription", params["subscription"], "subscription")["items"], params)


def invoice_lines(books: Books, params: Thing, invoice_id: str) -> Thing:
    return _inner(books.need("invoice", invoice_id)["lines"], params)


def _inner(items: Thing, params: Thing) -> Thing:
    """Return a list that is embedded in another object: here it is never longer than one page."""
    if "starting_after" in params or "ending_before" in params:
        return {**items, "data": []}
    return {**items, "data": items["data"][: params.get("limit", 10)]}

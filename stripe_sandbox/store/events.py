"""Events: written in the transaction of the change that they report, queued for every endpoint that wants them."""

import copy
from typing import Any

from .. import API_VERSION
from .books import Books, Thing
from .errors import StripeError, bad_value

KEPT = 30 * 86400


def emit(books: Books, kind: str, thing: Thing, before: Thing | None = None) -> Thing:
    """Create an event and enqueue its deliveries; `before` is the object as it was, for `*.updated` events."""
    data: Thing = {"object": copy.deepcopy(thing)}
    if before is not None:
        data["previous_attributes"] = changes(before, thing)
    endpoints = [endpoint for endpoint in books.find("webhook_endpoint", status="enabled") if wants(endpoint, kind)]
    event = {
        "id": books.new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": books.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": len(endpoints),
        "request": {"id": books.caller.request, "idempotency_key": books.caller.key},
        "type": kind,
    }
    books.put(event)
    for endpoint in endpoints:
        books.db.execute(
            "INSERT INTO deliveries (tenant, event, endpoint, due) VALUES (?, ?, ?, ?)",
            (books.tenant, event["id"], endpoint["id"], books.real_time),
        )
    return event


def change(books: Books, thing: Thing, kind: str | None = None, /, **fields: Any) -> Thing:
    """Update fields of an object, save it, and emit an event with the fields' previous values."""
    before = copy.deepcopy(thing)
    thing.update(fields)
    books.put(thing)
    if kind is not None and before != thing:
        emit(books, kind, thing, before)
    return thing


def wants(endpoint: Thing, kind: str) -> bool:
    return "*" in endpoint["enabled_events"] or kind in endpoint["enabled_events"]


def changes(before: Thing, after: Thing) -> Thing:
    """Return previous_attributes: old values of what changed, nested objects by key, lists whole, new keys as null."""
    old: Thing = {}
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        both = isinstance(was, dict) and isinstance(now, dict)
        old[name] = changes(was, now) if both else was  # type: ignore[arg-type]
    return old


def listing(books: Books, params: Thing) -> Thing:
    """GET /v1/events of the last 30 days, with its filters type (with *), types, delivery_success and created."""
    where, values = ["json_extract(body, '$.created') >= ?"], [books.now - KEPT]
    if "type" in params and "types" in params:
        raise StripeError("You may only specify one of these parameters: type, types.")
    if len(params.get("types", [])) > 20:
        raise bad_value("types", "You can filter by up to 20 types.")
    kinds = params.get("types", [params["type"]] if "type" in params else [])
    if kinds:
        where.append("(" + " OR ".join("json_extract(body, '$.type') GLOB ?" for _ in kinds) + ")")
        values += [kind.replace("[", "").replace("?", "") for kind in kinds]
    if "delivery_success" in params:
        undone = (
            "EXISTS (SELECT 1 FROM deliveries WHERE deliveries.tenant = objects.tenant "
            "AND deliveries.event = objects.id AND deliveries.state != 'done')"
        )
        where.append(f"NOT {undone}" if params["delivery_success"] else undone)
    return books.listing("event", "/v1/events", params, " AND ".join(where), tuple(values))

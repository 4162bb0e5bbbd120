"""Control API `/_sandbox/`: health, fault injection, the test clock, events, deliveries. For tests and drills."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from .. import API_VERSION, agenda
from ..faults import KINDS, FaultError, Faults
from ..http.messages import Answer, Request, json_answer
from ..store import truths
from ..store.database import Store
from ..store.errors import StripeError
from ..webhooks.delivery import Courier
from . import dashboard

LONGEST_STEP = 20 * 366 * 86400


class ControlError(ValueError):
    """An invalid control call; the message says why."""


@dataclass(frozen=True)
class Control:
    """The control API, and what its calls work on."""

    store: Store
    faults: Faults
    courier: Courier

    def answer(self, tenant: str, path: str, request: Request) -> Answer:
        """Dispatch `/_sandbox/…` for the root tenant, `/t/NAME/_sandbox/…` for another."""
        name = path.removeprefix("/_sandbox/").rstrip("/")
        handler = HANDLERS.get((request.method, name))
        if request.method == "POST" and name in dashboard.WORK:
            handler = partial(_outside, name)
        if handler is None:
            known = sorted(f"{method} /_sandbox/{name}" for method, name in HANDLERS)
            known += sorted(f"POST /_sandbox/{name}" for name in dashboard.WORK)
            return json_answer(404, {"error": "no such control address", "known": known})
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        try:
            return json_answer(200, handler(self, tenant, query, request.body))
        except (ControlError, FaultError, StripeError) as error:
            return json_answer(400, {"error": str(error)})


def _body(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body or b"{}")
    except ValueError as error:
        raise ControlError("the body must be JSON") from error
    if not isinstance(asked, dict):
        raise ControlError("the body must be a JSON object")
    return asked


def _outside(name: str, on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    """Do something on the account that the site did not ask for (control/dashboard.py)."""
    asked = _body(body)
    with agenda.up_to_date(on.store, tenant) as books:
        try:
            thing = dashboard.do(books, name, asked)
        except ValueError as error:
            raise ControlError(str(error)) from error
    on.courier.wake()
    return thing


def _health(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    with agenda.up_to_date(on.store, tenant) as books:
        account = books.find("account")[0]["id"]
        return {
            "status": "ok",
            "api_version": API_VERSION,
            "tenant": tenant,
            "account": account,
            "now": books.now,
        }


def _faults(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    return {**on.faults.report(tenant), "kinds": KINDS}


def _order(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    try:
        on.faults.order(tenant, _body(body))
    except TypeError as error:
        raise ControlError(str(error)) from error
    on.courier.wake()
    return on.faults.report(tenant)


def _clear(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    on.faults.clear(tenant)
    on.courier.wake()
    return on.faults.report(tenant)


def _advance(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    text = query.get("seconds", "")
    if not (text.isascii() and text.isdigit() and int(text) <= LONGEST_STEP):
        raise ControlError(f"seconds must be a whole number from 0 to {LONGEST_STEP}: time does not run backwards")
    with agenda.up_to_date(on.store, tenant) as books:
        done = agenda.advance(books, int(text))
        now = books.now
    on.courier.wake()
    return {"now": now, "done": done}


def _objects(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    """List every object of a `kind`, oldest first; `skip`: but the first so many. No fault is in the way here."""
    skip = query.get("skip", "0")
    if not (skip.isascii() and skip.isdigit() and int(skip) < 10**9):
        raise ControlError("skip is a whole number from 0 on")
    with agenda.up_to_date(on.store, tenant) as books:
        return {"data": books.find(query.get("kind", ""), skip=int(skip))}


def _events(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    """List every event, oldest first, with the state of each delivery; `skip`: but the first so many."""
    events = _objects(on, tenant, {**query, "kind": "event"}, body)["data"]
    sql = "SELECT event, endpoint, state, attempts, answer FROM deliveries WHERE tenant = ? ORDER BY number"
    deliveries = [dict(row) for row in on.store.query(sql, (tenant,))]
    return {"data": events, "deliveries": deliveries}


def _copy(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    """Copy the objects of another tenant into this one, if it is empty."""
    with on.store.books(tenant) as books:
        return {"copied": books.copy(query.get("from", ""))}


def _truths(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    with on.store.books(tenant) as books:
        return {"truths": truths.now(books), "answers": truths.TRUTHS}


def _choose(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    """Set switches. The books stay blank if they were: see `copy`."""
    with on.store.books(tenant) as books:
        try:
            return {"truths": truths.choose(books, _body(body))}
        except ValueError as error:
            raise ControlError(str(error)) from error


def _deliver(on: Control, tenant: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
    order = query.get("order", "oldest")
    if order not in ("oldest", "newest", "shuffled"):
        raise ControlError("order is oldest, newest or shuffled")
    if "event" in query:
        return {"data": on.courier.resend(tenant, query["event"])}
    return {"data": on.courier.deliver(tenant, order)}


HANDLERS = {
    ("GET", "health"): _health,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _order,
    ("DELETE", "faults"): _clear,
    ("POST", "clock/advance"): _advance,
    ("GET", "events"): _events,
    ("GET", "objects"): _objects,
    ("POST", "deliver"): _deliver,
    ("POST", "copy"): _copy,
    ("GET", "truths"): _truths,
    ("POST", "truths"): _choose,
}

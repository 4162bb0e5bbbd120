"""Answers one request: which tenant and part (API, page, control), who asks, once or again, what goes wrong."""

import hashlib
import re
import threading
import time
from base64 import b64decode
from binascii import Error as BadBase64
from email.utils import formatdate
from typing import Any

from . import API_VERSION, agenda, control, imitated, limits, page, parameters, portal_page, routes
from .books import Books, Caller, Thing
from .deliver import Courier
from .errors import StripeError, server_error
from .expand import expand
from .faults import Fault, Faults
from .store import Store
from .wire import Answer, Request, decode_form, json_answer, request_id

TENANT = re.compile(r"/t/([A-Za-z0-9_.-]{1,80})(/.*)")
DAY = 86400
LOGS = "https://dashboard.stripe.com/test/logs"


class App:
    """Everything behind the socket."""

    def __init__(self, store: Store, faults: Faults, courier: Courier) -> None:
        self.store, self.faults, self.courier = store, faults, courier
        self._busy: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        match = TENANT.fullmatch(request.path)
        tenant, path = (match[1], match[2]) if match else ("", request.path)
        prefix = f"/t/{tenant}" if match else ""
        if path == "/favicon.ico":
            return Answer(204, b"", {"Cache-Control": "max-age=86400"})
        if path.startswith("/_sandbox/"):
            return control.answer(self, tenant, path, request)
        if path.startswith("/c/"):
            answer = page.answer(self.store, tenant, prefix, path, request)
        elif path.startswith("/p/"):
            answer = portal_page.answer(self.store, tenant, prefix, path, request)
        else:
            answer = self._api(request, tenant, prefix, path)
        self.courier.wake()
        return answer

    def _api(self, request: Request, tenant: str, prefix: str, path: str) -> Answer:
        name = request_id()
        headers = {"Request-Id": name, "Stripe-Version": API_VERSION, "Date": self._date(tenant)}
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            _check_caller(request)
            answer = self._once(request, tenant, prefix, path, Caller(name, key))
        except ConnectionAbortedError:
            return Answer(0, b"", cut=True)
        except StripeError as error:
            answer = json_answer(
                error.status, {"error": {**error.body, "request_log_url": f"{LOGS}/{name}"}}, error.headers
            )
        answer.headers = {**headers, **answer.headers}
        return answer

    def _date(self, tenant: str) -> str:
        """By the clock of these books: whoever set their own wrong learns the time from it."""
        rows = self.store.query("SELECT offset FROM tenants WHERE name = ?", (tenant,))
        return formatdate(time.time() + (rows[0]["offset"] if rows else 0), usegmt=True)

    def _once(self, request: Request, tenant: str, prefix: str, path: str, caller: Caller) -> Answer:
        """Hold the idempotency key while at work: a second call with it meanwhile is turned away."""
        if caller.key is None:
            return self._with_faults(request, tenant, prefix, path, caller)
        if not 1 <= len(caller.key) <= 255:
            raise StripeError("Idempotency keys have 1 to 255 characters.", kind="idempotency_error")
        mark = (tenant, caller.key)
        with self._lock:
            if mark in self._busy:
                raise _in_use()
            self._busy.add(mark)
        try:
            return self._with_faults(request, tenant, prefix, path, caller)
        finally:
            with self._lock:
                self._busy.discard(mark)

    def _with_faults(self, request: Request, tenant: str, prefix: str, path: str, caller: Caller) -> Answer:
        fault = self.faults.take(tenant, request.method, path)
        kind = fault.kind if fault else ""
        if fault:
            _before(fault)
        if fault and kind == "slow":
            self.faults.wait(tenant, fault.seconds)
        with agenda.up_to_date(self.store, tenant, caller) as books:
            stamp = _stamp(request, path)
            replay = _replay(books, caller.key, stamp)
            if replay:
                return replay
            if kind == "error_before":
                answer = json_answer(500, {"error": server_error().body})
                _remember(books, caller, stamp, answer)
                return answer
        with agenda.up_to_date(self.store, tenant, caller) as books:
            true_answer = self._kept_work(books, request, prefix, path)
            answer = json_answer(500, {"error": server_error().body}) if kind == "error_after" else true_answer
            _remember(books, caller, stamp, answer)
        if fault and kind == "timeout":
            self.faults.wait(tenant, fault.seconds or 30)
        if kind == "notice":
            answer.headers["Stripe-Notice"] = "This is a notice, on order."
        if kind == "malformed":
            answer.body = answer.body[: len(answer.body) // 2]
        answer.cut = kind in ("reset_after", "timeout")
        return answer

    def _kept_work(self, books: Books, request: Request, prefix: str, path: str) -> Answer:
        """The work, or its card error: that is an outcome, and what led to it stays."""
        try:
            return self._work(books, request, prefix, path)
        except StripeError as error:
            if not error.keep:
                raise
            return json_answer(error.status, {"error": error.body}, error.headers)

    def _work(self, books: Books, request: Request, prefix: str, path: str) -> Answer:
        route, ids = routes.find(request.method, path)
        try:
            text = request.body.decode() if request.method == "POST" else request.query
            given = decode_form(text)
        except (UnicodeDecodeError, ValueError) as error:
            raise StripeError("Invalid request: the parameters are not form-encoded UTF-8.") from error
        params = parameters.check(route.params, given)
        limits.check(route.path, params)
        imitated.check(f"{route.method} {route.path}", params)
        thing = route.answer(books, params, *ids)
        thing = expand(books, thing, params.get("expand", []))
        return json_answer(200, shown(thing, books.now, f"{request.base}{prefix}"))


def _check_caller(request: Request) -> None:
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            word = b64decode(word, validate=True).decode().partition(":")[0]
        except (BadBase64, UnicodeDecodeError):
            word = ""
    if not word:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise StripeError(message, status=401)
    if word.startswith(("sk_live_", "rk_live_")):
        raise StripeError(
            "This is an offline sandbox: it refuses live keys. Take this key out of its settings now.",
            status=401,
        )
    if not word.startswith(("sk_test_", "rk_test_")) or len(word) < 12:
        raise StripeError(f"Invalid API Key provided: {word[:8]}****", status=401)
    version = request.headers.get("stripe-version")
    if version != API_VERSION:
        said = f"got {version!r}" if version else "got no Stripe-Version header"
        raise StripeError(f"Invalid Stripe API version: this sandbox speaks {API_VERSION} only, {said}.")
    if "stripe-account" in request.headers:
        raise StripeError("This offline sandbox has no connected accounts.", status=403)


def _in_use() -> StripeError:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        "submitted twice, and the other request is still going through). Please try again later."
    )
    return StripeError(message, status=409, kind="idempotency_error", code="idempotency_key_in_use")


def _before(fault: Fault) -> None:
    """What goes wrong before any work is done."""
    if fault.kind == "unavailable":
        raise server_error(503)
    if fault.kind == "conflict":
        raise _in_use()
    if fault.kind == "rate_limit":
        reason = {"Stripe-Rate-Limited-Reason": "endpoint-rate"}
        raise StripeError("Request rate limit exceeded.", status=429, code="rate_limit", headers=reason)
    if fault.kind == "lock_timeout":
        message = "This object cannot be accessed right now because another API request or Stripe process is using it."
        raise StripeError(message, status=429, code="lock_timeout")
    if fault.kind == "forbidden":
        message = "The provided key 'rk_test_*********' does not have the required permissions for this endpoint."
        raise StripeError(message, status=403, code="more_permissions_required")
    if fault.kind == "reset_before":
        raise ConnectionAbortedError


def _stamp(request: Request, path: str) -> str:
    return hashlib.sha256(b"\0".join([request.method.encode(), path.encode(), request.body])).hexdigest()


def _replay(books: Books, key: str | None, stamp: str) -> Answer | None:
    """The answer kept under this key, for 24 hours of the tenant's clock."""
    if key is None:
        return None
    values = (books.tenant, key)
    row = books.db.execute("SELECT * FROM keys WHERE tenant = ? AND key = ?", values).fetchone()
    if row is None:
        return None
    if row["at"] + DAY <= books.now:
        books.db.execute("DELETE FROM keys WHERE tenant = ? AND key = ?", values)
        return None
    if row["fingerprint"] != stamp:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise StripeError(message, kind="idempotency_error")
    headers = {
        "Content-Type": "application/json",
        "Idempotent-Replayed": "true",
        "Original-Request": row["request"],
    }
    return Answer(row["status"], row["body"], headers)


def _remember(books: Books, caller: Caller, stamp: str, answer: Answer) -> None:
    if caller.key is not None:
        books.db.execute(
            "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            (books.tenant, caller.key, stamp, answer.status, answer.body, caller.request, books.now),
        )


def shown(thing: Any, now: int, base: str) -> Any:
    """An object as it is seen now: open sessions get this server's address, settled money becomes available."""
    if isinstance(thing, list):
        return [shown(item, now, base) for item in thing]
    if not isinstance(thing, dict):
        return thing
    made: Thing = {name: shown(value, now, base) for name, value in thing.items()}
    if made.get("object") == "checkout.session" and made.get("status") == "open":
        made["url"] = f"{base}/c/pay/{made['id']}"
    if made.get("object") == "billing_portal.session":
        made["url"] = f"{base}/p/session/{made['id']}"
    if made.get("object") == "balance_transaction" and made["available_on"] <= now:
        made["status"] = "available"
    return made

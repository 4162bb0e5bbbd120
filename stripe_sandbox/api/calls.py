"""API request handling: authentication, idempotent replay, fault injection, routing."""

from base64 import b64decode
from binascii import Error as BadBase64
from email.utils import formatdate
from typing import Any

from .. import API_VERSION, agenda
from ..faults import Fault, Faults
from ..http.messages import Answer, Request, json_answer, request_id
from ..store.books import Books, Caller, Thing
from ..store.database import Store
from ..store.errors import StripeError, server_error
from . import idempotency, parameters, routes, supported_params, text_limits
from .expand import expand
from .forms import decode_form

LOGS = "https://dashboard.stripe.com/test/logs"


class Api:
    """The API: `/v1/…`, and a 404 for any other path."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store, self._faults = store, faults
        self._keys = idempotency.KeysInUse()

    def answer(self, request: Request, tenant: str, prefix: str, path: str) -> Answer:
        name = request_id()
        headers = {"Request-Id": name, "Stripe-Version": API_VERSION, "Date": self._date(tenant)}
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            _check_caller(request)
            with self._keys.hold(tenant, key):
                answer = self._with_faults(request, tenant, prefix, path, Caller(name, key))
        except ConnectionAbortedError:
            return Answer(0, b"", cut=True)
        except StripeError as error:
            answer = json_answer(
                error.status, {"error": {**error.body, "request_log_url": f"{LOGS}/{name}"}}, error.headers
            )
        answer.headers = {**headers, **answer.headers}
        return answer

    def _date(self, tenant: str) -> str:
        """`Date` header by the tenant's test clock: a client with clock skew learns the time from it."""
        rows = self._store.query("SELECT offset FROM tenants WHERE name = ?", (tenant,))
        return formatdate(self._store.clock() + (rows[0]["offset"] if rows else 0), usegmt=True)

    def _with_faults(self, request: Request, tenant: str, prefix: str, path: str, caller: Caller) -> Answer:
        fault = self._faults.next_fault(tenant, request.method, path)
        kind = fault.kind if fault else ""
        if fault:
            _before(fault)
        if fault and kind == "slow":
            self._faults.wait(tenant, fault.seconds)
        with agenda.up_to_date(self._store, tenant, caller) as books:
            stamp = idempotency.stamp(request, path)
            replay = idempotency.replay(books, caller.key, stamp)
            if replay:
                return replay
            if kind == "error_before":
                answer = json_answer(500, {"error": server_error().body})
                idempotency.remember(books, caller, stamp, answer)
                return answer
        with agenda.up_to_date(self._store, tenant, caller) as books:
            true_answer = self._kept_work(books, request, prefix, path)
            answer = json_answer(500, {"error": server_error().body}) if kind == "error_after" else true_answer
            idempotency.remember(books, caller, stamp, answer)
        if fault and kind == "timeout":
            self._faults.wait(tenant, fault.seconds or 30)
        if kind == "notice":
            answer.headers["Stripe-Notice"] = "This is a notice, on order."
        if kind == "malformed":
            answer.body = answer.body[: len(answer.body) // 2]
        answer.cut = kind in ("reset_after", "timeout")
        return answer

    def _kept_work(self, books: Books, request: Request, prefix: str, path: str) -> Answer:
        """Run the request; a card error becomes a response: that is an outcome, and what led to it stays committed."""
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
        text_limits.check(route.path, params)
        supported_params.check(f"{route.method} {route.path}", params)
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


def _before(fault: Fault) -> None:
    """Raise the faults that come before any work is done."""
    if fault.kind == "unavailable":
        raise server_error(503)
    if fault.kind == "conflict":
        raise idempotency.in_use()
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


def shown(thing: Any, now: int, base: str) -> Any:
    """An object as it is seen now: open sessions get this server's URL, balance transactions become available."""
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

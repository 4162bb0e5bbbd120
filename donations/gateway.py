"""The only file that knows Stripe's library: how we call it, within a time budget, with our own errors.

Here stand the calls of giving; `asking` reads what happened afterwards, `telling` changes monthly gifts.
"""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings
from requests.structures import CaseInsensitiveDict
from stripe import RequestsClient, StripeClient, WebhookSignature

from donations import ahead, facts, gate, orders, pace
from donations.stripe_errors import (  # others name them by this module
    PAUSE,
    FullError,
    KeyRefusedError,
    NobodysError,
    NoPermissionError,
    NotFoundError,
    StripeIsBusyError,
    StripeIsDownError,
    StripeRefusedError,
    TooOftenError,
)
from foundation.organisation import home, mode

BUDGET = 10.0  # seconds for one call with all its retries: a donor waits for it
CONNECT = 3.0
TOLERANCE = 300  # seconds that a webhook's timestamp may differ from our clock, both ways
KEY_TAKEN = "idempotency_error"  # the code of ours for it: the same key came with other parameters
PATIENCE = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between tries of one page, with jitter

__all__ = ["FullError", "TooOftenError"]
# The library would otherwise send how long calls took, and write an id of this machine into the home folder.
stripe.enable_telemetry = False


class ForgedError(Exception):
    """A webhook that is not from Stripe, or that cannot be read. Answer 400 and say nothing more."""


class LateError(ForgedError):
    """One that Stripe signed at another time: somebody sends it again, or our clock is wrong."""


class InTime(RequestsClient):
    """Stripe's own HTTP client, behind our gate, with one budget for a call and its retries together."""

    _call = threading.local()

    @property
    def _timeout(self) -> tuple[float, float]:
        left = max(self._call.ends - time.monotonic(), 0.5)
        return min(CONNECT, left), left

    @_timeout.setter
    def _timeout(self, value: Any) -> None:
        """The parent's constructor sets a fixed one; ours is what is left of the budget."""

    def request_with_retries(self, *args: Any, **kwargs: Any) -> Any:
        with gate.place():
            self._call.ends = time.monotonic() + pace.budget(BUDGET)
            return super().request_with_retries(*args, **kwargs)

    def _should_retry(self, *args: Any, **kwargs: Any) -> bool:
        return self._call.ends - time.monotonic() > CONNECT and super()._should_retry(*args, **kwargs)


@lru_cache(maxsize=4)
def _client_for(key: str, base: str, version: str) -> StripeClient:
    return StripeClient(
        key,
        stripe_version=version,
        base_addresses={"api": base},
        max_network_retries=2,  # the client's own default is none
        http_client=InTime(),
    )


def v1() -> Any:
    """Stripe's own client; its calls go through `ask`, `get` and `each`."""
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_API_VERSION).v1


@contextmanager
def _translated() -> Iterator[None]:
    """Stripe's errors as ours."""
    try:
        home.check_claimed()
        yield
    except home.NotAtHomeError as error:
        raise NobodysError(str(error)) from error
    except stripe.RateLimitError as error:
        raise StripeIsBusyError("Stripe asks us to wait (429).", PAUSE["busy"]) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        kind = NoPermissionError if isinstance(error, stripe.PermissionError) else KeyRefusedError
        raise kind(f"Stripe does not accept our key: {error.user_message}") from error
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        code, param = error.code or "", getattr(error, "param", None) or ""
        if isinstance(error, stripe.IdempotencyError):
            code = KEY_TAKEN
        no = NotFoundError if error.http_status == 404 or code == "resource_missing" else StripeRefusedError
        raise no(error.user_message or "Stripe refused.", code, param, _date(error.headers)) from error
    except (stripe.StripeError, ValueError) as error:
        raise StripeIsDownError(f"No answer from Stripe: {type(error).__name__}.") from error


def _date(answered: Mapping[str, str] | None) -> datetime | None:
    """Stripe's clock when it answered."""
    headers = CaseInsensitiveDict(answered or {})
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(headers["Date"]) if "Date" in headers else None
    return None


def clock() -> datetime | None:
    """Stripe's clock now. Raises StripeIsDownError."""
    with _translated():
        answer = v1().accounts.retrieve_current()
    return _date(answer.last_response.headers if answer.last_response else None)


def ask(call: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """One call, with its answer as a plain dict."""
    pace.step()
    with _translated():
        answer = call(*args)
    if not isinstance(answer, stripe.StripeObject):
        raise StripeIsDownError("Stripe's answer is no object.")
    return dict(answer.to_dict())


def get(call: Callable[..., Any], ident: str, expand: list[str] | None = None) -> dict[str, Any]:
    """Retrieve one object. An empty id would make the library ask for a whole list, so it is refused here."""
    if not ident:
        raise NotFoundError("An empty id names nothing.")
    listed = ahead.known(ident)
    return dict(listed) if listed else ask(call, ident, {"expand": expand} if expand else None)


def each(call: Callable[..., Any], params: dict[str, Any], patient: bool = True) -> Iterator[dict[str, Any]]:
    """Every object of a list, newest first, page after page of a hundred. Not `patient`: somebody waits for a page."""
    more, asked = True, _patiently if patient else ask
    while more:
        page = asked(call, {"limit": 100, **params})
        yield from page["data"]
        more = bool(page["has_more"] and page["data"])
        params = {**params, "starting_after": page["data"][-1]["id"]} if more else params


def _patiently(call: Callable[..., Any], params: dict[str, Any]) -> dict[str, Any]:
    """A page of a list. When Stripe asks us to wait, wait and ask again: a long run does not begin anew for that."""
    for wait in PATIENCE:
        try:
            return ask(call, params)
        except StripeIsBusyError:
            time.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - no secret
    return ask(call, params)


def is_live() -> bool:
    """Whether our key moves real money. What Stripe sends must say the same."""
    return not mode.no_money_moves()


def account() -> str:
    """The account that our key belongs to, "acct_…", with "/test" behind it when no money moves.

    Asked once for each key and process. Raises StripeIsDownError.
    """
    return _account_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _account_for(key: str, base: str) -> str:
    return f"{ask(v1().accounts.retrieve_current)['id']}{'' if is_live() else '/test'}"


def create_checkout(order: orders.CheckoutOrder) -> facts.CheckoutPage:
    """Ask for a payment page. No money has moved when this returns.

    The idempotency key is "reference:attempt": the same order asked twice gives the same page. Raises
    StripeRefusedError (an address or a sum it does not take) and StripeIsDownError (ask find_checkout what the
    call made before a further attempt).
    """
    key = {"idempotency_key": f"{order.reference}:{order.attempt}"}  # in the params it would be sent as a field
    return facts.checkout_page(ask(v1().checkout.sessions.create, orders.params(order), key))


def find_checkout(reference: str, attempt: int, since: datetime) -> facts.CheckoutPage | None:
    """What an earlier call made whose answer was lost, among the pages made since a moment."""
    created = {"gte": int((since - timedelta(minutes=5)).timestamp())}
    for raw in each(v1().checkout.sessions.list, {"created": created}, patient=False):
        if raw["client_reference_id"] == reference and raw["metadata"].get("attempt") == str(attempt):
            return facts.checkout_page(raw)
    return None


def checkout_page(ident: str) -> facts.CheckoutPage:
    """A payment page as it is now. Raises NotFoundError, StripeIsDownError."""
    return facts.checkout_page(get(v1().checkout.sessions.retrieve, ident))


def expire_checkout(ident: str) -> None:
    """Close an open payment page, so that nobody pays on it any more. Raises StripeRefusedError if not open."""
    if not ident:
        raise NotFoundError("An empty id names nothing.")
    ask(v1().checkout.sessions.expire, ident)


def payment_intent(ident: str) -> facts.PaymentIntent:
    """With its last charge and what that did to the balance."""
    expand = ["latest_charge.balance_transaction", "latest_charge.failure_balance_transaction"]
    return facts.payment_intent(get(v1().payment_intents.retrieve, ident, expand))


def charge(ident: str) -> facts.Charge:
    return facts.charge(get(v1().charges.retrieve, ident, ["balance_transaction", "failure_balance_transaction"]))


def invoice(ident: str) -> facts.Invoice:
    return facts.invoice(get(v1().invoices.retrieve, ident))


def invoice_of_intent(ident: str) -> str:
    """The invoice that a payment intent pays; empty for a gift that is not monthly. Neither names the other."""
    if listed := ahead.invoice_of(ident):
        return listed
    wanted = {"payment": {"type": "payment_intent", "payment_intent": ident}, "limit": 1}
    rows = ask(v1().invoice_payments.list, wanted)["data"]
    return facts.ident(rows[0]["invoice"]) if rows and ident else ""


def intents_of_invoice(ident: str) -> list[str]:
    """The payment intents that paid an invoice, usually one."""
    if not ident:
        raise NotFoundError("An empty id names nothing.")
    rows = ask(v1().invoice_payments.list, {"invoice": ident, "status": "paid", "limit": 100})["data"]
    found = [facts.ident((row.get("payment") or {}).get("payment_intent")) for row in rows]
    return [intent for intent in found if intent]


def subscription(ident: str) -> facts.Subscription:
    """Ended ones are found too."""
    return facts.subscription(get(v1().subscriptions.retrieve, ident))


def check_signature(body: bytes, header: str) -> None:
    """Return when the signature by any of our secrets holds and its time is ours, +-300 s. Raises ForgedError."""
    signed = False
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        if _signs(secret, body, header, TOLERANCE):
            stamp = re.search(r"(?:^|,)t=(\d{1,12})(?:,|$)", header, re.ASCII)
            if stamp and int(stamp[1]) <= time.time() + TOLERANCE:  # the library takes any time in the future
                return
        signed = signed or _signs(secret, body, header, None)
    raise LateError("time") if signed else ForgedError("signature")


def _signs(secret: str, body: bytes, header: str, tolerance: int | None) -> bool:
    """The library itself lets three more kinds of exception escape to whoever sends rubbish."""
    try:
        WebhookSignature.verify_header(body, header, secret, tolerance)
    except stripe.SignatureVerificationError:
        return False
    except (ValueError, TypeError, AttributeError) as error:
        raise ForgedError(type(error).__name__) from error
    return True


def version() -> str:
    """The API version that we fetch with."""
    return str(settings.STRIPE_API_VERSION)

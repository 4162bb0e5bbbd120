"""Stripe API client: its library with our key, within a deadline, and its errors as ours.

Only this folder imports it. `reads` fetches objects, `writes` changes things there.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings
from requests.structures import CaseInsensitiveDict
from stripe import RequestsClient, StripeClient

from donations.stripe import concurrency, prefetch, throttle
from donations.stripe.errors import (
    KEY_TAKEN,
    PAUSE,
    KeyRefusedError,
    NobodysError,
    NoPermissionError,
    NotFoundError,
    StripeIsBusyError,
    StripeIsDownError,
    StripeRefusedError,
)
from foundation.access import computing
from foundation.organisation import clone_guard, mode

PAGE = 100  # objects of a list at once; Stripe gives no more
BUDGET = 10.0  # deadline in seconds for one call with all its retries: a donor waits for it
CONNECT = 3.0
PATIENCE = (1.0, 2.0, 4.0, 8.0, 16.0)  # back-off: seconds between tries of one page of a list, with jitter

# The library would otherwise send how long calls took, and write an id of this machine into the home folder.
stripe.enable_telemetry = False


class InTime(RequestsClient):
    """Stripe's own HTTP client, behind our concurrency limit, with one deadline for a call and its retries together."""

    _call = threading.local()

    @property
    def _timeout(self) -> tuple[float, float]:
        left = max(self._call.ends - time.monotonic(), 0.5)
        return min(CONNECT, left), left

    @_timeout.setter
    def _timeout(self, value: Any) -> None:
        """The parent's constructor sets a fixed one; ours is what is left of the budget."""

    def request_with_retries(self, *args: Any, **kwargs: Any) -> Any:
        with concurrency.slot(), computing.others_turn():
            self._call.ends = time.monotonic() + throttle.budget(BUDGET)
            return super().request_with_retries(*args, **kwargs)

    def _should_retry(self, *args: Any, **kwargs: Any) -> bool:
        again: bool = self._call.ends - time.monotonic() > CONNECT and super()._should_retry(*args, **kwargs)
        return again


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
    """Return Stripe's own client; its calls go through `request`, `get` and `each`."""
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_API_VERSION).v1


@contextmanager
def _translated() -> Iterator[None]:
    """Context manager: translate Stripe's errors into ours."""
    try:
        clone_guard.check_claimed()
        yield
    except clone_guard.WrongSiteError as error:
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
    """Stripe's clock (UTC) when it answered."""
    headers = CaseInsensitiveDict(answered or {})
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(headers["Date"]) if "Date" in headers else None
    return None


def clock() -> datetime | None:
    """Fetch Stripe's clock now (UTC), to find our clock skew. Raises StripeIsDownError."""
    with _translated():
        answer = v1().accounts.retrieve_current()
    return _date(answer.last_response.headers if answer.last_response else None)


def request(call: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """Make one API call, and return its answer as a plain dict."""
    throttle.wait()
    with _translated():
        answer = call(*args)
    if not isinstance(answer, stripe.StripeObject):
        raise StripeIsDownError("Stripe's answer is no object.")
    return dict(answer.to_dict())


def get(call: Callable[..., Any], ident: str, expand: list[str] | None = None) -> dict[str, Any]:
    """Retrieve one object, if it is not prefetched. Raises NotFoundError, and what `request` raises."""
    listed = prefetch.known(named(ident))
    return dict(listed) if listed else request(call, ident, {"expand": expand} if expand else None)


def named(ident: str) -> str:
    """Return the id as it is. An empty one would make the library ask for a whole list: NotFoundError."""
    if not ident:
        raise NotFoundError("An empty id names nothing.")
    return ident


def each(call: Callable[..., Any], params: dict[str, Any], patient: bool = True) -> Iterator[dict[str, Any]]:
    """Iterate over a list, newest first, with pagination by a hundred. Not `patient`: somebody waits, so no retry."""
    more, asked = True, _patiently if patient else request
    while more:
        page = asked(call, {"limit": PAGE, **params})
        yield from page["data"]
        more = bool(page["has_more"] and page["data"])
        params = {**params, "starting_after": page["data"][-1]["id"]} if more else params


def _patiently(call: Callable[..., Any], params: dict[str, Any]) -> dict[str, Any]:
    """Fetch a page of a list, with back-off. On 429 wait and retry: a long run does not begin anew for that."""
    for wait in PATIENCE:
        try:
            return request(call, params)
        except StripeIsBusyError:
            time.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - no secret
    return request(call, params)


def is_live() -> bool:
    """Whether our key moves real money. What Stripe sends must say the same."""
    return not mode.no_money_moves()


def account() -> str:
    """Return the account that our key belongs to, "acct_…", with "/test" behind it when no money moves.

    Cached for each key and process. Raises StripeIsDownError.
    """
    return _account_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _account_for(key: str, base: str) -> str:
    return f"{request(v1().accounts.retrieve_current)['id']}{'' if is_live() else '/test'}"


def version() -> str:
    """Return the API version that we fetch with."""
    return str(settings.STRIPE_API_VERSION)

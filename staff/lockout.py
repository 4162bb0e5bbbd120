"""Rate limits of sign-in: token buckets in the database, that strangers cannot use to lock a colleague out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from foundation.access import client_ip, ratelimit
from staff import browsers

# Each: (action, capacity in tries, seconds in which it refills).
PLACE = ("sign-in:place", 30, 900)  # all accounts together, from one address
HERE = ("sign-in:here", 5, 1800)  # one account, from one address
ANYWHERE = ("sign-in:anywhere", 100, 3600)  # one account, from everywhere: a crowd of addresses learns no more
BROWSER = ("sign-in:browser", 20, 600)  # one account, in a browser that it signed in with before
CODES, CODES_BROWSER = ("second-factor", 10, 900), ("second-factor:browser", 20, 600)


def may_try(request: HttpRequest, account: str) -> bool:
    """Take one token for a password try. `account` is the e-mail address that was typed, whether it is known or not.

    A browser in which this account signed in before has a bucket of its own: what others do uses none of it up. A
    passkey is not limited here at all, because it cannot be guessed.
    """
    return all(ratelimit.allow(action, who, *size) for (action, *size), who in _tries(request, account))


def went_well(request: HttpRequest, account: str) -> None:
    """Give the token back after sign-in: the password was right."""
    for (action, capacity, _seconds), who in _tries(request, account):
        ratelimit.give_back(action, who, capacity)


def may_guess(request: HttpRequest, user: Any) -> bool:
    """Take one token for a code of the second factor, which only a session that showed the password reaches."""
    browser = browsers.known(request, user.email)
    (action, *size), who = (CODES_BROWSER, f"{browser} {user.pk}") if browser else (CODES, str(user.pk))
    return ratelimit.allow(action, who, *size)


def locked(request: HttpRequest) -> HttpResponse:
    """Return 429 and Retry-After, whether or not such an account exists. A passkey and a mailed link still lead in."""
    _action, tries, seconds = HERE
    wait = seconds // tries  # seconds until the next try
    return ratelimit.too_often(render(request, "account/locked.html", {"minutes": wait // 60}), wait)


def _tries(request: HttpRequest, account: str) -> list[tuple[tuple[str, int, int], str]]:
    account = browsers.spelled(account)
    if browser := browsers.known(request, account):
        return [(BROWSER, f"{browser} {account}")]
    place = client_ip.block(client_ip.of(request))
    return [(PLACE, place), (HERE, f"{place} {account}"), (ANYWHERE, account)]

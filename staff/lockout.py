"""How often somebody may try to sign in: one limiter in the database, that strangers cannot turn on a colleague."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from foundation.doors import address, limits
from staff import browsers

# Each: so many tries at once, refilled over so many seconds.
PLACE = ("sign-in:place", 30, 900)  # all accounts together, from one address
HERE = ("sign-in:here", 5, 1800)  # one account, from one address
ANYWHERE = ("sign-in:anywhere", 100, 3600)  # one account, from everywhere: a crowd of addresses learns no more
BROWSER = ("sign-in:browser", 20, 600)  # one account, in a browser that it signed in with before
CODES, CODES_BROWSER = ("second-factor", 10, 900), ("second-factor:browser", 20, 600)


def may_try(request: HttpRequest, account: str) -> bool:
    """Take one try for a password. `account` is the e-mail address that was typed, whether it is known or not.

    A browser in which this account signed in before has tries of its own: what others do uses none of them up. A
    passkey is not asked about here at all, because it cannot be guessed.
    """
    return all(limits.allow(action, who, *size) for (action, *size), who in _tries(request, account))


def went_well(request: HttpRequest, account: str) -> None:
    """Give the try back: the password was right."""
    for (action, capacity, _seconds), who in _tries(request, account):
        limits.give_back(action, who, capacity)


def may_guess(request: HttpRequest, user: Any) -> bool:
    """Take one try for a code of the second factor, which only a session that showed the password reaches."""
    browser = browsers.known(request, user.email)
    (action, *size), who = (CODES_BROWSER, f"{browser} {user.pk}") if browser else (CODES, str(user.pk))
    return limits.allow(action, who, *size)


def locked(request: HttpRequest) -> HttpResponse:
    """Too often: 429, whether or not such an account exists. A passkey and a link by mail still lead in."""
    _action, tries, seconds = HERE
    wait = seconds // tries  # until the next try
    return limits.too_often(render(request, "account/locked.html", {"minutes": wait // 60}), wait)


def _tries(request: HttpRequest, account: str) -> list[tuple[tuple[str, int, int], str]]:
    account = browsers.spelled(account)
    if browser := browsers.known(request, account):
        return [(BROWSER, f"{browser} {account}")]
    place = address.block(address.of(request))
    return [(PLACE, place), (HERE, f"{place} {account}"), (ANYWHERE, account)]

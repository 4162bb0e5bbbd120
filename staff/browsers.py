"""Trusted devices: browsers with an earlier sign-in, by a signed cookie: nobody else's failures lock them out."""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE = "__Secure-known" if settings.HTTPS else "known"
PATH = "/accounts/"  # path of the cookie: the sign-in pages and nowhere else
SALT = "staff.browsers"
KEPT = 180 * 86400  # seconds: the cookie's lifetime, renewed with each sign-in
MOST = 5  # accounts of one browser; the oldest is dropped


def known(request: HttpRequest, account: str) -> str:
    """Return the id of this browser, if the account with this e-mail address signed in with it before, or ""."""
    name, accounts = _read(request)
    return name if _mark(account) in accounts else ""


def remember(request: HttpRequest, answer: HttpResponseBase, account: str) -> None:
    """Set the cookie that marks this browser as known for the account, after a sign-in. It opens nothing by itself."""
    name, accounts = _read(request)
    mark = _mark(account)
    kept = [*(each for each in accounts if each != mark), mark][-MOST:]
    answer.set_cookie(
        COOKIE,
        signing.dumps([name or secrets.token_urlsafe(16), kept], salt=SALT),
        max_age=KEPT,
        path=PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        name, accounts = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return "", []
    return name, accounts


def _mark(account: str) -> str:
    """A hash of the account: the cookie names nobody."""
    return salted_hmac(SALT, spelled(account), algorithm="sha256").hexdigest()[:24]


def spelled(account: str) -> str:
    """Normalise an e-mail address, also where the database takes a dotless i or a long s for i and s."""
    return account.strip().upper().lower()[:254]

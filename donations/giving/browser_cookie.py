"""Signed cookie of the browser that made a gift: it alone sees what became of the gift, in each of its tabs."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from donations.giving.gifts import new_attempt
from donations.models import Gift
from foundation.access import path_cookies

NAME = "gift"
SALT = "donations.browser_cookie"
LIFE = 2 * 24 * 3600  # seconds: a bank debit may be confirmed the next day
MOST = 5


def attempt(request: HttpRequest) -> str:
    """Return the id of the form that this browser fills (part of the gift's idempotency key): the same in each tab
    until a gift was given with it, or failed, so that two tabs sent at the same instant are one gift. A new one for a
    new browser.
    """
    kept = str(_read(request).get("form", ""))
    return kept if kept and not _is_over(kept) else new_attempt()


def hold(response: HttpResponse, request: HttpRequest, attempt: str) -> None:
    """Store the form's id in the cookie, so that the next tab of this browser fills the same form."""
    if attempt != _read(request).get("form"):
        _write(response, request, form=attempt)


def remember(response: HttpResponse, request: HttpRequest, gift: Gift, link: str = "") -> None:
    """Store the gift's reference in the cookie, what the link to its form had asked for, and its currency unless that
    was its campaign's.
    """
    known = [reference for reference in references(request) if reference != gift.reference]
    chosen = {} if gift.campaign_id else {"currency": gift.currency}
    _write(response, request, form=gift.attempt, gifts=[gift.reference, *known][:MOST], link=link, **chosen)


def choose(response: HttpResponse, request: HttpRequest, currency: str) -> None:
    """Store the code of the currency that somebody chose in this browser: the form opens in it."""
    _write(response, request, currency=currency)


def currency(request: HttpRequest) -> str:
    """Return the code of the currency that this browser chose last; empty where it chose none."""
    return str(_read(request).get("currency", ""))


def _write(response: HttpResponse, request: HttpRequest, **parts: Any) -> None:
    """Set the cookie, with what it holds already: signed, HttpOnly, sent back on giving pages only, whatever their
    language.
    """
    path_cookies.write(
        response,
        NAME,
        "donations:give",
        signing.dumps({**_read(request), **parts}, salt=SALT),
        max_age=LIFE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def link(request: HttpRequest, gift: Gift) -> str | None:
    """Return what the link asked for whose form this gift was begun with; None where only the server knows the gift."""
    return str(_read(request).get("link", "")) if references(request)[:1] == [gift.reference] else None


def references(request: HttpRequest) -> list[str]:
    """Return the references of the gifts that this browser began, newest first."""
    return [str(reference) for reference in _read(request).get("gifts", [])]


def _read(request: HttpRequest) -> dict[str, Any]:
    """Read the cookie; empty where it is missing, forged, or of an earlier version."""
    try:
        found: Any = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def given(request: HttpRequest) -> Gift | None:
    """Return the newest gift that this browser gave in the last day and whose money came or is on its way."""
    since = timezone.now() - timedelta(days=1)
    there = [Gift.Status.PAID, Gift.Status.PENDING, Gift.Status.WAITING]
    came = Gift.objects.filter(status__in=there, created_at__gt=since)
    return came.filter(reference__in=references(request)).first()


def begun(request: HttpRequest) -> Gift | None:
    """Return the newest unfinished gift of this browser, for which our books have no money yet: the one we redirected
    to Stripe, or one that its form began though our response never arrived. Of several that one form began, its
    current one. None where that form gave since, with another sum: to go on with that would be a second gift.
    """
    mine = Q(reference__in=references(request)[:1])
    if form := str(_read(request).get("form", "")):
        mine |= Q(attempt=form)
    tried = Gift.objects.resumable().filter(mine).order_by("-current", "-id").first()
    return None if tried is None or _is_over(tried.attempt) else tried


def _is_over(attempt: str) -> bool:
    """Whether a gift of that form was given, or its bank did not send it, as far as our books know."""
    return Gift.objects.filter(attempt=attempt).exclude(pk__in=Gift.objects.resumable()).exists()

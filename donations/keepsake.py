"""The cookie that lets the browser a gift came from, and no other, see what became of it."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from donations.models import Gift

NAME = "gift"
SALT = "donations.keepsake"
LIFE = 2 * 24 * 3600  # seconds: a bank debit may be confirmed the next day
MOST = 5
PATH = "/give/"


def remember(response: HttpResponse, request: HttpRequest, gift: Gift) -> None:
    """Note the gift's reference in this browser: signed, out of reach of scripts, sent back on giving pages only."""
    known = [reference for reference in references(request) if reference != gift.reference]
    response.set_cookie(
        NAME,
        signing.dumps([gift.reference, *known][:MOST], salt=SALT),
        max_age=LIFE,
        path=PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def references(request: HttpRequest) -> list[str]:
    """The gifts that this browser began, newest first."""
    try:
        found: Any = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return []
    return [reference for reference in found if isinstance(reference, str)] if isinstance(found, list) else []

"""What axes asks us: who is trying to sign in, and what to answer when it was too often."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def who(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The address that was typed, in one spelling."""
    given = credentials or {}
    typed = given.get("email") or given.get("username") or request.POST.get("login")
    return str(typed).strip().lower()[:254] if typed else None


def locked(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """Locked for a while: 429, whether or not such an account exists."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    answer = render(request, "account/locked.html", {"minutes": minutes}, status=429)
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer

"""A form that came without its cookie, as from a tab that a phone restored: kept, and asked for one more press."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_CSRF_TOKEN_MISSING, REASON_NO_CSRF_COOKIE, get_token
from django.shortcuts import render
from django.urls import Resolver404, resolve

# Forms that act for nobody: who sends one has no more right than a stranger. Their addresses, by name.
OPEN_TO_ALL = {"donations:give", "donations:campaign", "pledges:pledge", "supporters:subscribe", "supporters:my"}
WITHOUT_COOKIE = (REASON_NO_CSRF_COOKIE, REASON_CSRF_TOKEN_MISSING, "CSRF token from POST incorrect.")
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


def ask(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for a refused form. Where it came from our own page, as the browser vouches by `Origin`, it is held
    on the answer with a new token; what came from elsewhere, or acts for somebody, gets a plain no.
    """
    context: dict[str, Any] = {"path": request.get_full_path(), "typed": [], "token": ""}
    if reason in WITHOUT_COOKIE and "Origin" in request.headers and _is_open_to_all(request):
        posted = request.POST.lists()
        context["typed"] = [(name, value) for name, values in posted if name != TOKEN for value in values]
        context["token"] = get_token(request)
    answer = render(request, "403_csrf.html", context, status=403)
    answer["Cache-Control"] = "no-store"
    return answer


def _is_open_to_all(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).view_name in OPEN_TO_ALL
    except Resolver404:
        return False

"""CSRF failure page: a form without its cookie, as from a tab that a phone restored, is kept for one more press."""

from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import Resolver404, resolve

from config.security import PANEL_PATH
from staff import form_replay

# Forms that act for nobody: their sender has no more rights than a stranger. View names.
GIFTS = {"donations:give", "donations:campaign"}
OF_PAGES = "wagtail_serve"  # of the pages that editors make, only the contact page takes a form
OPEN_TO_ALL = {*GIFTS, "pledges:pledge", "supporters:subscribe", "supporters:my", OF_PAGES}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the 403 page for a failed CSRF check (CSRF_FAILURE_VIEW). A form from our own page, as the browser vouches
    by `Origin`, is kept on the page with a new token; what came from elsewhere, or acts for a person who is signed in,
    is refused plainly.
    """
    name = _name(request)
    context: dict[str, Any] = {"path": request.get_full_path(), "typed": [], "token": ""}
    # The panel's own gate stands in front of it: a person who comes there after a form has signed in.
    if form_replay.is_worth_it(request) and (request.path_info.startswith(PANEL_PATH) or name in OPEN_TO_ALL):
        context |= {"typed": form_replay.typed(request), "token": get_token(request)}
    answer = render(request, "403_csrf.html", context, status=403)
    answer["Cache-Control"] = "no-store"
    if name in GIFTS:  # as on the giving page itself: Chromium looks at where the form ends
        to_stripe = csp_update({"form-action": settings.STRIPE_PAGE_ORIGINS})
        answer = cast(HttpResponse, to_stripe(lambda request: answer)(request))
    return answer


def _name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""

"""Two-factor middleware before the panel: only a session that itself showed a second factor passes. Timeouts too."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.views.defaults import permission_denied

from foundation.organisation.once import read_once
from staff import factors, form_replay, notices
from staff.models import User

PANEL, ACCOUNTS = "/admin/", "/accounts/"
ACCESS = "wagtailadmin.access_admin"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
FRESH = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
EXPORT = "export"
SEEN = "staff_seen"  # session key: seconds since the epoch (UTC) of the last request, kept to the minute

# Wagtail's own sign-in pages. Each redirects to allauth's page (staff/urls.py), so anybody may open them.
SIGN_IN_ADDRESSES = {"wagtail_login", "wagtail_password_reset", "wagtail_logout"}
# URL names that a session may open under /accounts/ before it has shown its factor.
OPEN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "staff_invitation",
}
CONFIRM = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
ENROL = {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"}


class StaffGate:
    """Middleware for /admin/ and /accounts/ only: pages that people read never touch the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(PANEL):
            # A page that only shows reads the organisation once; who saves it needs it as it stands.
            with read_once() if request.method in ("GET", "HEAD") else nullcontext():
                answer = _at_the_panel(request) or _before_a_file(request) or self.get_response(request)
            if EXPORT in request.GET and answer.headers.get("Content-Disposition", "").startswith("attachment"):
                notices.exported(cast(User, request.user), path)
        elif path.startswith(ACCOUNTS):
            answer = _at_the_accounts(request) or self.get_response(request)
        else:
            return self.get_response(request)
        answer.headers["Cache-Control"] = "no-store, private"
        return answer


def _at_the_panel(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal or redirect for a request to the panel. None: it may pass."""
    if _name(request) in SIGN_IN_ADDRESSES:
        return None
    if not request.user.is_authenticated or _over(request):
        return _kept(request) if form_replay.is_worth_it(request) else _redirect_to(request, "account_login")
    if not request.user.has_perm(ACCESS):
        return permission_denied(request, PermissionDenied())
    return None if factors.shown(request) else _to_the_factor(request)


def _at_the_accounts(request: HttpRequest) -> HttpResponse | None:
    """The same for /accounts/: with only a password one may enrol if the account has no factor yet, or show it."""
    name = _name(request)
    if name in OPEN or not request.user.is_authenticated:
        return None
    if _over(request):
        return _redirect_to(request, "account_login")
    if factors.shown(request):
        return None
    return None if name in (CONFIRM if factors.of(request.user).exists() else ENROL) else _to_the_factor(request)


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """Require recent reauthentication (five minutes) before something that a stolen session must not do. Returns a
    redirect to the second factor, after which the suspended request continues; None: continue now. For views: a request
    that is suspended has passed the CSRF check.
    """
    if factors.lately(request, within=FRESH):
        return None
    if request.headers.get("x-requested-with") == "XMLHttpRequest":
        return permission_denied(request, PermissionDenied())
    ways = get_adapter(request).get_reauthentication_methods(request.user)
    answer: HttpResponse = suspend_request(request, ways[0]["url"])
    return answer


def _before_a_file(request: HttpRequest) -> HttpResponse | None:
    """Require recent reauthentication for exports: Wagtail's lists and ours answer files by one parameter of the URL.
    The request is not suspended, because its CSRF check is still to come.
    """
    fresh = EXPORT not in request.GET or factors.lately(request, within=FRESH)
    return None if fresh else _to_the_factor(request)


def before_the_private(request: HttpRequest) -> HttpResponse | None:
    """Redirect from a page or document that is private to staff. None: this session has shown a factor; visitors who
    are not signed in are Wagtail's business.
    """
    if not request.user.is_authenticated:
        return None
    if _over(request):
        return _redirect_to(request, "account_login")
    return None if factors.shown(request) else _to_the_factor(request)


def _kept(request: HttpRequest) -> HttpResponse:
    """Keep the posted form when the session has timed out, so that nothing is lost while its writer signs in."""
    context = {"path": request.get_full_path(), "typed": form_replay.typed(request)}
    return render(request, "staff/form_replay.html", context, status=403)


def _to_the_factor(request: HttpRequest) -> HttpResponse:
    mine = set(factors.of(request.user).values_list("type", flat=True))
    if not mine:
        return _redirect_to(request, "mfa_index", with_next=False)
    return _redirect_to(request, "mfa_reauthenticate" if "totp" in mine else "mfa_reauthenticate_webauthn")


def _redirect_to(request: HttpRequest, name: str, with_next: bool = True) -> HttpResponse:
    if request.headers.get("x-requested-with") == "XMLHttpRequest":
        return permission_denied(request, PermissionDenied())
    url = reverse(name)
    if with_next:
        back = request.get_full_path() if request.method == "GET" else PANEL
        url += "?" + urlencode({"next": back})
    return redirect(url)


def _over(request: HttpRequest) -> bool:
    """Session timeout: log out after half an hour idle, or twelve hours in all. Whether it did."""
    now, seen = time.time(), request.session.get(SEEN)
    idle = seen is not None and now - seen > IDLE.total_seconds()
    if idle or factors.signed_in_for(request) > LONGEST:
        logout(request)
        return True
    # An open editor polls every few seconds who else is there; that is not somebody at the keyboard.
    if "/editing-sessions/" not in request.path_info and (seen is None or now - seen > 60):
        request.session[SEEN] = int(now)
    return False


def _name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""

"""Rate limit of shared passwords, which open a page or a file: too many guesses get 429."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail import views
from wagtail.documents.views.serve import authenticate_with_password

from foundation.access import client_ip, ratelimit

TRIES, WHILE = 10, 900


def page(request: HttpRequest, page_view_restriction_id: int, page_id: int) -> HttpResponse:
    """Password view of a page: Wagtail's own, rate limited."""
    key = f"page {page_view_restriction_id}"  # of all pages below it too
    return _counted(request, key, views.authenticate_with_password, page_view_restriction_id, page_id)


def document(request: HttpRequest, restriction_id: int) -> HttpResponse:
    """Password view of a collection of documents: Wagtail's own, rate limited."""
    return _counted(request, f"document {restriction_id}", authenticate_with_password, restriction_id)


def _counted(request: HttpRequest, key: str, view: Callable[..., Any], *args: int) -> HttpResponse:
    """Rate limit by network address: the password is everybody's, so that a stranger's guesses must not close the page
    to all. The token is given back after the right password.
    """
    who = f"{key} {client_ip.block(client_ip.of(request))}"
    if request.method == "POST" and not ratelimit.allow("page-password", who, TRIES, WHILE):
        page = render(request, "awareness/password_wait.html", {"minutes": WHILE // 60})
        return ratelimit.too_often(page, WHILE // TRIES)
    found: HttpResponse = view(request, *args)
    if request.method == "POST" and found.status_code == 302:
        ratelimit.give_back("page-password", who, TRIES)
    return found

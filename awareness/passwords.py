"""Pages and files behind a password that many share: whoever guesses is told to wait."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail import views
from wagtail.documents.views.serve import authenticate_with_password

from foundation.doors import address, limits

TRIES, WHILE = 10, 900


def page(request: HttpRequest, page_view_restriction_id: int, page_id: int) -> HttpResponse:
    """The password of a page, in Wagtail's own view."""
    key = f"page {page_view_restriction_id}"  # of all pages below it too
    return _counted(request, key, views.authenticate_with_password, page_view_restriction_id, page_id)


def document(request: HttpRequest, restriction_id: int) -> HttpResponse:
    """The password of a collection of documents, in Wagtail's own view."""
    return _counted(request, f"document {restriction_id}", authenticate_with_password, restriction_id)


def _counted(request: HttpRequest, key: str, view: Callable[..., Any], *args: int) -> HttpResponse:
    """By address: the password is everybody's, so that a stranger's guesses must not close the page to all."""
    who = f"{key} {address.block(address.of(request))}"
    if request.method == "POST" and not limits.allow("page-password", who, TRIES, WHILE):
        page = render(request, "awareness/password_wait.html", {"minutes": WHILE // 60})
        return limits.too_often(page, WHILE // TRIES)
    found: HttpResponse = view(request, *args)
    if request.method == "POST" and found.status_code == 302:
        limits.give_back("page-password", who, TRIES)
    return found

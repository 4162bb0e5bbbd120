"""Middleware: a short way for addresses that programs call, past what only readers and staff need.

A webhook knows no session, language, form or page. Of the site's middleware it needs the headers, the redirect to HTTPS
where one is due, the check of the host's name, and the length of the answer. The others cost it more than its own work.
"""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import reverse
from django.utils import translation

from config.security import Headers, View
from donations.webhooks.views import webhook


def addresses() -> set[str]:
    """The addresses that go the short way."""
    with translation.override(None):
        return {reverse("donations:webhook")}


class ShortWay:
    """The outermost middleware. What it does not know goes the long way, where the same view stands as well."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response
        known = CommonMiddleware(webhook)
        self.short = dict.fromkeys(addresses(), Headers(cast(View, SecurityMiddleware(known))))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.short.get(request.path_info, self.get_response)(request)

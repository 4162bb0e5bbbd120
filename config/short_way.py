"""Middleware: a short way for addresses that programs call, past what only readers and staff need.

A webhook knows no session, language, form or page. Of the site's middleware it needs the headers, the redirect to HTTPS
where one is due, the check of the host's name, and the length of the answer. The others cost it more than its own work.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import reverse
from django.utils import translation

from config.security import Headers
from donations.webhooks.views import webhook

View = Callable[[HttpRequest], HttpResponseBase]


class ShortWay:
    """The outermost middleware. What it does not know goes the long way, where the same view stands as well."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response
        with translation.override(None):
            self.short = {reverse("donations:webhook"): Headers(SecurityMiddleware(CommonMiddleware(webhook)))}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.short.get(request.path_info, self.get_response)(request)

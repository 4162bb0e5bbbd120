"""The gate before the panel: only a session that showed a second factor passes. (The STAFF builder completes this.)"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class StaffGate:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

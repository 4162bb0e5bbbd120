"""Answers of text are sent packed, except to whoever brings a cookie: no length may tell what a person's page holds."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXTS = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml", "image/svg+xml")


class Packed(GZipMiddleware):
    """Django's own, for whole texts only: films are sent in parts, and pictures are packed already."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        text = response.headers.get("Content-Type", "").startswith(TEXTS)
        if request.COOKIES or response.cookies or response.streaming or not text:
            return response
        return super().process_response(request, response)

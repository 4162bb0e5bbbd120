"""Gzip middleware for text, unless there is a cookie: no length may tell what a person's page holds (BREACH)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXTS = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml", "image/svg+xml")


class Compression(GZipMiddleware):
    """Django's, for whole text responses only: films are sent in parts, and pictures are compressed already."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        text = response.headers.get("Content-Type", "").startswith(TEXTS)
        if request.COOKIES or response.cookies or response.streaming or not text:
            return response
        return super().process_response(request, response)

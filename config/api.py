"""The site's public read API, described in OpenAPI: this serves openapi.json, the file beside it, written by hand."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

FILE = Path(__file__).with_name("openapi.json")


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(FILE.read_bytes(), content_type="application/json")
    answer["Cache-Control"] = "public, max-age=3600"
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer

"""Views of the charity's brand: its logo and its colours, as files of our own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from foundation.organisation.models import Organisation

A_YEAR = "public, max-age=31536000, immutable"  # the address says what it holds


@require_safe
def sheet(request: HttpRequest, digest: str) -> HttpResponse:
    """/brand/<digest>.css: the colours that staff chose. An older address answers with today's."""
    row = Organisation.load()
    if not row.wears_colours:
        raise Http404
    answer = HttpResponse(row.colours_sheet(), content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = A_YEAR if digest == row.colours_digest() else "no-cache"
    return answer


@require_safe
def logo(request: HttpRequest, number: int) -> HttpResponse:
    """/brand/logo-<number>.webp: the chosen picture, small, drawn anew without what its file told."""
    row = Organisation.load()
    if row.logo_id != number or row.logo is None:
        raise Http404
    rendition = row.logo.get_rendition("max-480x160|format-webp")
    with rendition.file.open("rb") as file:
        answer = HttpResponse(file.read(), content_type="image/webp")
    answer["Cache-Control"] = "public, max-age=86400"
    return answer

"""Views of the demonstration's letters in the browser, at an address that only the start-up prints."""

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from foundation.letters.message import on_a_page
from foundation.letters.models import Letter


def _check(key: str) -> None:
    """The letters hold sign-in links, so the address is a secret of the demonstration."""
    if not settings.DEMO_LETTERS_KEY or not constant_time_compare(key, settings.DEMO_LETTERS_KEY):
        raise Http404


@require_safe
@never_cache
def letters(request: HttpRequest, key: str) -> HttpResponse:
    """The newest two hundred letters."""
    _check(key)
    return render(request, "demo/letters.html", {"letters": Letter.objects.all()[:200], "key": key})


@require_safe
@never_cache
@csp_replace({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # its stub knows no view arguments
def letter(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One letter: its text part, and its HTML part in a frame without rights."""
    _check(key)
    return render(request, "demo/letter.html", {"letter": get_object_or_404(Letter, pk=pk), "key": key})


# Mail needs inline styles, so this one answer allows them, and no script at all.
MAIL_POLICY = {
    "script-src": ["'none'"],
    "img-src": ["data:"],  # a picture that stands in the letter itself
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-top-navigation-by-user-activation"],
}


@require_safe
@never_cache
@xframe_options_sameorigin
@csp_replace(MAIL_POLICY)  # type: ignore[arg-type]
def html(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The HTML part alone, as it stands in the frame. Its links open in the whole window."""
    _check(key)
    row = get_object_or_404(Letter, pk=pk)
    source = on_a_page(row.html, row.document)
    return HttpResponse(source.replace("<head>", '<head><base target="_top">', 1))

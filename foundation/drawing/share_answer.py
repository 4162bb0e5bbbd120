"""Response with the share image: its address changes with its words, so that a cache may keep it for good."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from foundation.drawing import share

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"


def address(path: str, title: str, kicker: str) -> str:
    """Return the URL of the picture of these words, as other sites ask for it."""
    return f"{settings.BASE_URL}{path}?{urlencode({'v': share.version(title, kicker)})}"


def answer(request: HttpRequest, title: str, kicker: str) -> HttpResponse:
    """Respond with the picture of a title and the name of who says it; cached for good at its own version."""
    picture = HttpResponse(share.share_image(title, kicker), content_type="image/png")
    picture["Cache-Control"] = FOREVER if request.GET.get("v") == share.version(title, kicker) else BRIEFLY
    picture["Cross-Origin-Resource-Policy"] = "cross-origin"
    return picture

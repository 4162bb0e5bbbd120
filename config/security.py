"""Security headers and the content security policy, for every answer, in one place."""

from collections.abc import Callable

from csp.constants import NONE, SELF
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse

View = Callable[[HttpRequest], HttpResponse]

# Nothing is allowed that is not listed. No inline script or style anywhere, the panel included.
PUBLIC_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "media-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "object-src": [NONE],
    "frame-ancestors": [NONE],
}
# The editor shows the page it edits in a frame, and pictures before they are uploaded.
PANEL_POLICY = {
    **PUBLIC_POLICY,
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
    "frame-ancestors": [SELF],
}
PERMISSIONS = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "microphone",
)
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in (*PERMISSIONS, "payment", "usb", "browsing-topics"))
PANEL_PATH = "/admin/"


class Policy(CSPMiddleware):
    """django-csp with two policies: one for everybody, one for the panel, whose previews stand in frames."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponse, report_only: bool = False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None:
            parts.config = PANEL_POLICY if request.path.startswith(PANEL_PATH) else PUBLIC_POLICY
        return parts


class Headers:
    """The outermost middleware: the headers that django's own security middleware does not set."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

"""Security headers and the content security policy (CSP), for every answer, in one place. Reasons: docs/security.md."""

from collections.abc import Callable, Mapping

from csp.constants import HEADER, NONE, SELF
from csp.middleware import CheckableLazyObject, CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

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
# blob: and data:, because pictures are shown before they are uploaded.
PANEL_POLICY = {**PUBLIC_POLICY, "img-src": [SELF, "data:", "blob:"]}
# The editor previews a page in a frame; only the preview may stand in one.
EDITOR_POLICY = {**PANEL_POLICY, "frame-src": [SELF]}
PREVIEW_POLICY = {**PANEL_POLICY, "frame-ancestors": [SELF]}
# URL names of Wagtail's editing views, whichever model they are for.
EDITORS = {"add", "edit", "revisions_revert"}
PREVIEWS = {"preview_on_add", "preview_on_edit", "workflow_preview", "wagtailadmin_block_preview"}
PANEL_PATH = "/admin/"
SIGN_IN_PATHS = ("/admin/login/", "/admin/logout/", "/admin/password_reset/")  # staff/gate.py lets anybody open these
# Here pages talk to the server by script, and a script's request without a referrer fails Django's CSRF check.
WITH_FORMS = (PANEL_PATH, "/accounts/")

PERMISSIONS = ("accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope", "microphone")
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in (*PERMISSIONS, "payment", "usb", "browsing-topics"))


def policy_for(request: HttpRequest) -> Mapping[str, list[str]]:
    """Return the narrowest CSP under which this answer works.

    Wagtail makes a preview by a second request inside, with the page's own address and `is_preview`.
    """
    if getattr(request, "is_preview", False):
        return PREVIEW_POLICY
    if not request.path_info.startswith(PANEL_PATH):
        return PUBLIC_POLICY
    name = request.resolver_match.url_name if request.resolver_match else None
    if name in PREVIEWS:
        return PREVIEW_POLICY
    return EDITOR_POLICY if name in EDITORS else PANEL_POLICY


WIDENED = {f"_csp_{what}{mode}" for what in ("config", "update", "replace", "exempt") for mode in ("", "_ro")}
POLICIES = (PUBLIC_POLICY, PANEL_POLICY, EDITOR_POLICY, PREVIEW_POLICY)
WRITTEN = {id(policy): build_policy(dict(policy)) for policy in POLICIES}


class Policy(CSPMiddleware):
    """CSP middleware: django-csp, with the policy that fits the answer. Views widen it by csp.decorators."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The same in less time for an answer that widens nothing and has no nonce, as nearly all: its policy is
        written once. It was a tenth of the work of a small answer.
        """
        if not WIDENED.isdisjoint(vars(response)) or getattr(request, "_csp_nonce", None) is not None:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, WRITTEN[id(policy_for(request))])
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None:
            parts.config = dict(policy_for(request))
        return parts


class Headers:
    """Security header middleware, the outermost: the headers that Django's own SecurityMiddleware does not set."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if _without_form(request, response):
            response.headers["Referrer-Policy"] = "no-referrer"
        if response.status_code >= 400 and "Cache-Control" not in response.headers:
            add_never_cache_headers(response)  # a refusal is raised past the decorators of the view that it comes from
        return response


class BodyLimit:
    """Request body size limit, a middleware: nobody but staff uploads. A larger body is refused (413) before a byte of
    it is read; Django would keep all of a multipart body on disk first, whatever its form says.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return HttpResponse(status=400)
        # For all of the panel but its sign-in pages the gate turns strangers away before their body is read.
        uploads = request.path_info.startswith(PANEL_PATH) and not request.path_info.startswith(SIGN_IN_PATHS)
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and not uploads:
            return HttpResponse(status=413)
        return self.get_response(request)


def _without_form(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the page has no form, and gets no-referrer: it tells nobody where the reader came from. A page with a
    form must tell ourselves: with no-referrer, Chromium sends `Origin: null` and Django's CSRF check answers 403.
    """
    if response.headers.get("Referrer-Policy") != settings.SECURE_REFERRER_POLICY or response.streaming:
        return False
    page = response.headers.get("Content-Type", "").startswith("text/html")
    return page and not request.path_info.startswith(WITH_FORMS) and b"<form" not in response.content

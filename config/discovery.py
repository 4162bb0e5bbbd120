"""sitemap.xml, robots.txt, security.txt and the icons: what crawlers, researchers and browsers ask for first."""

from collections.abc import Iterator
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as map_of
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from wagtail.contrib.sitemaps import Sitemap as PageSitemap
from wagtail.models import Locale, Page

from foundation.organisation import mode
from foundation.organisation.models import Organisation

# Nothing secret stands here: these pages are one person's, or staff's, and no search engine should lead to them.
PRIVATE = ("/admin/", "/accounts/", "/demo/", "/my/", "/give/thanks/", "/pledge/confirm/", "/pledge/sent/", "/links/")
SECURITY_VALID = timedelta(days=180)  # RFC 9116 wants an end less than a year away


class TaskSitemap(Sitemap[str]):
    """Sitemap of the pages that editors do not write, by their URL names, in each language."""

    i18n = alternates = x_default = True

    def items(self) -> list[str]:
        return ["donations:give", "pledges:pledge"]

    def location(self, item: str) -> str:
        return reverse(item)

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.BASE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        """Always the configured host, whatever Host the request claimed: Wagtail's pages have it too."""
        return urlsplit(settings.BASE_URL).netloc


class TranslatedSitemap(PageSitemap):
    """Sitemap of Wagtail's pages in every language: Wagtail lists those of the first alone."""

    def items(self) -> Any:
        root = self.get_wagtail_site().root_page
        roots = [root, *root.get_translations()]
        below = reduce(or_, (Q(path__startswith=each.path) for each in roots))
        return Page.objects.filter(below).live().public().order_by("path").defer_streamfields().specific()

    def _urls(self, page: int | str, protocol: str | None, domain: str | None) -> list[dict[str, Any]]:
        """Add each page's other languages (hreflang), which Wagtail leaves out."""
        rows = list(self.paginator.page(page).object_list)
        codes = dict(Locale.objects.values_list("pk", "language_code"))
        versions: dict[Any, list[dict[str, Any]]] = {}
        for row in rows:
            said = {"location": row.get_full_url(self.request), "lang_code": codes[row.locale_id]}
            versions.setdefault(row.translation_key, []).append(said)
        return [self._told(row, versions[row.translation_key]) for row in rows]

    def _told(self, row: Page, versions: list[dict[str, Any]]) -> dict[str, Any]:
        first = [{**each, "lang_code": "x-default"} for each in versions if each["lang_code"] == settings.LANGUAGE_CODE]
        (told,) = row.get_sitemap_urls(self.request)
        return {**told, "alternates": [*versions, *first] if len(versions) > 1 else []}


def sitemap(request: HttpRequest) -> HttpResponseBase:
    """/sitemap.xml."""
    return map_of(request, {"pages": TranslatedSitemap(request), "tasks": TaskSitemap()})


def robots(request: HttpRequest) -> HttpResponse:
    """/robots.txt. A rehearsal with test money on a public address refuses crawlers: it must be nobody's first hit."""
    return HttpResponse("\n".join([*_rules(), ""]), content_type="text/plain; charset=utf-8")


def security(request: HttpRequest) -> HttpResponse:
    """/.well-known/security.txt by RFC 9116, once staff entered an address that is read."""
    email = Organisation.load().email
    if not email:
        raise Http404
    expires = (timezone.now() + SECURITY_VALID).replace(microsecond=0, second=0, minute=0)
    lines = [
        f"Contact: mailto:{email}",
        f"Expires: {expires.strftime('%Y-%m-%dT%H:%M:%SZ')}",
        f"Canonical: {settings.BASE_URL}/.well-known/security.txt",
        f"Preferred-Languages: {settings.LANGUAGE_CODE}",  # what staff read; pages are translated, reports are not
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def icon(request: HttpRequest, name: str) -> HttpResponseBase:
    """The favicon and touch icon, at the paths where browsers and phones ask without being told."""
    return FileResponse((settings.BASE_DIR / "static" / name).open("rb"), headers={"Cache-Control": "max-age=86400"})


def _rules() -> Iterator[str]:
    yield "User-agent: *"
    if mode.is_hidden():
        yield "Disallow: /"
        return
    yield from (f"Disallow: {path}" for path in PRIVATE)
    others = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    yield from (f"Disallow: /{code}{path}" for code in others for path in PRIVATE)
    yield ""
    yield f"Sitemap: {settings.BASE_URL}/sitemap.xml"

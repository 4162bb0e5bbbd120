"""Locale middleware: the language is what the URL says and nothing else, so that a cache never mixes two readers."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from wagtail.models import Page, Site
from wagtail.models.sites import SiteRootPath

from awareness.pages import HomePage
from foundation.organisation.models import LanguageReview

SITE = ("id", "hostname", "port", "site_name", "is_default_site")
OF_SITE = {f"site_{name}": F(f"sites_rooted_here__{name}") for name in SITE}
OTHERS = Exists(Site.objects.filter(is_default_site=False))


class FromAddress:
    """Language by URL prefix. No guess by Accept-Language or cookie: a shared link is the same page for everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        if response.status_code == 404 and language != settings.LANGUAGE_CODE and not _is_here(request):
            response = _in_our_first_language(request, language) or response
        response.headers.setdefault("Content-Language", language)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: tuple[str, ...], kwargs: dict[str, Any]) -> None:
        if request.resolver_match and request.resolver_match.view_name == "wagtail_serve":
            _find(request, args[0] if args else kwargs.get("path", ""))


def _find(request: HttpRequest, address: str) -> None:
    """Find the Wagtail page of this URL, by one query for the site and its front pages in all languages.

    Wagtail asks for the site, the language, its front page and the other front pages one after the other. What it finds
    cached on the request it does not ask for again. Where this finds nothing Wagtail's own routing follows.
    """
    read = Exists(LanguageReview.objects.filter(language=OuterRef("locale__language_code")))
    fronts = list(HomePage.objects.select_related("locale").annotate(is_read=read, other_sites=OTHERS, **OF_SITE))
    site = _only_site(request, fronts) or Site.find_for_request(request)
    if site is None:
        return
    same = [front for front in fronts if front.translation_key == site.root_page.translation_key]
    homes = {home.locale.language_code: home for home in same}
    paths = [SiteRootPath(site.pk, home.url_path, site.root_url, code) for code, home in homes.items()]
    request.__dict__["_wagtail_cached_site_root_paths"] = paths
    home = homes.get(translation.get_language() or "")
    request.language_is_read = home is not None and home.is_read  # type: ignore[attr-defined]
    if home is not None and home.live:
        try:
            route = home.route(request, [part for part in address.split("/") if part])
        except Http404:
            return
        request.__dict__["_wagtail_route_for_request"] = route


def _only_site(request: HttpRequest, fronts: list[HomePage]) -> Site | None:
    """Return the site, where there is only one. Which of several is meant, Wagtail knows by the host name."""
    root = next((front for front in fronts if front.site_id is not None and not front.other_sites), None)
    if root is None:
        return None
    site = Site(root_page=root, **{name: getattr(root, f"site_{name}") for name in SITE})
    request._wagtail_site = site  # type: ignore[attr-defined]
    return site


def _is_here(request: HttpRequest) -> bool:
    """Whether the page is public in this language. If it is, a missing part of it is missing in every language."""
    return getattr(request, "_wagtail_route_for_request", None) is not None


def _in_our_first_language(request: HttpRequest, language: str) -> HttpResponse | None:
    """Redirect to a page that is not translated yet, in the default language."""
    there = request.path_info.removeprefix(f"/{language}")
    with translation.override(settings.LANGUAGE_CODE):
        request.__dict__.pop("_wagtail_route_for_request", None)
        try:
            page = Page.find_for_request(request, there)
        except Http404:
            return None
        if page is None or not page.live:
            return None
        return redirect(page.get_url(request) or "/")

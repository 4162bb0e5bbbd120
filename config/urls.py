"""URL configuration: the apps' own URLs first, then the panel, then Wagtail's pages."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from awareness import facts_page, news_feed, page_picture, passwords, playing, podcast_feed, posters, search_page
from config import api, discovery, health, quick_exit
from foundation.organisation import brand

handler500 = "config.error_pages.page"
urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("leave/", quick_exit.leave, name="leave"),
    path("sitemap.xml", discovery.sitemap, name="sitemap"),
    path("robots.txt", discovery.robots),
    path(".well-known/security.txt", discovery.security),
    path("favicon.ico", discovery.icon, {"name": "favicon.ico"}),  # browsers ask for these two by name
    path("apple-touch-icon.png", discovery.icon, {"name": "apple-touch-icon.png"}),
    path("brand/<str:digest>.css", brand.sheet, name="brand-colours"),
    path("brand/logo-<int:number>.webp", brand.logo, name="brand-logo"),
    path("api/openapi.json", api.description),
    path("figures.json", facts_page.as_json),
    path("figures.csv", facts_page.as_csv),
    path("share/<int:number>.png", page_picture.picture, name="share"),
    path("", include("foundation.letters.urls")),
    path("", include("staff.urls")),  # before the panel: its sign-in addresses are ours
    path("admin/", include(wagtailadmin_urls)),
    # Wagtail's names, our views: no file leaves by another way than these two.
    path("documents/<int:number>/<path:name>", playing.serve, name="wagtaildocs_serve"),
    path(
        "documents/authenticate_with_password/<int:restriction_id>/",
        passwords.document,
        name="wagtaildocs_authenticate_with_password",
    ),
    re_path(r"^media/(?P<folder>images|avatar_images)/(?P<name>[^/]+)$", playing.picture),
]
# English has no URL prefix; every other language has its own: /es/give/.
urlpatterns += i18n_patterns(
    re_path(r"^(?P<where>[\w/-]+)/feed\.xml$", podcast_feed.feed),
    path("feed/", news_feed.feed, name="feed"),
    path("search/", search_page.search, name="search"),
    path("posters/<slug:code>.pdf", posters.poster, name="poster"),
    path("", include("pledges.urls")),
    path("", include("donations.urls")),
    path("", include("supporters.urls")),
    path("_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/", passwords.page),
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)
if settings.EMAIL_PROVIDER:  # webhook of the e-mail provider, for bounces and complaints: /mail/<provider>/tracking/
    urlpatterns.insert(0, path("mail/", include("anymail.urls")))

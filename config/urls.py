"""Every address of the site: the apps' own first, then the panel, then Wagtail's pages."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from awareness import facts_page, news_feed, page_picture, playing, podcast_feed, posters, search_page
from config import api, found, health, leaving

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("leave/", leaving.leave, name="leave"),
    path("sitemap.xml", found.sitemap, name="sitemap"),
    path("robots.txt", found.robots),
    path(".well-known/security.txt", found.security),
    path("favicon.ico", found.icon, {"name": "favicon.ico"}),  # browsers ask for these two by name
    path("apple-touch-icon.png", found.icon, {"name": "apple-touch-icon.png"}),
    path("api/openapi.json", api.description),
    path("figures.json", facts_page.as_json),
    path("figures.csv", facts_page.as_csv),
    path("share/<int:number>.png", page_picture.picture, name="share"),
    path("", include("foundation.letters.urls")),
    path("", include("staff.urls")),  # before the panel: its sign-in addresses are ours
    path("admin/", include(wagtailadmin_urls)),
    path("documents/<int:number>/<path:name>", playing.serve),  # Wagtail's own, with parts of a file
    path("documents/", include(wagtaildocs_urls)),
    # Not the documents: those go by /documents/, which looks whether they are private and lets none of them run.
    re_path(r"^media/(?P<path>(?!documents/).+)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
# English keeps its addresses without a prefix; every other language has its own: /es/give/.
urlpatterns += i18n_patterns(
    re_path(r"^(?P<where>[\w/-]+)/feed\.xml$", podcast_feed.feed),
    path("feed/", news_feed.feed, name="feed"),
    path("search/", search_page.search, name="search"),
    path("posters/<slug:code>.pdf", posters.poster, name="poster"),
    path("", include("donations.urls")),
    path("", include("pledges.urls")),
    path("", include("supporters.urls")),
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)
if settings.EMAIL_PROVIDER:  # the provider tells of bounces and complaints at /mail/<provider>/tracking/
    urlpatterns.insert(0, path("mail/", include("anymail.urls")))

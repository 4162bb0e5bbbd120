"""Every address of the site: the apps' own first, then the panel, then Wagtail's pages."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from config import health

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("", include("donations.urls")),
    path("", include("pledges.urls")),
    path("", include("supporters.urls")),
    path("", include("foundation.letters.urls")),
    path("", include("staff.urls")),  # before the panel: its sign-in addresses are ours
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    re_path(r"^media/(?P<path>.+)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include(wagtail_urls)),
]

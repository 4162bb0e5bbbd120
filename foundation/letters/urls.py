"""URL patterns of the demonstration's letters. A live site has no such address."""

from django.conf import settings
from django.urls import URLPattern, path

from foundation.letters import demo

app_name = "letters"
urlpatterns: list[URLPattern] = []
if settings.SITE_MODE == "demo":
    urlpatterns = [
        path("demo/letters/<str:key>/", demo.letters, name="demo-letters"),
        path("demo/letters/<str:key>/<int:pk>/", demo.letter, name="demo-letter"),
        path("demo/letters/<str:key>/<int:pk>/html/", demo.html, name="demo-letter-html"),
    ]

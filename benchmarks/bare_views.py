"""The least a Django view can do: give bytes back that it was given, and keep a body by one INSERT."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

TABLE = "bench_bare"
PAGES: dict[str, bytes] = {}


def keep(request: HttpRequest, name: str) -> HttpResponse:
    """What `page` and the answer in front of Django shall say. One process, so memory is enough."""
    PAGES[name] = request.body
    return _answer(b"")


def _answer(body: bytes) -> HttpResponse:
    """With its length, which a middleware of Django's would add."""
    return HttpResponse(body, headers={"Content-Length": str(len(body))})


def page(request: HttpRequest, name: str) -> HttpResponse:
    return _answer(PAGES[name])


def insert(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (body) VALUES (%s)", [request.body.decode()])
    return _answer(b"")


urlpatterns = [path("keep/<name>", keep), path("page/<name>", page), path("insert", insert)]

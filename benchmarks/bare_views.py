"""Baseline views, the least a Django view can do: return bytes that it was given, and save a body by one INSERT."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

TABLE = "bench_bare"
PAGES: dict[str, bytes] = {}


def keep(request: HttpRequest, name: str) -> HttpResponse:
    """Set the body that `page` and the WSGI baseline return. One process, so memory is enough."""
    PAGES[name] = request.body
    return _answer(b"")


def _answer(body: bytes) -> HttpResponse:
    """Return the body with Content-Length, which a middleware of Django's would add."""
    return HttpResponse(body, headers={"Content-Length": str(len(body))})


def page(request: HttpRequest, name: str) -> HttpResponse:
    return _answer(PAGES[name])


def insert(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (body) VALUES (%s)", [request.body.decode()])
    return _answer(b"")


urlpatterns = [path("keep/<name>", keep), path("page/<name>", page), path("insert", insert)]

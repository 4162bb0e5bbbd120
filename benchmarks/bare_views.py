"""Baseline views, the least a Django view can do: return bytes that it was given, check a signature and save the body
by one INSERT, check a form and save the rows that a signature of the pledge does.
"""

import json
from functools import cache
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from stripe import WebhookSignature

TABLE = "bench_bare"
SIGNED = "signed"  # by this name it is told the rows: table, key, and columns, with these words for what is new in each
NAME, EMAIL, COUNTRY, NEW = "$name", "$email", "$country", "$new"
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


def verified(request: HttpRequest) -> HttpResponse:
    """Raises what Stripe's library raises for a wrong signature."""
    secret, header = settings.STRIPE_WEBHOOK_SECRETS[0], request.headers["Stripe-Signature"]
    WebhookSignature.verify_header(request.body, header, secret, 300)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (body) VALUES (%s)", [request.body.decode()])
    return _answer(b"")


class SignForm(forms.Form):
    name = forms.CharField(max_length=120)
    email = forms.EmailField(max_length=254)
    country = forms.CharField(max_length=2, required=False)
    age = forms.BooleanField()


def signed(request: HttpRequest) -> HttpResponse:
    form = SignForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    typed = form.cleaned_data
    words = {NAME: typed["name"], EMAIL: typed["email"], COUNTRY: typed["country"]}
    with transaction.atomic():
        for model, values in _rows():
            told = {name: uuid4().hex if value == NEW else words.get(value, value) for name, value in values.items()}
            model(**told).save(force_insert=True)
    return _answer(b"")


@cache
def _rows() -> list[tuple[type[models.Model], dict[str, Any]]]:
    """Models of the site's tables, with their columns and nothing else, and what stands in each row."""
    return [(_model(number, *row), row[2]) for number, row in enumerate(json.loads(PAGES[SIGNED]))]


def _model(number: int, table: str, key: str, values: dict[str, Any]) -> type[models.Model]:
    meta = type("Meta", (), {"app_label": "bare", "managed": False, "db_table": table})
    columns = {name: models.Field(primary_key=name == key, null=name != key) for name in values}
    return type(f"Row{number}", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})


urlpatterns = [
    path("keep/<name>", keep),
    path("page/<name>", page),
    path("verified", verified),
    path("signed", signed),
]

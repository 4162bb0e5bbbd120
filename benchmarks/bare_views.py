"""Baseline views, the least a Django view can do: return bytes that it was given, check a signature and save the body
by one INSERT, check a form and save as many rows as a signature of the pledge does.
"""

from django import forms
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from stripe import WebhookSignature

TABLE = "bench_bare"
SIGNED = 4  # rows that a signature writes: two limits, itself, and its letter's job
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
    with transaction.atomic(), connection.cursor() as cursor:
        for _row in range(SIGNED):
            cursor.execute(f"INSERT INTO {TABLE} (body) VALUES (%s)", [str(form.cleaned_data)])
    return _answer(b"")


urlpatterns = [
    path("keep/<name>", keep),
    path("page/<name>", page),
    path("verified", verified),
    path("signed", signed),
]

"""What programs call goes past the middleware of readers and staff, and keeps what every answer has."""

import pytest
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import Client

from config import short_way

pytestmark = pytest.mark.django_db
WEBHOOK = "/stripe/webhook/"


@pytest.fixture
def long_way(client, monkeypatch) -> list[str]:
    """The addresses that went through the site's other middleware."""
    went: list[str] = []
    asks = SessionMiddleware.process_request

    def process_request(self, request) -> None:
        went.append(request.path)
        asks(self, request)

    monkeypatch.setattr(SessionMiddleware, "process_request", process_request)
    return went


def test_it_takes_the_webhook_past_sessions_and_nothing_else(client, long_way):
    assert client.post(WEBHOOK, b"{}", content_type="application/json").status_code == 400
    assert client.get(WEBHOOK).status_code == 405
    assert long_way == []
    client.get("/healthz")
    assert long_way == ["/healthz"]


def test_it_answers_with_the_headers_of_every_answer_and_its_length(client):
    answer = client.post(WEBHOOK, b"{}", content_type="application/json")
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Length"] == "0"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin" and answer["Permissions-Policy"]
    assert not answer.cookies and "Vary" not in answer


def test_it_answers_no_host_that_is_not_ours():
    assert Client(SERVER_NAME="elsewhere.example").post(WEBHOOK).status_code == 400


def test_it_is_the_outermost():
    assert settings.MIDDLEWARE[0] == f"{short_way.__name__}.ShortWay"

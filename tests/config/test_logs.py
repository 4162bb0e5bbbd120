"""No link that was mailed to somebody can be read in the log, nor any address in what staff read of an error."""

import logging

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.test import Client
from django.utils.http import int_to_base36

from config.logs import OneLine
from foundation.jobs import errors
from tests.staff.users import member

SMALL = "dirhpb-b893f0c1d2e3a4b5c6d7e8f90a1b2c3d"  # as Django makes them: no capital in it
SIGNED = signing.dumps([7, "news"], salt="x", compress=False)  # with colons
RANDOM = "kJ8-xq_2LmN4pQ7rS9tU1vW3yZ5aB6cD"
TOKENS = [f"/accounts/password/reset/key/6-{SMALL}/", f"/accounts/invitation/{RANDOM}/", f"/letters/stop/{SIGNED}/"]
WAYS = ("pledge/confirm", "my/enter", "subscribe/confirm", "give/card", "es/give/finish")
TOKENS += [f"/{way}/{RANDOM}/" for way in WAYS]
TOKENS += [f"/receipts/file/{RANDOM}.pdf", f"/my/enter/{RANDOM.lower()}/"]
NAMES = ["/the-problem/what-is-human-trafficking/", "/static/staff/panel.3f8a9b2c1d4e.css", "/give/summer-appeal-2026/"]


def logged(text: str) -> str:
    return OneLine().format(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))


@pytest.mark.parametrize("path", TOKENS)
@pytest.mark.parametrize("line", ["Forbidden (No cookie.): {}", '"GET {} HTTP/1.1" 200', "Gone: {}?x=1", "{}"])
def test_it_masks_what_opens_something(path: str, line: str) -> None:
    for token in (SMALL, SIGNED, RANDOM, RANDOM.lower()):
        assert token not in logged(line.format(path))
    assert "…" in logged(line.format(path))


@pytest.mark.parametrize("path", NAMES)
def test_it_leaves_the_names_of_pages(path: str) -> None:
    assert path in logged(f"Not Found: {path}")


@pytest.mark.django_db
def test_it_logs_no_token_of_a_reset_that_it_refuses(caplog: pytest.LogCaptureFixture) -> None:
    user = member("Editor")
    token = default_token_generator.make_token(user)
    with caplog.at_level(logging.INFO):
        path = f"/accounts/password/reset/key/{int_to_base36(user.pk)}-{token}/"
        assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert any(token in record.getMessage() for record in caplog.records)
    assert not any(token.partition("-")[2] in OneLine().format(record) for record in caplog.records)


@pytest.mark.parametrize(
    "words",
    [
        "{'ada@example.org': (450, b'4.2.2 <ada@example.org>: mailbox full')}",
        "DETAIL:  Key (email)=(ada@example.org) already exists.",
        '"ada king"@example.org, ADA+news@EXAMPLE.org is unknown',
    ],
)
def test_it_keeps_no_address_in_the_words_of_an_error(words: str) -> None:
    said = errors.said(ValueError(words))
    assert said.startswith("ValueError: ") and "example" not in said.lower()

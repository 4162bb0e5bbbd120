"""A letter is a row: written with its fact, sent once, kept back where this database is not at home."""

import itertools
import smtplib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.template import engines
from django.test import Client, override_settings
from django.utils import timezone

from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters import kinds, outbox, writing
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation, SiteIdentity
from tests.narrowing import not_none

pytestmark = pytest.mark.django_db
HOURS = itertools.count(1)
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
PARTS = {
    "letters/note/subject.txt": "A note\n about {{ thing }}",
    "letters/note/body.txt": '{% extends "letters/base.txt" %}'
    "{% block body %}Dear {{ name }}, {{ thing }}.{% endblock %}",
    "letters/note/body.html": '{% extends "letters/base.html" %}{% block body %}<p>Dear {{ name }}</p>{% endblock %}',
}


@pytest.fixture(autouse=True)
def templates(settings: Any) -> None:
    """One letter of the tests' own, beside the real base templates."""
    django = {**settings.TEMPLATES[0], "APP_DIRS": False}
    loaders = [
        ("django.template.loaders.locmem.Loader", PARTS),
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    settings.TEMPLATES = [{**django, "OPTIONS": {**django["OPTIONS"], "loaders": loaders}}]
    engines.__dict__.pop("templates", None)


def write(key: str = "note:1", **context: str) -> Letter:
    return outbox.queue(key, "note", "ada@example.org", {"name": "Ada", "thing": "bread", **context})


def send() -> None:
    """An hour later each time: a mail server that was away has been asked long enough ago."""
    with time_machine.travel(timezone.now() + timedelta(hours=next(HOURS))):
        Job.objects.update(run_at=timezone.now())
        jobs.run_due()


@pytest.mark.both
def test_it_finds_the_letters_to_a_reader_by_an_index_however_the_address_is_written() -> None:
    """A person's page, export, erasure and change of address look for them, among all that was ever mailed."""
    letter = write()
    found = Letter.objects.to_any({"ADA@Example.org", "grace@example.org"})
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # a table of one row is read as a whole
        assert "letter_reader" in found.explain()
    assert found.get() == letter and not Letter.objects.to_any([]).exists()
    assert found.update(subject="Mine") == 1


def test_it_says_the_same_in_text_and_html_and_folds_the_subject_into_one_line() -> None:
    letter = write()
    assert letter.subject == "A note about bread"
    assert "Dear Ada, bread." in letter.text
    assert "<p" in letter.html and "Dear Ada" in letter.html


def test_it_says_of_a_receipt_alone_that_it_is_none_in_a_demonstration() -> None:
    letter = write()
    assert letter.text.startswith("This letter comes from a demonstration")
    assert "RECEIPT" not in letter.text + letter.html
    receipt = writing.compose(not_none(kinds.get("receipt")), "Thanks", "Thanks.", {})
    assert receipt.text.startswith("NOT A RECEIPT") and "NOT A RECEIPT" in receipt.html


def test_it_shows_names_inert() -> None:
    letter = write(name='<img src=x onerror=alert(1)>"=HYPERLINK(1)')
    assert "<img" not in letter.html
    assert "<img src=x" in letter.text


def test_it_writes_one_letter_for_each_key() -> None:
    assert write().pk == write(thing="soup").pk
    assert "bread" in Letter.objects.get().text


def test_it_is_gone_when_its_fact_is() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write()
        raise ZeroDivisionError
    assert not Letter.objects.exists()
    assert not Job.objects.exists()


@override_settings(EMAIL_BACKEND=LOCMEM)
def test_it_is_sent_once_with_a_real_text_part() -> None:
    letter = write()
    send()
    send()
    outbox.send({"letter": letter.pk})
    assert len(mail.outbox) == 1
    message = mail.outbox[0]
    assert message.body == letter.text
    assert isinstance(message, EmailMultiAlternatives)
    assert message.alternatives[0][1] == "text/html"
    letter.refresh_from_db()
    assert letter.state == Letter.State.SENT
    assert letter.sent_at


@override_settings(EMAIL_BACKEND=LOCMEM)
def test_it_is_neither_repeated_nor_lost_when_its_worker_dies_half_way() -> None:
    letter = write()
    Letter.objects.update(state=Letter.State.SENDING)  # and the worker dies here
    send()
    letter.refresh_from_db()
    assert letter.state == Letter.State.UNSURE
    assert mail.outbox == []
    outbox.send_again(letter)
    send()
    letter.refresh_from_db()
    assert letter.state == Letter.State.SENT
    assert len(mail.outbox) == 1


@override_settings(EMAIL_BACKEND=LOCMEM)
def test_it_does_not_send_a_sent_letter_again() -> None:
    letter = write()
    send()
    outbox.send_again(letter)
    send()
    assert len(mail.outbox) == 1


@override_settings(EMAIL_BACKEND=LOCMEM)
def test_it_comes_from_the_address_that_staff_entered() -> None:
    organisation = Organisation.load()
    organisation.letters_from = "hello@charity.example"
    organisation.save()
    write()
    send()
    assert mail.outbox[0].from_email == '"The Road Out" <hello@charity.example>'


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def raising(self: Any, messages: Any) -> int:
        raise error

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", raising)


@override_settings(EMAIL_BACKEND=LOCMEM)
@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no such user")}),
        smtplib.SMTPDataError(554, b"rejected"),
    ],
)
def test_it_is_set_aside_when_the_server_refuses_for_good(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    letter = write()
    refuse(monkeypatch, error)
    send()
    letter.refresh_from_db()
    assert letter.state == Letter.State.FAILED
    assert type(error).__name__ in letter.last_error and "ada@" not in letter.last_error
    assert Job.objects.get().state == Job.State.DONE


@override_settings(EMAIL_BACKEND=LOCMEM)
@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"ada@example.org": (451, b"try later")}),
        smtplib.SMTPServerDisconnected("gone"),
        ConnectionRefusedError("nobody there"),
        TimeoutError("slow"),
    ],
)
def test_it_is_sent_later_when_the_server_is_away(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    letter = write()
    with monkeypatch.context() as patch:
        refuse(patch, error)
        send()
        letter.refresh_from_db()
        assert letter.state == Letter.State.WAITING
        assert Job.objects.get().state == Job.State.READY
    send()
    letter.refresh_from_db()
    assert letter.state == Letter.State.SENT
    assert len(mail.outbox) == 1


@override_settings(EMAIL_BACKEND=LOCMEM, SITE_MODE="live", BASE_URL="https://copy.example.org")
def test_it_is_kept_back_in_a_restored_copy() -> None:
    SiteIdentity.objects.create(pk=1, base_url="https://real.example.org")
    letter = write()
    send()
    letter.refresh_from_db()
    assert letter.state == Letter.State.WAITING
    assert mail.outbox == []
    assert "https://real.example.org" in Job.objects.get().last_error
    assert Job.objects.get().state == Job.State.READY


def test_it_can_be_read_in_the_demonstration_by_whoever_has_the_address(client: Client, settings: Any) -> None:
    letter = write()
    assert client.get("/demo/letters/wrong/").status_code == 404
    listing = client.get(f"/demo/letters/{settings.DEMO_LETTERS_KEY}/")
    assert letter.subject in listing.content.decode()
    page = client.get(f"/demo/letters/{settings.DEMO_LETTERS_KEY}/{letter.pk}/")
    assert "Dear Ada, bread." in page.content.decode()
    part = client.get(f"/demo/letters/{settings.DEMO_LETTERS_KEY}/{letter.pk}/html/")
    assert "Dear Ada" in part.content.decode()
    assert "sandbox" in part.headers["Content-Security-Policy"]
    assert "script-src 'none'" in part.headers["Content-Security-Policy"]


def test_it_keeps_what_other_packages_send(settings: Any) -> None:
    with override_settings(EMAIL_BACKEND="foundation.letters.backend.KeptInTheOutbox"):
        mail.send_mail("Reset", "Follow the link", None, ["staff@example.org"])
    letter = Letter.objects.get()
    assert (letter.subject, letter.to, letter.state) == ("Reset", "staff@example.org", Letter.State.SENT)

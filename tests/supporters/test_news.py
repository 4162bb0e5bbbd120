"""Letters that nobody must get: who gets them, and how one press or a complaint ends them."""

import base64
import importlib
import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks import postmark
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.exceptions import SuspiciousOperation
from django.test import Client, RequestFactory, override_settings
from django.urls import resolve
from django.utils import timezone

from foundation.jobs import queue as jobs
from foundation.letters.models import Letter
from supporters import consent, mailbox, news
from supporters.models import ConsentEvent, Supporter
from supporters.supporters import get_or_create_supporter
from tests.narrowing import not_none
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
REMINDERS, LETTERS = ConsentEvent.Purpose.REMINDERS, ConsentEvent.Purpose.LETTERS


@pytest.fixture
def ada() -> Supporter:
    return get_or_create_supporter("ada@example.org", "Ada")


def write(supporter: Supporter, key: str = "k", purpose: str = REMINDERS) -> Letter | None:
    return news.write(key, "yearly_reminder", supporter, purpose, {"total": "$30.00", "given": "$360.00"})


def stop_path(letter: Letter) -> str:
    return urlsplit(letter.stop_url).path


def test_it_writes_a_yearly_word_unless_somebody_said_no_and_news_only_after_a_yes(ada: Supporter) -> None:
    assert write(ada, "1") and write(ada, "2", LETTERS) is None
    consent.record(ada, LETTERS, True, "words", "/")
    assert write(ada, "3", LETTERS)
    consent.record(ada, LETTERS, False, "words", "/")
    assert write(ada, "4", LETTERS) is None and write(ada, "5")


def test_it_stops_by_the_one_press_of_a_mail_program_without_a_cookie(ada: Supporter) -> None:
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        write(ada)
        jobs.run_due()
    headers = mail.outbox[0].message()
    (address,) = re.findall(r"<(.+)>", str(headers["List-Unsubscribe"]))
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(
        urlsplit(address).path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200 and not answer.cookies
    event = ConsentEvent.objects.get()
    assert (event.supporter, event.purpose, event.given, event.method) == (ada, REMINDERS, False, "stopped")
    assert write(ada, "next year") is None


def test_it_leads_to_a_page_in_the_language_of_the_letter_which_takes_the_one_press_too(ada: Supporter) -> None:
    ada.language = "es"
    path = stop_path(not_none(write(ada)))
    assert path.startswith("/es/letters/stop/") and 'lang="es"' in Client().get(path).content.decode()
    body, form = "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    assert Client(enforce_csrf_checks=True).post(path, body, content_type=form).status_code == 200
    assert not news.wants(ada, REMINDERS)


def test_it_changes_nothing_when_a_scanner_looks_and_one_thing_when_pressed_twice(ada: Supporter) -> None:
    path = stop_path(not_none(write(ada)))
    client = Client()
    for look in (client.get, client.head):
        assert look(path).status_code == 200
    assert not ConsentEvent.objects.exists()
    page = client.get(path).content.decode()
    assert page.count("<form") == 1 and "csrfmiddlewaretoken" not in page and ada.email not in page
    for _ in range(2):
        assert "no more of these" in client.post(path).content.decode()
    assert ConsentEvent.objects.count() == 1


def test_it_stops_nothing_because_a_machine_pressed_the_page_s_own_button(ada: Supporter) -> None:
    """One that checks mail opens every link and presses what it finds. A mail program's own press sends no page."""
    path = stop_path(not_none(write(ada)))
    shown = Client().get(path).context["opened"]
    assert "press once more" in Client().post(path, {"opened": shown}).content.decode()
    assert news.wants(ada, REMINDERS)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        Client().post(path, {"opened": shown})
    assert not news.wants(ada, REMINDERS)


def test_it_stops_one_purpose_and_leaves_the_others(ada: Supporter) -> None:
    consent.record(ada, LETTERS, True, "words", "/")
    Client().post(stop_path(not_none(write(ada))))
    assert news.wants(ada, LETTERS) and consent.refused(ada, REMINDERS)


def test_it_opens_for_no_invented_address_and_not_for_somebody_forgotten(ada: Supporter) -> None:
    path = stop_path(not_none(write(ada)))
    assert Client().post("/letters/stop/invented/").status_code == 404
    assert Client().post(path[:-3] + "xx/").status_code == 404
    Supporter.objects.filter(pk=ada.pk).delete()
    assert Client().post(path).status_code == 200 and not ConsentEvent.objects.exists()


def test_it_writes_no_news_to_a_mailbox_that_is_gone_or_tired_and_staff_see_it(ada: Supporter) -> None:
    mailbox.bounced("ADA@example.org")
    ada.refresh_from_db()
    assert ada.bounced_at and write(ada) is None
    assert "letters come back" in signed_in("Donor care").get("/admin/supporter/").content.decode()
    bob = get_or_create_supporter("bob@example.org")
    for _ in range(2):
        mailbox.complained("bob@example.org")
    bob.refresh_from_db()
    assert bob.complained_at and write(bob) is None
    assert ConsentEvent.objects.filter(supporter=bob, given=False, method="complaint").count() == len(
        ConsentEvent.Purpose.values
    )
    mailbox.bounced("stranger@example.org")
    mailbox.complained("stranger@example.org")
    assert Supporter.objects.count() == 2


POSTMARK: dict[str, dict[str, str | int]] = {
    "HardBounce": {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Email": "ada@example.org"},
    "Transient": {"RecordType": "Bounce", "Type": "Transient", "TypeCode": 2, "Email": "ada@example.org"},
    "SpamComplaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": "ada@example.org"},
}


@pytest.mark.parametrize(
    ("told", "bounced", "complained"),
    [("HardBounce", True, False), ("Transient", False, False), ("SpamComplaint", False, True)],
)
def test_it_hears_the_provider_by_its_own_message(ada: Supporter, told: str, bounced: bool, complained: bool) -> None:
    __import__("supporters.bounces")
    when = {"BouncedAt": timezone.now().isoformat(), "MessageID": "m", "ID": 1}
    with override_settings(ANYMAIL={"WEBHOOK_SECRET": "us:secret"}):
        view = postmark.PostmarkTrackingWebhookView.as_view()
        body = json.dumps({**POSTMARK[told], **when})
        kind = "application/json"
        pass_ = "Basic " + base64.b64encode(b"us:secret").decode()
        with pytest.raises(SuspiciousOperation):  # without the secret; Django answers 400
            view(RequestFactory().post("/", body, kind))
        ada.refresh_from_db()
        assert not ada.bounced_at and not ada.complained_at
        assert view(RequestFactory().post("/", body, kind, headers={"Authorization": pass_})).status_code == 200
    ada.refresh_from_db()
    assert (bool(ada.bounced_at), bool(ada.complained_at)) == (bounced, complained)


@pytest.mark.parametrize(
    ("told", "why", "bounced", "complained"),
    [
        ("rejected", "bounced", True, False),  # it is on the provider's own list of those that bounced
        ("rejected", "invalid", True, False),
        ("rejected", "spam", False, True),  # and on that of those who complained
        ("unsubscribed", None, False, True),  # by the provider's own link
        ("rejected", "blocked", False, False),
        ("deferred", None, False, False),
        ("delivered", None, False, False),
        ("opened", None, False, False),
    ],
)
def test_it_hears_what_any_provider_says_and_marks_nobody_for_less(
    ada: Supporter, told: str, why: str | None, bounced: bool, complained: bool
) -> None:
    from supporters import bounces  # noqa: PLC0415 - loaded by hand, as where a provider is set

    for recipient in ("ADA@example.org", "", "stranger@example.org", "ADA@example.org"):  # told twice: marked once
        event = AnymailTrackingEvent(event_type=told, recipient=recipient, reject_reason=why)
        bounces.hear(sender=None, event=event, esp_name="Any")
    ada.refresh_from_db()
    assert (bool(ada.bounced_at), bool(ada.complained_at)) == (bounced, complained)
    assert ConsentEvent.objects.count() == (len(ConsentEvent.Purpose.values) if complained else 0)


def test_it_is_wired_where_a_provider_is_set() -> None:
    code = (
        "import sys, django; django.setup()\n"
        "from django.conf import settings; from django.urls import resolve\n"
        "name = resolve('/mail/postmark/tracking/').url_name\n"
        "print(name, settings.EMAIL_BACKEND, 'supporters.bounces' in sys.modules)"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "EMAIL_PROVIDER": "postmark"}
    env |= {
        "EMAIL_PROVIDER_SETTINGS": "POSTMARK_SERVER_TOKEN=x",
        "EMAIL_WEBHOOK_SECRET": "us:secret",
        "EMAIL_URL": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=True
    )
    name, *others = done.stdout.split()
    assert "postmark" in name and others == ["foundation.letters.provider.Backend", "True"]


def test_it_is_wired_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in this process, but that the tests have a mail server of their own: what the settings say stands in them."""
    assert not settings.EMAIL_PROVIDER
    assert "postmark" not in str(resolve("/mail/postmark/tracking/").url_name)
    assert "provider" not in importlib.import_module("config.settings").EMAIL_BACKEND
    loaded: list[str] = []
    monkeypatch.setattr("supporters.apps.import_module", loaded.append)
    apps.get_app_config("supporters").ready()
    assert "supporters.mailbox" in loaded and "supporters.bounces" not in loaded

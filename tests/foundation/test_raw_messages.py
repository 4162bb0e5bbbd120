"""What a mail server is handed: bytes that hold whatever is written, and headers that tell a watcher nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from foundation.jobs import queue as jobs
from foundation.letters import kinds, outbox, writing
from foundation.letters.models import Letter
from foundation.letters.writing import Written
from foundation.organisation.models import Organisation
from tests.foundation.mail_server import MailServer, running
from tests.narrowing import not_none

pytestmark = [pytest.mark.django_db, pytest.mark.once]
KEY = "receipt:K7QM-3ZXA-9PWT"
LONGEST = 998  # bytes of a line without its end: RFC 5322


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with running() as server:
        settings.EMAIL_BACKEND = "foundation.letters.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server


def sent(server: MailServer, key: str = KEY, template: str = "note", **words: str) -> EmailMessage:
    written = Written(**{"subject": "A note", "text": "Bread.\n", "html": "<p>Bread.</p>", **words})
    outbox.enqueue(key, template, "ada@example.org", written, f"https://example.org/stop/{'x' * 400}")
    jobs.run_due()
    return parsed(server)


def parsed(server: MailServer, which: int = -1) -> EmailMessage:
    """As its reader has it: the mail server takes off the dot that the wire adds to a line which begins with one."""
    raw = re.sub(rb"(?m)^\.", b"", server.taken[which].encode())
    return message_from_bytes(raw, policy=policy.default)


def test_it_holds_long_lines_and_any_letters_and_breaks_no_rule_of_the_wire(server: MailServer) -> None:
    subject = ("Zoë, Юлия, 山田: ☂ " * 20)[:199] + "!"
    text = "ß" * 3000 + "\n.\n..dots\nFrom here\n" + "a b " * 1000 + "\nEnd.\n"
    html = f"<p>{'Юлия ' * 2000}</p>"
    message = sent(server, subject=subject, text=text, html=html)
    raw = server.taken[0].encode()
    assert max(map(len, raw.split(b"\r\n"))) <= LONGEST and b"\n" not in raw.replace(b"\r\n", b"")
    head = raw.split(b"\r\n\r\n")[0]
    assert head.isascii() and b"=?utf-8?" in head
    plain, rich = (cast(EmailMessage, part) for part in message.iter_parts())
    assert message["Subject"] == subject
    assert plain.get_content().replace("\r\n", "\n") == text and rich.get_content().rstrip() == html
    assert re.sub(r"\s", "", message["List-Unsubscribe"]) == f"<https://example.org/stop/{'x' * 400}>"


def test_it_keeps_its_message_id_when_it_is_tried_again(server: MailServer) -> None:
    server.answers["END"] = lambda: "451 4.3.0 try again later" if len(server.taken) == 1 else "250 ok"
    sent(server)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        jobs.run_due()
    assert Letter.objects.get().state == "sent" and len(server.taken) == 2
    first, second = (parsed(server, which)["Message-ID"] for which in (0, 1))
    assert first == second != sent(server, "other:1")["Message-ID"]


IN_GERMAN = ("hello@münchen.example", "xn--mnchen-3ya.example")


@pytest.mark.parametrize(("sender", "domain"), [("hello@charity.example", "charity.example"), IN_GERMAN])
def test_it_is_named_by_the_domain_that_it_comes_from(server: MailServer, sender: str, domain: str) -> None:
    Organisation.load()
    Organisation.objects.update(letters_from=sender)
    assert re.fullmatch(rf"<[0-9a-f]+@{re.escape(domain)}>", sent(server)["Message-ID"])


def test_it_is_named_by_the_servers_own_address_where_staff_entered_none(server: MailServer, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "The Road Out <letters@charity.example>"
    assert sent(server)["Message-ID"].endswith("@charity.example>")


def test_it_tells_whoever_reads_the_headers_nothing_of_person_or_gift(server: MailServer) -> None:
    message = sent(server)
    heads = "".join(f"{name}: {value}" for name, value in message.items())
    assert "K7QM" not in heads and "receipt" not in heads.lower()
    assert re.fullmatch(r"[0-9a-f]{32}", message["X-Letter"])


def test_it_says_that_nobody_wrote_it_unless_somebody_did(server: MailServer) -> None:
    assert sent(server, template="message_waits")["Auto-Submitted"] == "auto-generated"
    assert sent(server, "answer:1", "answer")["Auto-Submitted"] is None


def leafs(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if not part.is_multipart()]


def test_it_carries_the_logo_inside_asks_no_server_for_it_and_names_it_where_images_are_off(server: MailServer) -> None:
    picture = get_image_model().objects.create(title="logo", file=get_test_image_file(size=(960, 320)))
    Organisation.load()
    Organisation.objects.update(logo=picture, name="Road “Out” & Co")
    kind = not_none(kinds.get("plan_ended"))
    written = writing.compose(kind, kind.subject(), kind.words(), writing.sample(kind))
    message = sent(server, html=written.html, text=written.text)
    plain, rich, logo = leafs(message)
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in (plain, rich, logo)] == ["text/plain", "text/html", "image/png"]
    assert logo["Content-ID"] == "<logo@letter>" and logo["Content-Disposition"] == "inline"
    assert logo.get_content().startswith(b"\x89PNG") and len(logo.get_content()) < 60_000
    (shown,) = re.findall(r"<img[^>]*>", rich.get_content())
    assert 'src="cid:logo@letter"' in shown and 'alt="Road “Out” &amp; Co"' in shown
    assert not list(message.iter_attachments()), "it is no file of the reader's"


def test_it_hands_the_logo_to_a_providers_api_as_an_inline_picture(settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    picture = get_image_model().objects.create(title="logo", file=get_test_image_file(size=(60, 20)))
    Organisation.load()
    Organisation.objects.update(logo=picture)
    outbox.enqueue(KEY, "note", "ada@example.org", Written("A note", "Bread.", '<img src="cid:logo@letter" alt="">'))
    jobs.run_due()
    (handed,) = mail.outbox[-1].anymail_test_params["attachments"]
    assert handed.inline and handed.content_id == "<logo@letter>" and handed.mimetype == "image/png"


def test_it_goes_without_the_logo_when_its_file_is_gone(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = get_image_model().objects.create(title="logo", file=get_test_image_file(size=(60, 20)))
    Organisation.load()
    Organisation.objects.update(logo=picture)
    picture.file.storage.delete(picture.file.name)
    message = sent(server, html='<p><img src="cid:logo@letter" alt="The Road Out"></p>')
    assert [part.get_content_type() for part in leafs(message)] == ["text/plain", "text/html"]


LONG = [
    "Zoë, Юлия, 山田: ☂ " * 10,
    "Ihre Spendenquittung für das Jahr 2026 über einhundertfünfundzwanzig Euro",
    "a" * 190,
]


@pytest.mark.parametrize("subject", [subject.strip()[:200] for subject in LONG])
def test_it_begins_every_header_on_the_line_of_its_name(server: MailServer, subject: str) -> None:
    Organisation.load()
    Organisation.objects.update(
        name="Ärzte und Menschen auf dem Weg hinaus, eingetragener Verein " * 2, letters_from="a@b.example"
    )
    message = sent(server, subject=subject)
    head = server.taken[0].encode().split(b"\r\n\r\n")[0]
    assert not re.search(rb"(?m)^[\w-]+: *\r$", head), head
    assert message["Subject"] == subject and max(map(len, server.taken[0].encode().split(b"\r\n"))) <= LONGEST


def test_it_comes_from_the_charity_by_name_and_answers_go_to_where_people_read(
    server: MailServer, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "letters@server.example"
    Organisation.load()
    asked = [
        ("", ""),
        ("letters@charity.example", "hello@charity.example"),
        ("hello@charity.example", "hello@charity.example"),
    ]
    heard = []
    for number, (sender, general) in enumerate(asked):
        Organisation.objects.update(name='Road, "Out" Ä', letters_from=sender, email=general)
        message = sent(server, f"note:{number}")
        (address,) = message["From"].addresses
        assert address.display_name == 'Road, "Out" Ä'
        heard.append((address.addr_spec, message["Reply-To"]))
    answers = ("letters@charity.example", "hello@charity.example")
    assert heard == [("letters@server.example", None), answers, ("hello@charity.example", None)]

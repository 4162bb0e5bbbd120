"""Whose fault it is that a letter did not leave decides what follows, against a real mail server that fails."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from wagtail.admin.mail import OpenedConnection, send_mail

from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters import outbox, throttle
from foundation.letters.faults import Fault, judge
from foundation.letters.models import Letter, MailThrottle
from foundation.letters.smtp import Backend, MaybeTakenError
from foundation.letters.writing import Written
from staff.panel import HealthPanel
from supporters.models import Supporter
from tests.foundation.mail_server import CLOSE, HANG, MailServer, running

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
State = Letter.State
LATER = timedelta(hours=7)  # longer than any letter waits for its next try


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """The mail server of the settings, with a password."""
    with running() as server:
        settings.EMAIL_BACKEND = "foundation.letters.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "letters", "secret"
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 60
        yield server


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as travelling:
        yield travelling


def write(number: int = 1, to: str = "") -> Letter:
    return outbox.enqueue(
        f"note:{number}", "note", to or f"ada{number}@example.org", Written("A note", "Bread.", "<p>x")
    )


def states() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("state", flat=True))


def states_of_jobs() -> set[str]:
    return set(Job.objects.values_list("state", flat=True))


@pytest.mark.parametrize("end", [CLOSE, HANG, "no number at all", "250-half of an answer"])
def test_it_mails_one_copy_when_the_connection_is_lost_after_the_message_left(server, settings, clock, end):
    if end in (HANG, "250-half of an answer"):
        settings.EMAIL_TIMEOUT = 0.3  # short: it is meant to run out
    server.answers["END"] = end
    write()
    for _ in range(10):
        jobs.run_due()
        clock.shift(LATER)
    assert len(server.taken) == 1 and states() == [State.UNSURE] and states_of_jobs() == {"done"}
    assert Letter.objects.get().last_error, "staff read why"
    settings.EMAIL_TIMEOUT = 60
    del server.answers["END"]
    outbox.send_again(Letter.objects.get())
    jobs.run_due()
    assert len(server.taken) == 2 and states() == [State.SENT]


@pytest.mark.parametrize("word", ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("how", [CLOSE, HANG])
def test_it_sends_later_what_was_lost_before_the_message_left(server, settings, clock, word, how):
    if how == HANG:
        settings.EMAIL_TIMEOUT = 0.3  # short: it is meant to run out
    server.answers[word] = how
    write()
    for _ in range(12):
        jobs.run_due()
        clock.shift(LATER)
    assert server.taken == [] and states() == [State.WAITING] and states_of_jobs() == {"ready"}
    settings.EMAIL_TIMEOUT = 60
    server.answers.clear()
    jobs.run_due()
    assert len(server.taken) == 1 and states() == [State.SENT]


@pytest.mark.parametrize("said", [CLOSE, f"221 {'bye ' * 3000}"], ids=["none", "endless"])
def test_it_takes_a_letter_for_sent_though_the_farewell_fails(server, clock, said):
    server.answers["QUIT"] = said
    write()
    jobs.run_due()
    clock.shift(LATER)
    jobs.run_due()
    assert len(server.taken) == 1 and states() == [State.SENT]


@pytest.mark.parametrize(
    "said", ["535 5.7.8 wrong password", "534 5.7.9 use an application's password", "454 4.7.0 later"]
)
def test_it_loses_no_letter_to_a_password_that_does_not_work(server, settings, clock, said):
    server.answers["AUTH"] = said
    for number in range(10):
        write(number)
    for _ in range(40):
        jobs.run_due()
        clock.shift(LATER)
    assert states() == [State.WAITING] * 10 and states_of_jobs() == {"ready"}
    assert server.heard.count("AUTH") <= 40, "one letter asks for all"
    held = HealthPanel().get_context_data({})["letters_wait"]
    assert held.ours == (said[0] == "5") and held.since < timezone.now() - timedelta(days=11)
    del server.answers["AUTH"]
    settings.EMAIL_HOST_PASSWORD = "the right one"
    jobs.run_due()
    clock.shift(LATER)
    jobs.run_due()
    assert states() == [State.SENT] * 10 and len(server.taken) == 10
    assert HealthPanel().get_context_data({})["letters_wait"] is None


def test_it_tries_at_once_when_the_settings_were_put_right(server, settings, clock):
    server.answers["AUTH"] = "535 5.7.8 wrong password"
    write(1)
    jobs.run_due()
    write(2)
    jobs.run_due()
    assert server.heard.count("AUTH") == 1
    del server.answers["AUTH"]
    settings.EMAIL_HOST_PASSWORD = "the right one"
    jobs.run_due()
    assert states() == [State.WAITING, State.SENT]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("END", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"),
        ("END", "550 5.4.5 Daily user sending limit exceeded"),
        ("RCPT", "550 5.4.6 too many recipients this hour"),
        ("MAIL", "452 4.3.1 insufficient system storage"),
        ("MAIL", "550 5.7.60 quota exceeded"),
        ("END", "421 4.7.0 try again later"),
        ("RCPT", "421 4.4.2 closing"),
        ("DATA", "451 4.3.0 try again later"),
    ],
)
def test_it_waits_while_the_server_has_taken_enough_and_loses_nothing(server, clock, word, said):
    welcome = "354 go on" if word == "DATA" else "250 ok"
    server.answers[word] = lambda: said if max(len(server.taken), server.heard.count(word)) > 3 else welcome
    for number in range(6):
        write(number)
    for _ in range(20):
        jobs.run_due()
        clock.shift(LATER)
    assert states_of_jobs() <= {"ready", "done"} and State.FAILED not in states()
    sent = states().count(State.SENT)
    assert 0 < sent < 6
    server.answers.clear()
    for _ in range(3):
        jobs.run_due()
        clock.shift(LATER)
    assert states() == [State.SENT] * 6


def test_it_marks_an_address_that_the_server_does_not_know_and_sends_the_others(server, clock):
    Supporter.objects.create(email="gone@example.org", canonical="gone@example.org")
    server.answers["RCPT"] = lambda: "550 5.1.1 no such user" if server.heard.count("RCPT") == 1 else "250 ok"
    write(1, "gone@example.org")
    write(2)
    jobs.run_due()
    assert states() == [State.FAILED, State.SENT] and states_of_jobs() == {"done"}
    assert Supporter.objects.get().bounced_at and "gone@" not in Letter.objects.first().last_error
    assert not MailThrottle.objects.exclude(failures=0)


@pytest.mark.parametrize("said", ["554 5.7.1 this looks like an advertisement", "554 rejected", "552 5.3.4 too large"])
def test_it_sets_aside_a_letter_that_is_not_wanted_and_sends_the_others(server, clock, said):
    server.answers["END"] = lambda: said if len(server.taken) == 1 else "250 ok"
    Supporter.objects.create(email="ada1@example.org", canonical="ada1@example.org")
    write(1)
    write(2)
    jobs.run_due()
    assert states() == [State.FAILED, State.SENT]
    assert Supporter.objects.get().bounced_at is None, "its mailbox is there"


@pytest.mark.parametrize("said", ["451 4.7.1 greylisted", "552 5.2.2 mailbox full", "450 4.2.1 over quota"])
def test_it_waits_for_one_reader_alone_and_for_three_days(server, clock, said):
    server.answers["RCPT"] = lambda: said if server.heard.count("RCPT") != 2 else "250 ok"
    write(1)
    write(2)
    jobs.run_due()
    assert states() == [State.WAITING, State.SENT], "the others go on"
    begun = timezone.now()
    while states()[0] == State.WAITING:
        clock.shift(timedelta(minutes=30))
        jobs.run_due()
    assert states() == [State.FAILED, State.SENT] and timedelta(days=3) < timezone.now() - begun < timedelta(days=5)
    assert states_of_jobs() == {"done"}


def test_it_delivers_to_a_grey_list_at_the_second_try(server, clock):
    server.answers["RCPT"] = lambda: "451 4.7.1 greylisted" if server.heard.count("RCPT") == 1 else "250 ok"
    write()
    jobs.run_due()
    clock.shift(timedelta(minutes=2))
    jobs.run_due()
    assert states() == [State.SENT] and len(server.taken) == 1


def test_it_gives_a_reader_three_days_however_long_the_password_was_wrong(server, settings, clock):
    server.answers["AUTH"] = "535 5.7.8 wrong password"
    write()
    for _ in range(40):
        jobs.run_due()
        clock.shift(LATER)
    del server.answers["AUTH"]
    server.answers["RCPT"] = "451 4.7.1 greylisted"
    for _ in range(5):
        jobs.run_due()
        clock.shift(LATER)
    assert states() == [State.WAITING] and server.heard.count("RCPT") == 5


def test_it_lets_one_letter_that_is_refused_as_ours_hold_up_the_others_only_shortly(server, clock):
    """“Relaying denied” for one reader says little about all."""
    server.answers["RCPT"] = lambda: "250 ok"
    write(1, "odd@example.org")
    write(2)
    answers = iter(["550 5.7.1 relaying denied"])
    server.answers["RCPT"] = lambda: next(answers, "250 ok")
    jobs.run_due()
    assert states() == [State.WAITING, State.WAITING]
    clock.shift(timedelta(minutes=2))
    jobs.run_due()
    assert states() == [State.SENT, State.SENT]


@pytest.mark.parametrize("rate", [1, 20])
def test_it_sends_no_more_in_any_minute_than_the_settings_say(server, settings, clock, rate):
    settings.LETTERS_PER_MINUTE = rate
    count = rate * 2 + 3
    for number in range(count):
        write(number)
    times: list[float] = []
    step = timedelta(seconds=min(60 / rate, 5) / 2)
    while states().count(State.SENT) < count:
        before = len(server.taken)
        jobs.run_due()
        times += [timezone.now().timestamp()] * (len(server.taken) - before)
        clock.shift(step)
    for start in times:
        assert len([moment for moment in times if start <= moment < start + 60]) <= rate
    assert times[-1] - times[0] < 60 * count / rate * 1.5, "and not much slower"
    assert Job.objects.filter(failures__gt=0).count() == 0
    assert max(Job.objects.values_list("attempts", flat=True)) <= 2, "what waits is left alone"


def test_it_knows_no_rate_unless_it_is_set(server, settings, clock):
    assert settings.LETTERS_PER_MINUTE == 0
    for number in range(5):
        write(number)
    jobs.run_due()
    assert states() == [State.SENT] * 5 and not MailThrottle.objects.exists()


def test_it_draws_the_document_before_it_takes_the_letter_in_hand(server, clock):
    """What fails there is no “perhaps sent”."""
    letter = write()

    def broken(document: str) -> None:
        raise RuntimeError("no paper")

    with pytest.raises(RuntimeError):
        outbox.send({"letter": letter.pk}, broken)
    assert states() == [State.WAITING] and server.heard == []


def test_it_notes_a_letter_as_sent_that_took_longer_than_its_lease(server, clock, monkeypatch):
    """Another worker took this one for dead, and noted “perhaps sent”."""
    send = Backend.send_messages

    def slow(self: Backend, messages: Any) -> int:
        count = send(self, messages)
        Letter.objects.update(state=State.UNSURE)
        return count

    monkeypatch.setattr(Backend, "send_messages", slow)
    write()
    jobs.run_due()
    assert states() == [State.SENT] and len(server.taken) == 1


def test_it_mails_what_other_packages_send_by_the_same_server(server):
    """As Wagtail does within a request: it opens first and sends then, which holds nobody while the server hangs."""
    server.answers["GREETING"] = HANG
    with OpenedConnection(mail.get_connection()) as connection:
        send_mail("Submitted", "Please look", ["staff@example.org"], connection=connection)
    assert server.connections == 0 and states() == [State.WAITING]
    server.answers.clear()
    jobs.run_due()
    assert len(server.taken) == 1 and states() == [State.SENT]


class ProviderError(OSError):
    """As django-anymail raises it."""

    def __init__(self, status: int | None) -> None:
        super().__init__("provider")
        self.status_code = status


def refused(code: int, words: str) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"ada@example.org": (code, words.encode())})


FAULTS = [
    (MaybeTakenError("x"), Fault.UNSURE),
    (smtplib.SMTPDataError(-1, b"?"), Fault.UNSURE),
    (smtplib.SMTPDataError(251, b"taken, in other words"), Fault.UNSURE),
    (smtplib.SMTPServerDisconnected("x"), Fault.SERVER),
    (ConnectionRefusedError("x"), Fault.SERVER),
    (TimeoutError("x"), Fault.SERVER),
    (socket.gaierror(socket.EAI_AGAIN, "x"), Fault.SERVER),
    (socket.gaierror(socket.EAI_NONAME, "x"), Fault.OURS),
    (ssl.SSLCertVerificationError("x"), Fault.OURS),
    (smtplib.SMTPNotSupportedError("STARTTLS extension not supported"), Fault.OURS),
    (smtplib.SMTPException("No suitable authentication method found."), Fault.OURS),
    (smtplib.SMTPConnectError(554, b"5.7.1 your address is on a list"), Fault.OURS),
    (smtplib.SMTPConnectError(421, b"too many connections"), Fault.SERVER),
    (smtplib.SMTPSenderRefused(553, b"5.7.1 sender address rejected", "us@x"), Fault.OURS),
    (smtplib.SMTPSenderRefused(552, b"5.3.4 message size exceeds limit", "us@x"), Fault.LETTER),
    (smtplib.SMTPSenderRefused(451, b"4.3.0 try later", "us@x"), Fault.SERVER),
    (refused(550, "no such user"), Fault.ADDRESS),
    (refused(550, "5.1.1 unknown; too many tries, rate limited"), Fault.ADDRESS),
    (refused(551, "user not local"), Fault.ADDRESS),
    (refused(553, "mailbox name not allowed"), Fault.ADDRESS),
    (refused(501, "5.1.3 bad address syntax"), Fault.ADDRESS),
    (refused(550, "5.2.1 mailbox disabled"), Fault.ADDRESS),
    (refused(550, "Blocked: look at our page about it"), Fault.LETTER),
    (refused(554, "recipient rejected"), Fault.LETTER),
    (refused(503, "bad sequence of commands"), Fault.LETTER),
    (smtplib.SMTPDataError(550, b"5.7.26 unauthenticated: neither SPF nor DKIM passed"), Fault.OURS),
    (refused(530, "5.7.0 authentication required"), Fault.OURS),
    (refused(550, "5.7.1 relaying denied"), Fault.OURS),
    (refused(550, "5.7.1 blocked by policy"), Fault.LETTER),
    (refused(550, "5.4.5 daily sending quota exceeded"), Fault.SERVER),
    (refused(450, "4.2.2 mailbox over quota"), Fault.LATER),
    (refused(452, "4.2.2 mailbox full"), Fault.LATER),
    (refused(451, "try later"), Fault.LATER),
    (smtplib.SMTPDataError(550, b"5.4.5 daily limit exceeded"), Fault.SERVER),
    (smtplib.SMTPDataError(554, b"rejected"), Fault.LETTER),
    (smtplib.SMTPDataError(552, b"5.2.2 mailbox over quota"), Fault.LATER),
    (smtplib.SMTPDataError(451, b"4.7.1 later"), Fault.LATER),
    (ProviderError(401), Fault.OURS),
    (ProviderError(402), Fault.OURS),
    (ProviderError(422), Fault.LETTER),
    (ProviderError(429), Fault.SERVER),
    (ProviderError(503), Fault.SERVER),
]


@pytest.mark.once
@pytest.mark.parametrize(("error", "fault"), FAULTS, ids=lambda it: str(it)[:60])
def test_it_knows_whose_fault_it_is(error: Exception, fault: Fault) -> None:
    assert judge(error) == fault


@pytest.mark.once
def test_it_does_not_know_whether_a_provider_took_a_letter_whose_answer_was_lost() -> None:
    lost, never = ProviderError(None), ProviderError(None)
    lost.__cause__ = TimeoutError("Read timed out.")
    never.__cause__ = OSError("HTTPSConnectionPool: NewConnectionError: refused")
    assert (judge(lost), judge(never)) == (Fault.UNSURE, Fault.SERVER)


@pytest.mark.once
def test_it_doubles_the_wait_up_to_an_end(db) -> None:
    error = ConnectionRefusedError("x")
    assert [throttle.hold(Fault.SERVER, error) for _ in range(8)] == [15, 30, 60, 120, 240, 480, 600, 600]
    throttle.release()
    assert throttle.hold(Fault.OURS, error) == 60

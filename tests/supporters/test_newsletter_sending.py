"""A newsletter goes once to everybody who wants it, in their language, whatever dies, and to nobody who stopped."""

import re

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client

from foundation.jobs import lanes
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters import outbox
from foundation.letters.models import Letter
from foundation.organisation import clone_guard
from supporters import consent, mailbox, news, privacy_registry
from supporters.models import Delivery, Newsletter, NewsletterText, Supporter
from supporters.newsletter import sending
from tests.foundation.crowd import together
from tests.narrowing import not_none
from tests.supporters import newsletters
from tests.supporters.newsletters import LETTERS, addressed, begun, later, reader, readers, to_the_end, written

pytestmark = pytest.mark.django_db
State = Newsletter.State


@pytest.fixture(autouse=True)
def leaves(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def mailed() -> list[str]:
    return sorted(message.to[0] for message in mail.outbox)


def test_it_goes_to_whoever_said_yes_in_their_own_language_and_to_nobody_else() -> None:
    reader("ada@example.org", name="Ada")
    reader("eva@example.org", "es")
    reader("no-words@example.org", "fr")
    consent.record(reader("no@example.org"), LETTERS, False, "words", "/")
    Supporter.objects.create(email="silent@example.org", canonical="silent@example.org")
    mailbox.bounced(reader("gone@example.org").email)
    mailbox.complained(reader("tired@example.org").email)
    privacy_registry.erase(reader("erased@example.org"))
    jobs.run_due()
    assert mail.outbox.pop().to == ["erased@example.org"], "their last letter"
    newsletter = written()
    NewsletterText.objects.create(newsletter=newsletter, language="es", subject="Noticias", body="Pan.")
    assert sending.progress(newsletter).readers == 2
    to_the_end(begun(newsletter))
    assert {message.to[0]: message.subject for message in mail.outbox} == {
        "ada@example.org": "News for November",
        "eva@example.org": "Noticias",
    }
    assert "Dear Ada," in mail.outbox[0].body
    newsletter.refresh_from_db()
    assert newsletter.state == State.SENT and newsletter.ended_at
    assert sending.progress(newsletter) == sending.Progress(2, 2, 2, 0, 0, running=False)


def test_it_offers_to_stop_by_one_press_and_the_next_one_does_not_come() -> None:
    reader("ada@example.org")
    to_the_end(begun(written()))
    message = mail.outbox[0].message()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (address,) = re.findall(r"<http://[^/]+(/.+)>", str(message["List-Unsubscribe"]))
    assert address in mail.outbox[0].body
    form = "application/x-www-form-urlencoded"
    Client(enforce_csrf_checks=True).post(address, "List-Unsubscribe=One-Click", content_type=form)
    to_the_end(begun(written()))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("how", ["stops", "complains", "bounces", "is erased"])
def test_it_reaches_nobody_who_stops_between_the_begin_and_their_turn(how: str, monkeypatch) -> None:
    """One is written already and waits for the mail server; of the other nothing is written yet."""
    waits, unwritten = reader("ada@example.org"), reader("bea@example.org")
    monkeypatch.setattr(sending, "STEP", 1)
    newsletter = begun(written())
    jobs.run_due(limit=1)
    assert addressed() == [waits.email] and not mail.outbox
    for supporter in (waits, unwritten):
        if how == "stops":
            news.stop(supporter, LETTERS, "/letters/stop/")
        elif how == "is erased":
            privacy_registry.erase(supporter)
        else:
            (mailbox.complained if how == "complains" else mailbox.bounced)(supporter.email)
    to_the_end(newsletter)
    assert not [each.subject for each in mail.outbox if "forgotten" not in each.subject], "but the last letter"
    assert Delivery.objects.count() == 1
    letter = Letter.objects.get(template="newsletter")
    assert letter.state in (Letter.State.WITHHELD, Letter.State.FORGOTTEN) and not letter.text
    assert sending.progress(newsletter).withheld == 1


def test_it_leaves_out_who_agreed_after_it_had_begun(monkeypatch) -> None:
    reader("ada@example.org")
    newsletter = begun(written())
    with later(1):
        reader("late@example.org")
        to_the_end(newsletter)
    assert mailed() == ["ada@example.org"]


def test_it_keeps_who_agreed_once_more_while_it_is_sent() -> None:
    ada = reader("ada@example.org")
    newsletter = begun(written())
    with later(1):
        consent.record(ada, LETTERS, True, "words", "/pledge/")
        to_the_end(newsletter)
    assert mailed() == ["ada@example.org"]


def test_it_lets_few_letters_wait_so_that_a_receipt_is_never_behind_all_of_them(monkeypatch) -> None:
    monkeypatch.setattr(sending, "STEP", 3)
    readers(7)
    newsletter = begun(written())
    jobs.run_due(limit=1)
    assert Letter.objects.count() == 3
    with later():  # the mail server has taken none of them yet
        Job.objects.filter(kind=sending.KIND).update(run_at=F("created_at"))
        jobs.run_due(limit=1, lane=lanes.SLOW)
    assert Letter.objects.count() == 3
    to_the_end(newsletter)
    assert len(mailed()) == 7


@pytest.mark.both
def test_it_mails_nobody_twice_however_often_it_is_killed(monkeypatch) -> None:
    """At each of its steps in turn: before a letter, between letters, after the batch, and while one is handed over."""
    monkeypatch.setattr(sending, "STEP", 2)
    everybody = [each.email for each in readers(5)]
    newsletter = begun(written())
    write, record = sending._write, sending.write
    died: set[object] = set()

    def dies(place: object) -> None:
        if place not in died:
            died.add(place)
            raise SystemExit  # as a kill would: no handler catches it

    def write_one(row, words, supporter):
        dies(("before", supporter.pk))
        write(row, words, supporter)
        dies(("after", supporter.pk))

    def write_some(row, most):
        count = record(row, most)
        dies(("batch", Delivery.objects.count()))
        return count

    monkeypatch.setattr(sending, "_write", write_one)
    monkeypatch.setattr(sending, "write", write_some)
    for look in range(newsletters.ENOUGH):
        with later(10 * look):  # a lease of five minutes is over: its job is anybody's
            try:
                jobs.run_due()
            except SystemExit:
                Job.objects.update(failures=0)  # a worker that is killed eight times by hand is no broken job
        newsletter.refresh_from_db()
        if newsletter.state == State.SENT:
            break
    assert newsletter.state == State.SENT and len(died) > 10
    assert mailed() == everybody == addressed()


def test_it_leaves_one_in_doubt_that_was_handed_over_when_its_worker_died(monkeypatch) -> None:
    reader("ada@example.org")
    newsletter = begun(written())
    jobs.run_due(limit=1)
    Letter.objects.update(state=Letter.State.SENDING)  # the worker died here
    to_the_end(newsletter)
    assert not mail.outbox and Letter.objects.get().state == Letter.State.UNSURE
    assert sending.progress(newsletter).not_there == 1
    outbox.send_again(Letter.objects.get())  # staff decide
    jobs.run_due()
    assert mailed() == ["ada@example.org"]


@pytest.mark.django_db(transaction=True)
def test_it_mails_nobody_twice_when_several_begin_and_write_at_once() -> None:
    readers(6)
    newsletter = written()
    assert sorted(together(4, lambda _number: sending.begin(newsletter))) == [False, False, False, True]
    newsletter.refresh_from_db()
    together(4, lambda _number: sending.write(newsletter, 100))
    to_the_end(newsletter)
    assert len(mailed()) == len(set(mailed())) == len(addressed()) == 6 and Delivery.objects.count() == 6
    assert Job.objects.filter(kind=sending.KIND).count() == 1


def test_it_holds_still_while_it_is_paused_and_goes_on_where_it_was(monkeypatch) -> None:
    monkeypatch.setattr(sending, "STEP", 2)
    readers(5)
    newsletter = begun(written())
    jobs.run_due(limit=1)
    assert sending.pause(newsletter) and not sending.pause(newsletter)
    for look in range(3):
        with later(2 * look):
            jobs.run_due()
    assert not mail.outbox and len(addressed()) == 2
    newsletter.refresh_from_db()
    with later(10):
        assert sending.resume(newsletter) and not sending.resume(newsletter)
    newsletter.refresh_from_db()
    with later(10):
        to_the_end(newsletter)
    assert len(mailed()) == 5 == len(set(mailed()))


def test_it_ends_for_good_when_it_is_stopped(monkeypatch) -> None:
    monkeypatch.setattr(sending, "STEP", 2)
    readers(5)
    newsletter = begun(written())
    jobs.run_due(limit=1)
    jobs.run_due(limit=1)  # one has left
    assert sending.stop(newsletter) and not sending.stop(newsletter)
    assert not Letter.objects.filter(state=Letter.State.WAITING).exists(), "at once, whenever the mail server is back"
    newsletter.refresh_from_db()
    assert not sending.resume(newsletter) and not sending.begin(newsletter)
    with later(10):
        jobs.run_due()
    assert len(mailed()) == 1 and sending.progress(newsletter) == sending.Progress(2, 2, 1, 1, 0, running=False)


def test_it_can_be_taken_up_again_when_its_job_has_failed_for_good() -> None:
    reader("ada@example.org")
    newsletter = begun(written())
    Job.objects.filter(kind=sending.KIND).update(state=Job.State.DEAD)
    assert not sending.progress(newsletter).running and sending.resume(newsletter)
    newsletter.refresh_from_db()
    to_the_end(newsletter)
    assert mailed() == ["ada@example.org"]


def test_it_sends_nothing_from_a_restored_copy_and_waits_for_staff(monkeypatch) -> None:
    monkeypatch.setattr(sending, "STEP", 1)
    readers(3)
    newsletter = begun(written())
    clone_guard.restored(not_none(newsletter.sent_from))
    to_look_at = Job.objects.get(kind=sending.KIND)
    jobs.run_due()
    assert not Letter.objects.exists() and Job.objects.get(pk=to_look_at.pk).state == Job.State.READY
    sending.pause_all()
    clone_guard.claim()
    with later(20):
        jobs.run_due()
    assert not Letter.objects.exists()


def test_it_is_named_in_the_export_also_when_its_words_are_forgotten() -> None:
    ada = reader("ada@example.org")
    to_the_end(begun(written()))
    Letter.objects.update(text="", html="", stop_url="")
    (told,) = privacy_registry.export(ada)["supporters"]["newsletters"]
    assert (told["newsletter"], told["language"], told["letter"]) == ("News for November", "en", "sent") and told[
        "sent"
    ]


def test_it_is_forgotten_with_the_person_and_never_goes_to_who_they_were() -> None:
    ada = reader("ada@example.org", name="Ada Quintessa")
    to_the_end(begun(written()))
    privacy_registry.erase(ada)
    assert not Letter.objects.filter(text__contains="Quintessa").exists() and addressed() == [""]
    assert Delivery.objects.get().supporter.email == ""


def test_it_counts_two_rows_of_one_person_as_one_reader(monkeypatch) -> None:
    monkeypatch.setattr(sending, "STEP", 1)
    old, new = reader("old@example.org"), reader("new@example.org")
    newsletter = begun(written())
    jobs.run_due(limit=2)
    assert mailed() == ["old@example.org"]
    privacy_registry.merge(old, new)
    to_the_end(newsletter)
    assert mailed() == ["old@example.org"] and Delivery.objects.get().supporter == new
    again = begun(written())
    both = reader("both@example.org")
    Delivery.objects.create(newsletter=again, supporter=both, language="en", letter=_letter("a"))
    Delivery.objects.create(newsletter=again, supporter=new, language="en", letter=_letter("b"))
    privacy_registry.merge(both, new)
    assert Delivery.objects.filter(newsletter=again).count() == 1


def _letter(key: str) -> Letter:
    return Letter.objects.create(key=key, template="newsletter", to="a@example.org", subject="x", text="x")

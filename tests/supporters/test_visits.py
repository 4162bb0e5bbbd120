"""Coming in without a password: a mailed link, one button, a short session, and nothing that tells who is known."""

import itertools
import re
import time
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from foundation.access import antispam
from foundation.access.models import AccessLink
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from supporters import consent, mailbox, news, privacy_registry, supporters
from supporters.models import ConsentEvent, Supporter
from supporters.visits import COOKIE, SESSION
from tests.supporters.visitor import ask, come_in, links_to

pytestmark = pytest.mark.django_db
ADA = "ada@donor.example"
CONNECTIONS = itertools.count(1)  # from one of them only ten links an hour are asked for


@pytest.fixture
def ada():
    return supporters.get_or_create_supporter(ADA, "Ada Lovelace")


def test_it_answers_the_same_whether_it_knows_the_address_or_not(ada):
    known, unknown = ask(Client(), ADA), ask(Client(), "nobody@donor.example")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"]) == (302, "/my/asked/")
    assert dict(known.items()).keys() == dict(unknown.items()).keys()
    jobs = list(Job.objects.filter(kind="my-link"))
    assert len(jobs) == 2
    assert not any("@" in str(job.args) + job.key for job in jobs)
    run_due()
    assert [letter.to for letter in Letter.objects.all()] == [ADA]


def test_it_answers_byte_for_byte_and_query_for_query_the_same_whoever_it_knows(ada):
    """Known, unknown, erased, complained, bounced; and once more than a mailbox may ask, which it does not say either.
    In the first answer, in the page that it leads to, and in the page that a mistake leads back to.
    """
    for name in ("erased", "complained", "bounced"):
        supporters.get_or_create_supporter(f"{name}@donor.example", "Somebody")
    privacy_registry.erase(Supporter.objects.get(email="erased@donor.example"))
    mailbox.complained("complained@donor.example")
    mailbox.bounced("bounced@donor.example")
    people = ("ada", "nobody", "erased", "complained", "bounced")
    with time_machine.travel(timezone.now(), tick=False):  # a header says when it was
        told_of("first@donor.example")  # what a first page keeps for all
        for _asked in range(4):  # the fourth brings no letter any more, to whoever it would have gone
            assert len({told_of(f"{name}@donor.example") for name in people}) == 1


def told_of(email: str) -> tuple[object, ...]:
    """All that whoever asks can see of an address, and how often the database was asked for it."""
    client = Client(REMOTE_ADDR=f"198.51.100.{next(CONNECTIONS)}")
    opened = signing.dumps(time.time() - 30, salt=antispam.SALT)
    told: list[object] = []
    for fields in ({"email": email, "opened": opened}, {"email": email, "opened": opened, "spare": "x"}):
        with CaptureQueriesContext(connection) as queries:
            answer = client.post("/my/", fields)
        told += [answer.status_code, answer.get("Location"), *shape(answer, email), len(queries)]
        with CaptureQueriesContext(connection) as queries:
            told += shape(client.get("/my/asked/"), email)
        told.append(len(queries))
    return tuple(told)


def shape(answer, email: str) -> list[object]:
    """Its headers and its bytes, without what is random each time and without what was typed."""
    body = re.sub(rb'value="[^"]{40,}"|name="form-\w+"', b"", answer.content.replace(email.encode(), b""))
    return [tuple(sorted((name, value) for name, value in answer.items() if name != "Content-Length")), body]


def test_it_writes_to_the_address_that_was_proved_and_in_any_spelling(ada):
    ask(Client(), "ADA@donor.example")
    run_due()
    assert Letter.objects.get().to == ADA


def test_it_opens_by_a_button_and_not_by_looking(ada):
    ask(Client(), ADA)
    run_due()
    (address,) = links_to(ADA)
    scanner = Client()
    assert scanner.get(address).status_code == 200
    assert COOKIE not in scanner.cookies
    owner = Client()
    answer = owner.post(address)
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/my/", True, "Lax")
    assert ADA in owner.get("/my/").content.decode()


def test_it_opens_once(ada):
    ask(Client(), ADA)
    run_due()
    (address,) = links_to(ADA)
    owner = Client()
    owner.post(address)
    assert owner.post(address).status_code == 302  # a double click
    thief = Client()
    assert thief.post(address).status_code == 404
    assert COOKIE not in thief.cookies
    assert thief.get(address).status_code == 404


def test_it_spends_no_link_because_a_machine_pressed_its_button(ada):
    ask(Client(), ADA)
    run_due()
    address, machine = links_to(ADA)[0], Client()
    shown = machine.get(address).context["opened"]
    assert machine.post(address, {"opened": shown}).status_code == 200
    assert COOKIE not in machine.cookies
    owner = Client()
    shown = owner.get(address).context["opened"]
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        assert owner.post(address, {"opened": shown}).status_code == 302
    assert COOKIE in owner.cookies


def test_it_opens_for_half_an_hour(ada):
    ask(Client(), ADA)
    run_due()
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert Client().post(links_to(ADA)[0]).status_code == 404


def test_it_keeps_no_token_that_could_be_read_from_the_database(ada):
    client = come_in(ADA)
    token = client.cookies[COOKIE].value
    assert AccessLink.objects.get(purpose=SESSION).token_sha256 != token
    assert not AccessLink.objects.filter(token_sha256=token).exists()


def test_it_lasts_as_long_as_something_is_done(ada):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = come_in(ADA)
        clock.shift(timedelta(minutes=20))
        client.post("/my/name/", {"name": "Ada King"})
        clock.shift(timedelta(minutes=20))
        assert "Ada King" in client.get("/my/").content.decode()
        clock.shift(timedelta(minutes=31))
        assert ADA not in client.get("/my/").content.decode()


def test_it_keeps_what_was_typed_when_it_closed_meanwhile_until_its_owner_is_in_again(ada):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = come_in(ADA)
        clock.shift(timedelta(minutes=31))
        answer = client.post("/my/name/", {"name": "Ada <King>"})
        page = answer.content.decode()
        assert answer.status_code == 403 and "“<bdi>Ada &lt;King&gt;</bdi>”" in page
        assert "no-store" in answer["Cache-Control"] and answer["Referrer-Policy"] == "same-origin"
        assert Supporter.objects.get().name == "Ada Lovelace"
        kept = {
            name: unescape(value) for name, value in re.findall(r'type="hidden" name="(name)" value="([^"]*)"', page)
        }
        assert 'action="/my/name/"' in page and kept == {"name": "Ada <King>"}
        assert client.post("/my/name/", kept).status_code == 403, "as long as nobody is in"
        client.cookies = come_in(ADA).cookies
        assert client.post("/my/name/", kept).status_code == 302
        clock.shift(timedelta(minutes=31))
        for address, sent in (
            ("name/", {"name": ""}),
            ("letters/", {"purpose": "letters"}),
            ("erase/", {"sure": "yes"}),
        ):
            assert client.post(f"/my/{address}", sent)["Location"] == "/my/", "nothing was typed there"
        assert "4242 4242" not in client.post("/my/name/", {"name": "4242 4242 4242 4242"}).content.decode()
    assert Client().post("/my/name/", {"name": "Mallory"})["Location"] == "/my/", "no page was open"
    assert Supporter.objects.get().name == "Ada <King>"


def test_it_stays_open_in_the_other_language_and_closes_in_both(ada):
    """My page has a link to itself in Spanish: who presses it is asked for no new link."""
    ask(client := Client(), ADA)
    run_due()
    opened = client.post(links_to(ADA)[-1])
    token = opened.cookies[COOKIE].value
    assert {(each.key, each["path"], each.value) for each in opened.cookies.values()} >= {
        (COOKIE, "/my/", token),
        (COOKIE, "/es/my/", token),
    }
    assert all(each["httponly"] and each["samesite"] == "Lax" for each in opened.cookies.values() if each.key == COOKIE)
    closed = client.post("/es/my/leave/")
    gone = {each["path"] for each in closed.cookies.values() if each.key == COOKIE and not each.value}
    assert gone == {"/my/", "/es/my/"} and ADA not in client.get("/my/").content.decode()


def test_it_sends_three_letters_a_day_and_says_nothing_about_it(ada):
    for _ in range(6):
        assert ask(Client(), ADA)["Location"] == "/my/asked/"
    run_due()
    assert Letter.objects.count() == 3


@pytest.mark.usefixtures("stopped")
def test_it_slows_who_asks_for_many(ada):
    answers = [ask(Client(), f"nobody{number}@donor.example").status_code for number in range(12)]
    assert answers[:10] == [302] * 10
    assert answers[10:] == [429, 429]


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a@b@c"])
def test_it_says_what_is_wrong_with_an_address_and_keeps_it(email):
    answer = ask(Client(), email)
    assert answer.status_code == 200
    assert "Please write your e-mail address" in answer.content.decode()


def test_it_shows_the_words_that_were_agreed_to_and_lets_them_go(ada):
    consent.record(ada, "letters", True, "Those very words of old.", "/pledge/")
    client = come_in(ADA)
    assert "Those very words of old." in client.get("/my/").content.decode()
    client.post("/my/letters/", {"purpose": "letters", "wanted": "no"})
    assert not news.wants(ada, ConsentEvent.Purpose.LETTERS)
    client.post("/my/letters/", {"purpose": "letters", "wanted": "yes"})
    newest = ada.consent_events.first()
    assert newest.given
    assert newest.wording == consent.wording("letters")
    before = ada.consent_events.count()
    client.post("/my/letters/", {"purpose": "letters", "wanted": "yes"})
    assert ada.consent_events.count() == before


def test_it_writes_again_to_who_complained_and_then_asked_for_letters(ada):
    mailbox.complained(ada.email)
    mailbox.bounced(ada.email)
    visitor = come_in(ada.email)
    ada.refresh_from_db()
    assert not news.may_write(ada, "letters")
    visitor.post("/my/letters/", {"purpose": "letters", "wanted": "yes"})
    ada.refresh_from_db()
    assert news.may_write(ada, "letters")


@pytest.mark.parametrize("purpose", ["", "money", "letters\0"])
def test_it_knows_no_other_purpose(ada, purpose):
    come_in(ADA).post("/my/letters/", {"purpose": purpose, "wanted": "yes"})
    assert not ada.consent_events.exists()


@pytest.mark.parametrize("address", ["letters/", "name/", "leave/"])
def test_it_changes_nothing_by_get(ada, address):
    assert come_in(ADA).get("/my/" + address).status_code == 405


@pytest.mark.parametrize("address", ["data.json", "erase/"])
def test_it_sends_who_has_no_session_to_the_door(address):
    assert Client().get("/my/" + address)["Location"] == "/my/"


def test_it_takes_no_invented_cookie(ada):
    client = Client()
    for token in ("", "x", "x" * 5000, "\x00"):
        client.cookies[COOKIE] = token
        assert client.get("/my/").status_code == 200
        assert ADA not in client.get("/my/").content.decode()


def test_it_is_kept_by_no_cache(ada):
    client = come_in(ADA)
    for address in ("/my/", "/my/data.json", "/my/erase/"):
        assert "no-store" in client.get(address)["Cache-Control"]

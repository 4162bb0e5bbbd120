"""What the form takes, what it refuses, and that it tells nobody whom we know."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.html import parse_html
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from foundation.access import ratelimit
from foundation.access.models import TokenBucket
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from pledges import counting, pledging, views, wording
from pledges.country_select import Choices, CountrySelect
from pledges.models import Pledge, Signature
from supporters import consent, mailbox
from tests.pledges import driver

NAMES = [
    "x" * 200,
    "שרה כהן",
    "محمد بن عبد الله",
    "=HYPERLINK(A1)",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% now %}",
    'O’Brien & Söhne "Ltd"',
    "👩🏽‍🚒 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "J.R.R. Tolkien",
    "نمی‌دانم",
]


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_every_name_and_shows_it_inert(pledge: Pledge, client: Client, name: str) -> None:
    driver.sign(client, name=name)
    signature = Signature.objects.get()
    assert signature.name == name
    (letter,) = driver.letters()
    page = client.get(driver.link(letter)).content.decode()
    assert "<script>alert" not in page
    assert f"<bdi>{escape(name)}</bdi>" in page
    driver.confirm(client)
    assert counting.confirmed(pledge) == 1


@pytest.mark.parametrize(
    "name", ["http://spam.example", "Buy at www.spam", "visit spam.com today", "x" * 201, "\u202e\u2066"]
)
def test_it_refuses_politely_what_is_no_name(pledge: Pledge, client: Client, name: str) -> None:
    answer = driver.sign(client, name=name)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Please check the form" in page and 'href="#id_name"' in page
    assert 'value="ada@example.org"' in page  # nothing that was typed is lost
    assert not Signature.objects.exists() and not Letter.objects.exists()


def test_it_takes_away_what_turns_or_breaks_the_line(pledge: Pledge, client: Client) -> None:
    driver.sign(client, name=" Ada\u202e\tevil\r\nBcc: x\x07 ")
    assert Signature.objects.get().name == "Ada evil Bcc: x"


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "a@b@c.org", "ada@example.org\nBcc: x@y.org", "x" * 300 + "@example.org"]
)
def test_it_refuses_what_is_no_address(pledge: Pledge, client: Client, email: str) -> None:
    answer = driver.sign(client, email=email)
    assert answer.status_code == 200 and 'href="#id_email"' in answer.content.decode()
    assert not Signature.objects.exists()


def test_it_needs_no_country_and_refuses_an_unknown_one(pledge: Pledge, client: Client) -> None:
    driver.sign(client, country="ZZ")
    assert not Signature.objects.exists()
    driver.sign(client, country="")
    assert Signature.objects.get().country == ""


def test_it_ticks_no_box_for_anybody(pledge: Pledge, client: Client) -> None:
    page = client.get("/pledge/").content.decode()
    boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
    assert len(boxes) == 2 and not any("checked" in box for box in boxes)
    driver.sign(client)
    signature = Signature.objects.get()
    assert (signature.wants_letters, signature.letters_wording) == (False, "")


def test_it_asks_everybody_for_the_age_that_staff_set(pledge: Pledge, client: Client) -> None:
    assert "I am 16 or over" in client.get("/pledge/").content.decode()
    assert "I am 16 or over" in driver.sign(client, age="").content.decode()
    assert not Signature.objects.exists()
    Pledge.objects.update(minimum_age=18)
    assert "I am 18 or over" in client.get("/pledge/").content.decode()
    driver.sign(client)
    assert Signature.objects.get().age == 18


@pytest.mark.parametrize("change", ["age", "text", "wording"])
def test_it_lets_nobody_agree_to_words_they_did_not_read(pledge: Pledge, client: Client, change: str) -> None:
    """The page is open, then staff change it: sent now, it is shown again, and the boxes are ticked again."""
    data = {**driver.hidden_fields(client), **driver.ADA, "letters": "on"}
    if change == "age":
        Pledge.objects.update(minimum_age=18)
    elif change == "text":
        wording.publish(pledge, "* I promise something else.")
    else:
        organisation = Organisation.load()
        organisation.name = "Another Charity"
        organisation.save()
    answer = client.post("/pledge/", data)
    page = answer.content.decode()
    assert answer.status_code == 200 and "has changed since you opened it" in page
    assert 'value="Ada Example"' in page and "checked" not in page
    assert not Signature.objects.exists()
    assert driver.sign(client).status_code == 302


def test_it_keeps_old_words_byte_for_byte(pledge: Pledge, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "wording", lambda purpose: "Old words, “exactly”\n as they were.")
    driver.sign(client, letters="on")
    old_text = pledge.newest_text
    monkeypatch.setattr(consent, "wording", lambda purpose: "New words.")
    wording.publish(pledge, "* New promise.")
    driver.confirm(client)
    signature = Signature.objects.get()
    assert signature.supporter is not None
    (event,) = signature.supporter.consent_events.all()
    assert event.wording == "Old words, “exactly”\n as they were."
    assert signature.text == old_text and pledge.newest_text != old_text


def test_it_is_not_fooled_by_the_hidden_field(pledge: Pledge, client: Client) -> None:
    answer = driver.sign(client, spare="https://spam.example")
    assert answer.status_code == 200 and not Signature.objects.exists()
    assert "spam.example" not in answer.content.decode()  # emptied, so that sending once more works


def test_it_cannot_be_signed_when_it_is_closed(pledge: Pledge, client: Client) -> None:
    data = {**driver.hidden_fields(client), **driver.ADA}
    Pledge.objects.update(is_open=False)
    page = client.get("/pledge/").content.decode()
    assert "closed" in page and "<form" not in page
    assert client.post("/pledge/", data).status_code == 409
    assert not Signature.objects.exists()


def test_it_counts_who_signed_before_it_was_closed(pledge: Pledge, client: Client) -> None:
    driver.sign(client)
    Pledge.objects.update(is_open=False)
    driver.confirm(client)
    assert counting.confirmed(pledge) == 1


@pytest.mark.both
def test_it_writes_three_letters_a_day_to_one_mailbox_and_shows_the_same_page(pledge: Pledge, client: Client) -> None:
    spellings = ["ada@gmail.com", "a.d.a@gmail.com", "ADA+1@googlemail.com", "ada+2@gmail.com", "a.da@gmail.com"]
    answers = [driver.sign(client, email=email) for email in spellings * 2]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/pledge/sent/")}
    driver.run_due()
    assert Letter.objects.count() == 3
    signature = Signature.objects.get()
    assert signature.email == "ADA+1@googlemail.com"  # what came after the third letter changed nothing
    with time_machine.travel(datetime.now(UTC).timestamp() + 24 * 3600 + 60):
        assert mailbox.may_write("ada@gmail.com")


@pytest.mark.both
@time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False)  # a slow machine refills no bucket
def test_it_lets_a_hall_of_two_hundred_sign_through_one_connection(pledge: Pledge, client: Client) -> None:
    """Every tenth by a POST of their own; the others take their place in the limit that the page asks."""
    form = {**driver.hidden_fields(client), **driver.ADA}
    for number in range(200):
        if number % 10 == 9:
            assert client.post("/pledge/", {**form, "email": f"n{number}@example.org"}).status_code == 302, number
        else:
            assert ratelimit.allow("pledge", "127.0.0.1", views.SIGNERS, views.SECONDS), number
    assert Signature.objects.count() == 20
    assert TokenBucket.objects.filter(tokens=views.SIGNERS - 200).exists(), "all took from one limit"


def test_it_writes_three_letters_a_day_to_one_mailbox_whatever_stands_behind_a_plus(
    pledge: Pledge, client: Client
) -> None:
    """At any host: many deliver it to one mailbox. They stay different signatures, for elsewhere they are people."""
    form = {**driver.hidden_fields(client), **driver.ADA}
    for number in range(8):
        client.post("/pledge/", {**form, "email": f"victim+{number}@workspace.example"})
    driver.run_due()
    assert sorted(Letter.objects.values_list("to", flat=True)) == [f"victim+{n}@workspace.example" for n in range(3)]
    assert Signature.objects.count() == 3


@pytest.mark.both
@time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False)  # a slow machine refills no bucket
def test_it_asks_a_crowded_connection_to_wait_and_says_how_long(
    pledge: Pledge, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SIGNERS", 3)
    for number in range(3):
        assert driver.sign(client, email=f"n{number}@example.org").status_code == 302
    answer = driver.sign(client, email="last@example.org")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 60
    page = answer.content.decode()
    assert "wait a minute" in page and 'value="last@example.org"' in page
    # Another connection is not asked to wait; one that only says it is another is.
    data = {**driver.hidden_fields(client), **driver.ADA}
    assert client.post("/pledge/", data, headers={"x-forwarded-for": "203.0.113.9"}).status_code == 429
    assert client.post("/pledge/", data, REMOTE_ADDR="203.0.113.9").status_code == 302


def _known(client: Client, email: str, state: str) -> None:
    if state == "new":
        return
    driver.sign(client, email=email)
    if state in ("confirmed", "withdrawn"):
        driver.confirm(client, email)
    if state == "withdrawn":
        pledging.withdraw(Signature.objects.get(email=email))
    if state == "set aside":
        pledging.set_aside(Signature.objects.get(email=email), who="staff", note="test")


def test_it_tells_nobody_whom_we_know(pledge: Pledge) -> None:
    """New, waiting, confirmed, withdrawn, set aside: the same status, headers, bytes, and statements."""
    seen = set()
    for state in ("new", "waiting", "confirmed", "withdrawn", "set aside"):
        email = f"{state.replace(' ', '')}@example.org"
        _known(Client(), email, state)
        jobs = Job.objects.count()
        visitor = Client()
        data = {**driver.hidden_fields(visitor), **driver.ADA, "email": email}
        with CaptureQueriesContext(connection) as queries:
            answer = visitor.post("/pledge/", data)
        assert Job.objects.count() == jobs + 1
        statements = tuple(query["sql"].split()[0] for query in queries)
        headers = tuple(sorted((key, value) for key, value in answer.headers.items() if key != "Expires"))
        page = visitor.get(answer["Location"])
        seen.add((answer.status_code, headers, answer.content, statements, page.content))
    assert len({entry[:3] + entry[4:] for entry in seen}) == 1
    assert len({entry[3] for entry in seen}) == 1, [entry[3] for entry in seen]


def test_it_writes_nothing_to_a_mailbox_that_was_set_aside(pledge: Pledge, client: Client) -> None:
    _known(client, "ada@example.org", "set aside")
    before = len(driver.letters())
    driver.sign(client)
    assert len(driver.letters()) == before
    assert Signature.objects.count() == 1


def test_it_says_no_name_in_a_letter_and_nothing_telling_in_a_subject(pledge: Pledge, client: Client) -> None:
    telling = re.compile("traffick|slave|abuse|victim|abolition|pledge|exploit|rescue|escape", re.I)
    driver.sign(client, name="Zenobia Quirk")
    driver.confirm(client)
    driver.sign(client, name="Zenobia Quirk")
    found = driver.letters()
    assert {letter.template for letter in found} == {"pledge_confirm", "pledge_confirmed_before"}
    for letter in found:
        assert "Zenobia" not in letter.subject + letter.text + letter.html
        assert not telling.search(letter.subject)
        assert "<img" not in letter.html
        assert set(re.findall(r'href="(https?://[^/"]+)', letter.html)) == {settings.BASE_URL}


@pytest.mark.parametrize("policy", ["same-origin"])
def test_it_can_be_sent_from_the_page_as_a_browser_does(pledge: Pledge, policy: str) -> None:
    """The page's own Referrer-Policy decides which Origin a browser sends with the form."""
    client = Client(enforce_csrf_checks=True)
    page = client.get("/pledge/", headers={"host": "localhost"})
    assert page["Referrer-Policy"] == policy
    data = {**driver.hidden_fields(client), **driver.ADA}
    sent = {"host": "localhost", "origin": "http://localhost"}
    assert client.post("/pledge/", data, headers={**sent, "origin": "null"}).status_code == 403
    assert client.post("/pledge/", data, headers={**sent, "origin": "http://evil.example"}).status_code == 403
    without = {key: value for key, value in data.items() if key != "csrfmiddlewaretoken"}
    assert client.post("/pledge/", without, headers=sent).status_code == 403
    assert not Signature.objects.exists()
    assert client.post("/pledge/", data, headers=sent).status_code == 302


def test_it_is_not_kept_by_any_cache(pledge: Pledge, client: Client) -> None:
    for path in ("/pledge/", "/pledge/sent/", "/pledge/confirm/nothing/"):
        assert "no-store" in client.get(path)["Cache-Control"]


def test_it_lists_no_personal_page_for_search_engines(pledge: Pledge, client: Client) -> None:
    for path in (reverse("pledges:sent"), reverse("pledges:confirm", args=["nothing"])):
        assert '<meta name="robots" content="noindex">' in client.get(path).content.decode()
    assert "noindex" not in client.get("/pledge/").content.decode()


@pytest.mark.parametrize("value", [None, "", "ES", "XX", '"><'])
def test_it_draws_the_menu_of_countries_as_django_does(value: str | None) -> None:
    pairs = (("", "Choose, “if” you <like>"), ("ES", "Spain"), ("US", "United States"), ('a"b', "&"))
    attrs = {"id": "id_country", "required": False, "aria-describedby": "x", "disabled": True}
    ours, its = (
        widget(attrs={"autocomplete": "country"}, choices=Choices(pairs)).render("country", value, attrs)
        for widget in (CountrySelect, forms.Select)
    )
    assert parse_html(ours) == parse_html(its)

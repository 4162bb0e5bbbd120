"""The one limiter of signing in: it stops guessing, and nobody can turn it on a colleague."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from staff import browsers
from tests.staff.users import PASSWORD, app_of, code_of, member, sign_in
from tests.supporters.test_privacy import where

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped")]
LOGIN, RESET, PASSKEY = "/accounts/login/", "/accounts/password/reset/", "/accounts/2fa/webauthn/login/"
CODE = "/accounts/2fa/authenticate/"
NEW = "another orchard lantern"


def attempt(user, place, password=PASSWORD, client=None):
    """One try from that address. A right password leads to the second factor, 302."""
    client = client or Client()
    return client.post(LOGIN, {"login": user.email, "password": password}, REMOTE_ADDR=place).status_code


@pytest.fixture
def colleague():
    user = member("Donor care", "care@example.org")
    user.secret = app_of(user)  # type: ignore[attr-defined]  # for the tests here
    return user


@pytest.fixture
def known(colleague) -> Client:
    """A browser in which the colleague signed in and out again, at an address of its own."""
    client = Client(REMOTE_ADDR="192.0.2.77")
    client.post(LOGIN, {"login": colleague.email, "password": PASSWORD})
    assert browsers.COOKIE not in client.cookies, "a password alone is not enough"
    client.post(CODE, {"code": code_of(colleague.secret)})
    assert client.get("/admin/").status_code == 200
    client.post("/accounts/logout/")
    return client


def test_it_lets_a_colleague_in_whom_strangers_tried_to_lock_out_from_afar(colleague):
    wrong = [attempt(colleague, f"198.51.100.{number}", "wrong") for number in range(5) for _ in range(2)]
    assert set(wrong) == {200}
    assert attempt(colleague, "203.0.113.9") == 302


def test_it_stops_a_crowd_of_addresses_and_never_the_browser_that_was_there_before(colleague, known, monkeypatch):
    monkeypatch.setattr("staff.lockout.ANYWHERE", ("sign-in:anywhere", 6, 3600))
    crowd = [attempt(colleague, f"198.51.100.{number}", "wrong") for number in range(8)]
    assert crowd == [200] * 6 + [429] * 2
    assert attempt(colleague, "203.0.113.9") == 429, "an unknown browser waits with the crowd"
    assert attempt(colleague, "203.0.113.9", client=known) == 302
    assert attempt(member("Editor", "third@example.org"), "198.51.100.1") == 302, "and nobody else does"


def test_it_never_locks_a_known_browser_behind_the_address_of_the_attack(colleague, known, monkeypatch):
    monkeypatch.setattr("staff.lockout.PLACE", ("sign-in:place", 8, 900))
    tries = [attempt(colleague, "192.0.2.77", "wrong") for _ in range(6)]
    assert tries == [200] * 5 + [429]
    other = member("Editor", "other@example.org")
    used_up = [attempt(other, "192.0.2.77", "wrong") for _ in range(3)]
    assert used_up == [200, 200, 429]
    assert attempt(colleague, "192.0.2.77", client=known) == 302


@pytest.mark.parametrize("cookie", ["", "x", "WyJ4IiwgW11d:1aaaaa:bbbb", "another account's"])
def test_it_takes_no_cookie_for_known_but_its_own_for_that_account(colleague, cookie):
    client = Client()
    if cookie == "another account's":
        other = member("Editor", "other@example.org")
        assert attempt(other, "203.0.113.1", client=client) == 302 and browsers.COOKIE in client.cookies
        client.post("/accounts/logout/")
    else:
        client.cookies[browsers.COOKIE] = cookie
    answers = [attempt(colleague, "198.51.100.3", "wrong", client) for _ in range(6)]
    assert answers[-1] == 429


def test_it_stops_guessing_in_a_stolen_browser_too(colleague, known, monkeypatch):
    monkeypatch.setattr("staff.lockout.BROWSER", ("sign-in:browser", 3, 600))
    answers = [attempt(colleague, f"198.51.100.{number}", "wrong", known) for number in range(4)]
    assert answers == [200] * 3 + [429]


def test_it_never_locks_a_passkey(colleague, monkeypatch):
    """Its answer cannot be guessed, so it is not counted. What the browser would sign is taken as signed here."""
    for _ in range(5):
        attempt(colleague, "198.51.100.4", "wrong")
    assert attempt(colleague, "198.51.100.4") == 429
    client = Client(REMOTE_ADDR="198.51.100.4")
    assert client.get(LOGIN).status_code == 200, "the page with its button still opens"
    for garbage in ['{"id": "x"}', "7", '["x"]', '{"response": 1}', "{", ""] * 2:
        assert client.post(PASSKEY, {"credential": garbage}).status_code == 302
    assert client.get(PASSKEY, headers={"x-requested-with": "XMLHttpRequest"}).json()["request_options"]
    key = Authenticator.objects.create(user=colleague, type="webauthn", data={"name": "Key"})
    auth = "allauth.mfa.webauthn.internal.auth."
    monkeypatch.setattr(auth + "parse_authentication_response", lambda given: None)
    monkeypatch.setattr(auth + "extract_user_from_response", lambda given: colleague)
    monkeypatch.setattr(auth + "complete_authentication", lambda user, given: key)
    client.post(PASSKEY, {"credential": '{"id": "x"}'})
    assert client.get("/admin/").status_code == 200
    client.post("/accounts/logout/")
    assert attempt(colleague, "198.51.100.4", client=client) == 302, "and the browser is known from then on"


def test_it_opens_the_browser_in_which_somebody_chose_a_new_password_by_mail(colleague, monkeypatch):
    monkeypatch.setattr("staff.lockout.ANYWHERE", ("sign-in:anywhere", 1, 3600))
    attempt(colleague, "198.51.100.5", "wrong")
    client = Client()
    assert attempt(colleague, "203.0.113.9", client=client) == 429
    client.post(RESET, {"email": colleague.email})
    run_due()
    link = re.search(r"/accounts/password/reset/key/\S+", Letter.objects.get(to=colleague.email).text).group()
    client.post(client.get(link)["Location"], {"password1": NEW, "password2": NEW})
    assert attempt(colleague, "203.0.113.9", NEW, client) == 302


def test_it_refuses_nobodys_reset_because_strangers_asked_for_it(colleague, known, monkeypatch):
    """Three letters an hour, and the links in all of them work: who asks next is told the same."""
    for number in range(5):
        answer = Client(REMOTE_ADDR=f"198.51.100.{number}").post(RESET, {"email": colleague.email.upper()})
        assert answer["Location"] == RESET + "done/"
    assert Letter.objects.filter(to=colleague.email).count() == 3
    assert known.post(RESET, {"email": colleague.email}).url == RESET + "done/"
    assert Letter.objects.filter(to=colleague.email).count() == 4, "the colleague's own browser has its own"
    monkeypatch.setattr("staff.forms.RESETS_HERE", 2)
    flood = [Client().post(RESET, {"email": f"p{number}@example.org"}).status_code for number in range(3)]
    assert flood == [302] * 2 + [200]


def test_it_keeps_the_codes_of_a_known_browser_apart_from_those_that_a_thief_of_the_password_tries(colleague, known):
    thief = Client()
    attempt(colleague, "198.51.100.6", client=thief)
    for _ in range(11):
        thief.post(CODE, {"code": "000000"})
    attempt(colleague, "192.0.2.77", client=known)
    assert known.post(CODE, {"code": code_of(colleague.secret, 1)}).url == "/admin/"


def test_it_counts_guesses_at_the_old_password_when_a_new_one_is_chosen(colleague):
    client = sign_in(Client(), colleague)
    given = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    for _ in range(5):
        client.post("/accounts/password/change/", given)
    assert client.post("/accounts/password/change/", {**given, "oldpassword": PASSWORD}).status_code == 200
    assert colleague.check_password(PASSWORD)


def test_it_keeps_no_address_of_whoever_tried(colleague):
    attempt(colleague, "198.51.100.7", "wrong")
    Client().post(LOGIN, {"login": "stranger@example.net", "password": "x"}, REMOTE_ADDR="198.51.100.8")
    assert where("198.51.100.", "stranger@example.net") == set()

"""Signing in: one door, two factors, by this session."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from tests.staff.users import PASSWORD, app_of, code_of, member, password_only, recovery_codes, sign_in

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def type_password(client, user, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": user.email, "password": password, **extra})


def test_it_opens_the_panel_after_password_and_code(client):
    user = member("Editor")
    secret = app_of(user)
    assert type_password(client, user).url == "/accounts/2fa/authenticate/"
    assert client.get("/admin/").url.startswith(LOGIN)
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert answer.url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_it_leads_an_account_without_factor_to_enrolment_and_nowhere_else(client):
    user = member("Administrator")
    assert type_password(client, user).url == "/admin/"
    for address in ("/admin/", "/admin/pages/", "/accounts/password/change/", "/accounts/2fa/recovery-codes/"):
        answer = client.get(address)
        assert (answer.status_code, answer.url) == (302, "/accounts/2fa/"), address
    page = client.get("/accounts/2fa/").content.decode()
    assert "/accounts/2fa/webauthn/add/" in page
    assert "/accounts/2fa/totp/activate/" in page


def test_it_enrols_an_app_shows_recovery_codes_and_opens_the_panel(client, at_once):
    user = member("Editor")
    type_password(client, user)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    before = client.session.session_key
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.url == "/accounts/2fa/recovery-codes/"
    assert client.session.session_key != before, "a session that gains rights gets a new id"
    codes = client.get(answer.url).content.decode()
    assert all(code in codes for code in recovery_codes(user))
    assert client.get("/admin/").status_code == 200


def test_it_keeps_a_second_browser_out_that_has_shown_the_password_only(at_once):
    user = member("Editor")
    first, second = Client(), Client()
    type_password(first, user)
    type_password(second, user)
    secret = first.get("/accounts/2fa/totp/activate/").context["form"].secret
    first.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert first.get("/admin/").status_code == 200
    assert second.get("/admin/")["Location"] == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F"
    for address in ("/accounts/2fa/webauthn/add/", "/accounts/2fa/recovery-codes/", "/accounts/password/change/"):
        assert second.get(address)["Location"].startswith("/accounts/2fa/reauthenticate/"), address
    second.post("/accounts/2fa/reauthenticate/?next=/admin/", {"code": code_of(secret, 1)})
    assert second.get("/admin/").status_code == 200


def test_it_does_not_let_a_password_session_add_a_factor_beside_an_unshown_one(client):
    user = member("Editor")
    password_only(client, user)
    app_of(user)
    client.post("/accounts/2fa/webauthn/add/", {"name": "mine", "credential": "{}"})
    client.post("/accounts/2fa/recovery-codes/generate/")
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 0
    assert client.get("/admin/").status_code == 302


def test_it_ends_when_the_factor_is_lost(client):
    user = member("Editor")
    sign_in(client, user)
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.filter(user=user).delete()
    assert client.get("/admin/").url == "/accounts/2fa/"


def test_it_refuses_a_code_of_the_app_the_second_time_in_any_process():
    user = member("Editor")
    code = code_of(app_of(user))
    first, second = Client(), Client()
    type_password(first, user)
    assert first.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    cache.clear()  # another process has another memory
    type_password(second, user)
    assert second.post("/accounts/2fa/authenticate/", {"code": f"{code[:3]} {code[3:]}"}).status_code == 200
    assert second.get("/admin/").status_code == 302


def test_it_takes_a_recovery_code_once():
    user = member("Editor")
    app_of(user)
    code = recovery_codes(user)[0]
    for expected in (302, 200):
        client = Client()
        type_password(client, user)
        assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == expected
    assert client.get("/admin/").status_code == 302


@pytest.mark.usefixtures("stopped")
def test_it_stops_guessing_codes_even_when_every_guess_meets_another_process():
    user = member("Editor")
    secret = app_of(user)
    client = Client()
    type_password(client, user)
    for _ in range(10):
        cache.clear()
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    cache.clear()
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 200
    assert client.get("/admin/").status_code == 302


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("known", [True, False])
def test_it_locks_after_five_failures_with_a_plain_page(client, known):
    user = member("Editor")
    email = user.email if known else "stranger@example.org"
    answers = []
    for attempt in range(5):
        cache.clear()  # another process has another memory
        answers.append(client.post(LOGIN, {"login": email, "password": f"wrong {attempt}"}).status_code)
    assert answers == [200] * 5
    locked = client.post(LOGIN, {"login": email.upper(), "password": PASSWORD})
    assert locked.status_code == 429, "the right password does not help"
    assert locked.headers["Retry-After"] == "360"
    assert "Too many tries" in locked.content.decode()


def test_it_does_not_skip_the_second_factor_after_a_password_reset(client):
    user = member("Editor")
    app_of(user)
    asked = client.post("/accounts/password/reset/", {"email": user.email}, headers={"host": "127.0.0.1"})
    assert asked.url == "/accounts/password/reset/done/"
    run_due()
    letter = Letter.objects.get(to=user.email)
    link = re.search(r"http://localhost:\d+(/accounts/password/reset/key/\S+)", letter.text)
    assert link, "the link has the configured address, whatever Host the request had"
    form = client.get(link[1])
    assert client.post(form.url, {"password1": "another orchard lantern", "password2": "another orchard lantern"}).url
    assert client.get("/admin/").url.startswith(LOGIN)
    assert type_password(client, user, "another orchard lantern").url == "/accounts/2fa/authenticate/"
    assert client.get("/admin/").url.startswith(LOGIN)


def test_it_answers_the_same_for_unknown_addresses_and_writes_them_no_letter(client):
    known = client.post("/accounts/password/reset/", {"email": member("Editor").email})
    unknown = client.post("/accounts/password/reset/", {"email": "stranger@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert not Letter.objects.filter(to="stranger@example.org").exists()


@pytest.mark.usefixtures("stopped")
def test_it_limits_reset_letters_for_one_address_across_processes(client):
    user = member("Editor")
    for _ in range(8):
        cache.clear()
        client.post("/accounts/password/reset/", {"email": user.email})
    assert Letter.objects.filter(to=user.email).count() == 3


def test_it_ends_other_sessions_when_the_password_changes():
    user = member("Editor")
    here, there = sign_in(Client(), user), sign_in(Client(), user)
    new = {"oldpassword": PASSWORD, "password1": "another orchard lantern", "password2": "another orchard lantern"}
    assert here.post("/accounts/password/change/", new).status_code == 302
    assert here.get("/admin/").status_code == 200
    assert there.get("/admin/")["Location"].startswith(LOGIN)


def test_it_ends_the_session_of_a_closed_account(client):
    user = member("Editor")
    sign_in(client, user)
    user.is_active = False
    user.save()
    assert client.get("/admin/").url.startswith(LOGIN)


@pytest.mark.parametrize(("minutes", "expected"), [(29, 200), (31, 302)])
def test_it_ends_after_half_an_hour_without_a_request(client, time_machine, minutes, expected):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    sign_in(client, member("Editor"))
    assert client.get("/admin/").status_code == 200
    time_machine.shift(minutes * 60)
    assert client.get("/admin/").status_code == expected


def test_it_keeps_what_was_written_when_the_session_ends_meanwhile(time_machine):
    client, origin = Client(enforce_csrf_checks=True), {"Origin": "http://testserver"}
    user = member("Administrator")
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    sign_in(client, user)
    client.get("/admin/")
    address = f"/admin/settings/organisation/organisation/{Organisation.load().pk}/"
    time_machine.shift(timedelta(hours=1))
    page = client.post(address, {"name": "Written for an hour"}, headers=origin)
    assert page.status_code == 403 and 'name="name" value="Written for an hour"' in page.content.decode()
    sign_in(client, user)
    again = client.post(address, {"name": "Written for an hour", "csrfmiddlewaretoken": "old"}, headers=origin)
    assert again.status_code == 403 and 'value="Written for an hour"' in again.content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', again.content.decode()).group(1)
    sent = client.post(address, {"name": "Written for an hour", "csrfmiddlewaretoken": token}, headers=origin)
    assert "Written for an hour" in sent.content.decode() and sent.status_code == 200  # the form, which wants more
    elsewhere = Client().post(address, {"name": "planted"}, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 302


def test_it_lasts_no_longer_than_a_working_day(client, time_machine):
    time_machine.move_to("2026-11-23T06:00:00Z", tick=False)
    sign_in(client, member("Editor"))
    for _ in range(36):
        assert client.get("/admin/reports/").status_code in (200, 404)
        time_machine.shift(20 * 60 - 1)
    time_machine.shift(60)
    assert client.get("/admin/").url.startswith(LOGIN)


def test_it_keeps_the_last_factor(client):
    user = member("Editor")
    sign_in(client, user)
    page = client.post("/accounts/2fa/totp/deactivate/").content.decode()
    assert "last second factor" in page
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_it_seals_the_secrets_of_factors(client, settings):
    user = member("Editor")
    secret = app_of(user)
    stored = str(list(Authenticator.objects.filter(user=user).values_list("data", flat=True)))
    assert secret not in stored
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "k" * 60
    type_password(client, user)
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).url == "/admin/"
    settings.SECRET_KEY_FALLBACKS = []
    client = Client()
    type_password(client, user)
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, 1)}).status_code == 200


def test_it_writes_a_letter_when_a_factor_changed(client, at_once):
    user = member("Editor")
    type_password(client, user)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    told = Letter.objects.get(to=user.email).text
    assert "If this was not you" in told and re.search(r"When: .*\d\d:\d\d UTC, from the address", told)


def test_it_sends_only_to_our_own_pages_after_signing_in(client):
    user = member("Editor")
    secret = app_of(user)
    for evil in ("//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"):
        client = Client()
        type_password(client, user, next=evil)
        answer = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert answer.status_code == 200
        Authenticator.objects.filter(user=user).update(last_used_at=None)
    client = Client()
    type_password(client, user, next="//evil.example/")
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).url == "/admin/"


@pytest.mark.usefixtures("stopped")
def test_it_answers_a_flood_of_tries_with_a_page_of_ours(client):
    answers = [client.post(LOGIN, {"login": f"p{number}@example.org", "password": "x"}) for number in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "Too many tries" in answers[-1].content.decode()

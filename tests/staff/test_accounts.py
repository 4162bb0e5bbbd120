"""Accounts: looking writes nothing, a reset shuts nobody out, an address that was changed opens nothing any more."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import get_resolver

from foundation.letters.models import Letter
from staff import invitations
from staff.models import User
from tests.staff.users import PASSWORD, code_of, member, sign_in, signed_in

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another lantern in the orchard"


def rows():
    counted = [model for model in apps.get_models() if model._meta.managed and model is not Session]
    return {model._meta.label: model._default_manager.count() for model in counted}


def sign_in_pages():
    """Each address under /accounts/, with made-up places filled in."""

    def walk(patterns, before=""):
        for each in patterns:
            route = before + re.sub(r"^\^|\$$", "", str(each.pattern))
            if hasattr(each, "url_patterns"):
                yield from walk(each.url_patterns, route)
            elif route.startswith("accounts/"):
                yield route

    for route in walk(get_resolver().url_patterns):
        for made_up in ("1", "2", "3"):
            filled = re.sub(r"\(\?P<uidb36>.*?\)-\(\?P<key>.*?\)", f"{made_up}-abc-def", route)
            yield "/" + re.sub(r"<[^>]*>", made_up, filled)


def mailed_key(client, user):
    client.post("/accounts/password/reset/", {"email": user.email})
    letter = Letter.objects.filter(to=user.email).latest("pk")
    return re.search(r"/accounts/password/reset/key/\S+", letter.text).group()


def test_it_writes_nothing_when_a_stranger_looks_at_a_door(client):
    for number in range(3):
        User.objects.create_user(f"{number}@example.org")
    EmailAddress.objects.all().delete()  # accounts that are older than this rule
    known = [f"/accounts/password/reset/key/{user.pk:x}-abc-def/" for user in User.objects.all() if user.pk < 10]
    tried = [*dict.fromkeys(sign_in_pages()), *known]
    assert len(tried) > 30
    client.get("/accounts/login/")  # who we are stands in one row, which the first page of a new site makes
    before = rows()
    for address in tried:
        client.get(address)
        assert rows() == before, address


def test_it_lets_an_account_enrol_that_was_reset_before_its_first_factor(client, at_once):
    user = member("Administrator")
    EmailAddress.objects.filter(user=user).update(verified=False)  # what the old generator of links left behind
    form = client.get(client.get(mailed_key(client, user)).url)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    client.post("/accounts/login/", {"login": user.email, "password": NEW_PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(page.context["form"].secret)})
    assert client.get("/admin/").status_code == 200
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200


@pytest.mark.parametrize("made", [invitations.make_account, User.objects.create_user, User.objects.create_superuser])
def test_it_knows_the_address_of_an_account_that_staff_made(made):
    user = made("Ada@Example.org")
    assert [*EmailAddress.objects.values_list("user", "email", "verified", "primary")] == [
        (user.pk, "ada@example.org", True, True)
    ]


def test_it_lets_an_earlier_address_open_nothing(client):
    user, old = member("Editor", "old@example.org"), "old@example.org"
    key = mailed_key(client, user)
    user.email = "new@example.org"
    user.save()
    before = Letter.objects.count()
    client.post("/accounts/password/reset/", {"email": old})
    client.post("/accounts/login/", {"login": old, "password": PASSWORD})
    assert Letter.objects.count() == before and "_auth_user_id" not in client.session
    assert "set-password" not in str(client.get(key).headers.get("Location", ""))
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_it_ends_the_sessions_of_a_closed_account_for_good():
    user, other = member("Editor"), signed_in("Finance")
    client = sign_in(Client(), user)
    assert client.get("/admin/").status_code == 200
    user.is_active = False
    user.save()
    user.is_active = True
    user.save()
    assert client.get("/admin/").status_code == 302
    assert other.get("/admin/").status_code == 200

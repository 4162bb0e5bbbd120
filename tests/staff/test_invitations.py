"""Becoming staff: a link that works once."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from foundation.access.models import AccessLink
from foundation.letters.models import Letter
from staff import invitations
from staff.models import User
from tests.staff.users import PASSWORD, app_of, member, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def invited() -> User:
    return invitations.make_account("New.Person@Example.org ", "Editor")


def door(user: User) -> str:
    return urlsplit(invitations.make_link(user)).path


def test_it_changes_nothing_when_a_scanner_opens_the_link(client, invited):
    path = door(invited)
    for _ in range(10):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    client.head(path)
    assert not User.objects.get(pk=invited.pk).has_usable_password()
    assert client.post(path, {"password": PASSWORD}).status_code == 302


def test_it_works_once_and_leads_to_the_second_factor(client, invited):
    path = door(invited)
    assert client.post(path, {"password": PASSWORD}).url == "/admin/"
    assert client.get("/admin/").url == "/accounts/2fa/"
    invited.refresh_from_db()
    assert invited.check_password(PASSWORD)
    again = Client().post(path, {"password": "somebody else's words"})
    assert again.status_code == 410
    invited.refresh_from_db()
    assert invited.check_password(PASSWORD)
    assert Client().get(path).status_code == 410


def test_it_keeps_the_link_when_the_password_is_too_weak(client, invited):
    path = door(invited)
    for weak in ("", "short", "password1234", "new.person@example.org"):
        assert client.post(path, {"password": weak}).status_code == 422, weak
    assert client.post(path, {"password": PASSWORD}).status_code == 302


def test_it_ends_after_a_day_and_with_the_next_link(client, invited):
    first = door(invited)
    second = door(invited)
    assert client.get(first).status_code == 410
    AccessLink.objects.update(expires_at=AccessLink.objects.get().created_at)
    assert client.get(second).status_code == 410


def test_it_refuses_made_up_links_other_purposes_and_closed_accounts(client, invited):
    path = door(invited)
    assert client.get("/accounts/invitation/made-up/").status_code == 410
    assert client.get(path[:-2] + ("A/" if path[-2] != "A" else "B/")).status_code == 410
    AccessLink.objects.update(purpose="pledge")
    assert client.get(path).status_code == 410
    AccessLink.objects.update(purpose=invitations.PURPOSE)
    User.objects.filter(pk=invited.pk).update(is_active=False)
    assert client.get(path).status_code == 410


def test_it_keeps_only_a_hash_of_the_link(invited):
    token = door(invited).split("/")[-2]
    assert token not in str(AccessLink.objects.values_list())


def test_it_does_not_skip_the_factor_of_an_account_that_has_one(client):
    user = member("Editor")
    app_of(user)
    answer = client.post(door(user), {"password": "another orchard lantern"})
    assert answer.url == "/accounts/2fa/authenticate/"
    assert client.get("/admin/").status_code == 302


def test_it_signs_out_whoever_was_signed_in_in_this_browser(client, invited):
    sign_in(client, member("Administrator"))
    client.post(door(invited), {"password": PASSWORD})
    assert client.get("/admin/").url == "/accounts/2fa/"


def test_it_makes_the_first_administrator_until_one_can_sign_in(client):
    link = invitations.first_link("first@example.org")
    assert link and link.startswith("http://localhost:")
    user = User.objects.get(email="first@example.org")
    assert (user.is_superuser, list(user.groups.values_list("name", flat=True))) == (False, ["Administrator"])
    assert invitations.first_link("first@example.org"), "nobody has enrolled yet, so the link may be printed again"
    app_of(user)
    assert invitations.first_link("first@example.org") is None
    assert invitations.first_link("other@example.org") is None
    user.is_active = False
    user.save()
    assert invitations.first_link("other@example.org")


def test_it_prints_a_link_from_the_command_line(capsys, client):
    call_command("invite_staff", "someone@example.org", role="Finance")
    printed = capsys.readouterr().out.split()
    user = User.objects.get(email="someone@example.org")
    assert list(user.groups.values_list("name", flat=True)) == ["Finance"]
    assert client.get(urlsplit(printed[-1]).path).status_code == 200


def test_it_forgets_lost_factors_from_the_command_line(client):
    user = member("Editor")
    sign_in(client, user)
    call_command("invite_staff", user.email, lost_phone=True)
    assert client.get("/admin/").url == "/accounts/2fa/"


@pytest.mark.parametrize(("email", "role"), [("nonsense", ""), ("a@example.org", "Emperor")])
def test_it_says_what_is_wrong_on_the_command_line(email, role):
    with pytest.raises(CommandError):
        call_command("invite_staff", email, role=role)
    assert not User.objects.exists()


def test_it_mails_the_link(invited):
    invitations.send(invited)
    letter = Letter.objects.get(to=invited.email)
    assert "/accounts/invitation/" in letter.text
    assert "24 hours" in letter.text


def test_it_lasts_a_day():
    assert timedelta(hours=24) == invitations.LIFETIME

"""Nobody reaches above themselves, somebody stays in charge, and the dangerous things ask who it is and are told."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from wagtail.models import GroupPagePermission, Page

from foundation.access.models import AccessLink
from foundation.letters.models import Letter
from staff import invitations, reach
from staff.models import User
from tests.staff.users import app_of, code_of, member, sign_in, signed_in

pytestmark = pytest.mark.django_db
LATER = 301  # seconds: a factor is fresh for five minutes


@pytest.fixture
def superuser():
    return member("", "boss@example.org", is_superuser=True)


@pytest.fixture
def webmaster():
    """Somebody with a role that only a superuser can have made: it may change what roles may do."""
    role = Group.objects.create(name="Webmaster")
    role.permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    user = member("Webmaster", "web@example.org")
    user.groups.add(Group.objects.get(name="Administrator"))
    return user


def filled(user, *roles, **changes):
    """What the page of a person sends."""
    names = roles or user.groups.values_list("name", flat=True)
    fields = {"email": user.email, "first_name": "", "last_name": "", "is_active": "on" if user.is_active else ""}
    groups = [group.pk for group in Group.objects.filter(name__in=names)]
    return {key: value for key, value in {**fields, "groups": groups, **changes}.items() if value}


def told(email):
    return "\n".join(Letter.objects.filter(to=email, template="staff_notice").values_list("text", flat=True))


def many(action, *users, **data):
    ids = "&".join(f"id={user.pk}" for user in users)
    return f"/admin/bulk/staff/user/{action}/?{ids}&next=/admin/users/", data


@pytest.mark.parametrize("above", ["superuser", "webmaster", "closed superuser", "closed webmaster"])
def test_it_keeps_who_may_more_out_of_an_administrators_hands(above, request):
    person = request.getfixturevalue(above.removeprefix("closed "))
    person.is_active = not above.startswith("closed")
    person.save()
    client = signed_in("Administrator")
    before = User.objects.filter(pk=person.pk).values()[0]
    editor = Group.objects.get(name="Editor")
    tries = [
        (f"/admin/users/edit/{person.pk}/", filled(person, email="mine@evil.example")),
        (f"/admin/users/delete/{person.pk}/", {}),
        (f"/admin/users/{person.pk}/invite/", {"lost": "on"}),
        many("set_active_state", person, mark_as_active=str(not person.is_active)),
        many("assign_role", person, role=editor.pk),
        many("delete", person),
        (many("set_active_state", person)[0].replace(f"id={person.pk}", "id=all"), {"mark_as_active": "False"}),
    ]
    roles = set(person.groups.all())
    for address, data in tries:
        client.get(address)
        client.post(address, data)
        row = User.objects.filter(pk=person.pk).values().first()
        assert row == before, address
    assert set(person.groups.all()) == roles
    assert not Letter.objects.filter(template="staff_invitation").exists()
    listing = client.get("/admin/users/").content.decode()
    assert f"/admin/users/{person.pk}/invite/" not in listing


def test_it_lets_nobody_give_a_role_that_may_more_than_they(webmaster):
    me = member("Administrator")
    client, role = sign_in(Client(), me), Group.objects.get(name="Webmaster")
    assert role.name not in client.get("/admin/users/new/").content.decode()
    client.post(f"/admin/users/edit/{me.pk}/", filled(me, "Administrator", "Webmaster"))
    client.post("/admin/users/new/", filled(User(email="new@evil.example"), "Webmaster"))
    address, data = many("assign_role", member("Editor"), role=role.pk)
    client.post(address, data)
    assert [*role.user_set.all()] == [webmaster]
    assert not User.objects.filter(email="new@evil.example").exists()
    assert client.get(f"/admin/users/copy/{me.pk}/").status_code == 404


def test_it_counts_rights_over_a_branch_of_the_pages():
    role = Group.objects.create(name="Root keeper")
    root = Page.objects.get(depth=1)
    right = Permission.objects.get(codename="bulk_delete_page", content_type__app_label="wagtailcore")
    GroupPagePermission.objects.create(group=role, page=root, permission=right)
    smaller = Group.objects.create(name="Branch keeper")
    GroupPagePermission.objects.create(group=smaller, page=root.get_children()[0], permission=right)
    keeper, branch = member("Root keeper"), member("Branch keeper")
    assert reach.may_change(keeper, branch) and not reach.may_change(branch, keeper)


def test_it_lets_an_administrator_change_equals_and_a_superuser_everybody(superuser, webmaster):
    client, other = signed_in("Administrator"), member("Administrator", "other@example.org")
    assert client.post(f"/admin/users/edit/{other.pk}/", filled(other, "Editor")).status_code == 302
    assert [group.name for group in other.groups.all()] == ["Editor"]
    mighty = sign_in(Client(), superuser)
    assert mighty.post(f"/admin/users/edit/{webmaster.pk}/", filled(webmaster, "Webmaster")).status_code == 302
    assert [group.name for group in webmaster.groups.all()] == ["Webmaster"]


def test_it_keeps_the_last_administrator_who_can_sign_in():
    me = member("Administrator")
    client = sign_in(Client(), me)
    invited = invitations.make_account("invited@example.org", "Administrator")
    address = f"/admin/users/edit/{me.pk}/"
    answer = client.post(address, filled(me, "Editor"))
    assert answer.status_code == 200 and "Nobody else could enter the panel" in answer.content.decode()
    assert me.groups.get().name == "Administrator"
    with pytest.raises(PermissionDenied), transaction.atomic():
        User.objects.filter(pk=me.pk).update(is_active=False)
        reach.keep_somebody_in_charge()
    invited.set_password("copper lantern in the orchard")
    invited.save()
    app_of(invited)
    assert client.post(address, filled(me, "Editor")).status_code == 302
    assert me.groups.get().name == "Editor"


@pytest.mark.parametrize("action", ["set_active_state", "delete"])
def test_it_keeps_one_when_many_are_changed_at_once(action, monkeypatch):
    """Two administrators close each other at the same moment: the second finds nobody else."""
    other, client = member("Administrator", "other@example.org"), signed_in("Administrator")
    app_of(other)
    monkeypatch.setattr(reach, "in_charge_without", lambda *persons: False)
    address, data = many(action, other, mark_as_active="False")
    assert client.post(address, data).status_code == 302  # Wagtail says no by a message
    other.refresh_from_db()
    assert other.is_active
    client.post(f"/admin/users/delete/{other.pk}/")
    assert User.objects.filter(pk=other.pk).exists()


def test_it_tells_the_old_address_what_was_changed():
    client, person = signed_in("Administrator", "ada@example.org"), member("Editor", "old@example.org")
    invitations.make_link(person)
    address = f"/admin/users/edit/{person.pk}/"
    client.post(address, filled(person, "Editor", "Finance", email="new@example.org"))
    assert "from old@example.org to new@example.org" in told("old@example.org")
    assert "Before: Editor. Now: Editor, Finance." in told("old@example.org")
    assert "by ada@example.org" in told("old@example.org") and not told("new@example.org")
    assert not AccessLink.objects.exists(), "a link to the old mailbox opens nothing"
    person.refresh_from_db()
    client.post(address, filled(person, "Administrator"))
    assert "Now: Administrator." in told("new@example.org")
    assert "new@example.org is an administrator now." in told("ada@example.org")


def test_it_tells_those_in_charge_of_each_new_administrator():
    client, role = signed_in("Administrator", "ada@example.org"), Group.objects.get(name="Administrator")
    client.post("/admin/users/new/", filled(User(email="one@example.org"), "Administrator"))
    address, data = many("assign_role", member("Editor", "two@example.org"), role=role.pk)
    client.post(address, data)
    for email in ("one@example.org", "two@example.org"):
        assert f"{email} is an administrator now." in told("ada@example.org")
    assert "Now: Administrator, Editor." in told("two@example.org")


def test_it_ends_sessions_and_links_of_who_was_closed_with_others():
    client, person = signed_in("Administrator"), member("Editor")
    theirs = sign_in(Client(), person)
    invitations.make_link(person)
    address, data = many("set_active_state", person, mark_as_active="False")
    client.post(address, data)
    assert "Your account was closed." in told(person.email) and not AccessLink.objects.exists()
    address, data = many("set_active_state", person, mark_as_active="True")
    client.post(address, data)
    assert User.objects.get(pk=person.pk).is_active
    assert theirs.get("/admin/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/admin/gift/", "csv"),
        ("/admin/reports/site-history/", "xlsx"),
        ("/admin/supporter/", "csv"),
        ("/admin/redirects/", "csv"),
    ],
)
def test_it_asks_for_a_fresh_factor_before_each_file_and_tells_of_it(address, kind, time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    me = member("Administrator")
    secret = app_of(me)
    client = sign_in(Client(), me)
    time_machine.shift(LATER)
    wanted = f"{address}?export={kind}"
    asked = client.get(wanted)
    assert asked["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert not told(me.email)
    back = client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret), "next": wanted})
    assert back["Location"] == wanted
    answer = client.get(wanted)
    assert answer.status_code == 200 and answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer)
    assert address in told(me.email)


@pytest.mark.parametrize("what", ["edit", "new", "delete", "invite", "many"])
def test_it_asks_for_a_fresh_factor_before_somebody_is_changed(what, time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    person, client = member("Editor", "other@example.org"), signed_in("Administrator")
    new = User(email="new@example.org")
    time_machine.shift(LATER)
    address, data = {
        "edit": (f"/admin/users/edit/{person.pk}/", filled(person, email="mine@example.org")),
        "new": ("/admin/users/new/", filled(new, "Administrator")),
        "delete": (f"/admin/users/delete/{person.pk}/", {}),
        "invite": (f"/admin/users/{person.pk}/invite/", {"lost": "on"}),
        "many": many("set_active_state", person, mark_as_active="False"),
    }[what]
    before = [*User.objects.order_by("pk").values()]
    assert client.post(address, data)["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert [*User.objects.order_by("pk").values()] == before and not Letter.objects.exists()


def test_it_goes_on_with_what_was_asked_once_the_factor_was_shown(time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    person, me = member("Editor", "old@example.org"), member("Administrator")
    secret = app_of(me)
    client = sign_in(Client(), me)
    time_machine.shift(LATER)
    address = f"/admin/users/edit/{person.pk}/"
    asked = client.post(address, filled(person, email="new@example.org"))
    client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret), "next": address})
    person.refresh_from_db()
    assert asked.status_code == 302 and person.email == "new@example.org"


def test_it_keeps_no_forged_request_to_go_on_with(time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    user = member("Administrator")
    client = sign_in(Client(enforce_csrf_checks=True), user)
    time_machine.shift(LATER)
    for address in ("/admin/users/new/", "/admin/users/new/?export=csv"):
        client.post(address, filled(User(email="mine@evil.example"), "Administrator"))
        assert "account_reauthentication_state" not in client.session


def test_it_takes_no_password_where_a_factor_is_asked_for(time_machine):
    """A stolen session and a stolen password together are still not the telephone."""
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    client = signed_in("Administrator")
    time_machine.shift(LATER)
    page = client.get("/accounts/2fa/reauthenticate/").content.decode()
    assert "Use your password" not in page
    answer = client.post("/accounts/reauthenticate/", {"password": "copper lantern in the orchard"})
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    for address in ("/admin/users/?export=csv", "/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/deactivate/"):
        assert client.get(address)["Location"].startswith("/accounts/2fa/reauthenticate/"), address


def test_it_tells_those_in_charge_of_an_administrator_made_on_the_server():
    member("Administrator", "ada@example.org")
    for _ in range(2):
        call_command("invite_staff", "cli@example.org", "--administrator", stdout=StringIO())
    assert told("ada@example.org").count("cli@example.org is an administrator now.") == 1

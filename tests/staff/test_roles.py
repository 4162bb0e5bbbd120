"""Who may see and do what."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.test import Client
from wagtail.models import GroupApprovalTask, Page

from config.roles import grant
from foundation.letters.models import Letter
from staff.models import User
from tests.staff.users import app_of, member, sign_in, signed_in

pytestmark = pytest.mark.django_db


def test_it_grants_the_roles_once_when_a_database_is_made_and_leaves_nothing_out(monkeypatch) -> None:
    """Once for all apps, when the permissions of all of them are there: granting again would add none."""
    grants = []
    monkeypatch.setattr("config.roles._replace_stock_groups", lambda: grants.append(held()))
    Group.objects.all().delete()
    Permission.objects.exclude(codename="access_admin").delete()  # Wagtail's migration makes that one
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert len(grants) == 1
    grant()
    assert grants[1] == grants[0] and min(map(len, grants[0].values())) > 10


def held() -> dict[str, set[str]]:
    return {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}


ROLES = ("Editor", "Donor care", "Finance", "Administrator")
#                                    Editor, Donor care, Finance, Administrator
MATRIX = {
    "/admin/": "yes yes yes yes",
    "/admin/pages/": "yes no no yes",
    "/admin/images/": "yes no no yes",
    "/admin/documents/": "yes no no yes",
    "/admin/snippets/awareness/figure/": "yes no no yes",
    "/admin/snippets/awareness/figure/add/": "yes no no yes",
    "/admin/snippets/awareness/source/": "yes no no yes",
    "/admin/snippets/awareness/hotline/": "yes no no yes",
    "/admin/redirects/": "yes no no yes",
    "/admin/reports/reviews/": "yes no no yes",
    "/admin/reports/reviews/?export=csv": "yes no no yes",
    "/admin/reports/links/": "yes no no yes",
    "/admin/reports/links/?export=csv": "yes no no yes",
    "/admin/reports/site-history/": "yes yes yes yes",
    "/admin/reports/site-history/?export=csv": "yes no no yes",
    "/admin/reports/aging-pages/?export=xlsx": "yes no no yes",
    "/admin/redirects/?export=csv": "yes no no yes",
    "/admin/users/?export=csv": "no no no no",
    "/admin/settings/awareness/navigation/": "yes no no yes",
    "/admin/settings/donations/thankyou/": "yes no no yes",
    "/admin/settings/organisation/organisation/": "no no no yes",
    "/admin/pledge/": "yes no no yes",
    "/admin/pledge/new/": "yes no no yes",
    "/admin/pledgetext/": "yes yes no yes",
    "/admin/signature/": "no yes no yes",
    "/admin/signatureevent/": "no yes no yes",
    "/admin/supporter/": "no yes no yes",
    "/admin/consentevent/": "no yes no yes",
    "/admin/gift/": "no yes yes yes",
    "/admin/gifts/enter/": "no yes yes yes",
    "/admin/statements/": "no yes yes yes",
    "/admin/plan/": "no yes yes yes",
    "/admin/receipt/": "no yes yes yes",
    "/admin/dispute/": "no yes yes yes",
    "/admin/ledgerentry/": "no no yes yes",
    "/admin/payout/": "no no yes yes",
    "/admin/reconciliation/": "no no yes yes",
    "/admin/stripeevent/": "no no yes yes",
    "/admin/currency/": "no no yes yes",
    "/admin/letter/": "no yes yes yes",
    "/admin/letters-again/": "no yes no yes",
    "/admin/snippets/donations/campaign/": "yes yes yes yes",
    "/admin/snippets/donations/campaign/add/": "yes no no yes",
    "/admin/snippets/donations/givingwords/": "yes no no yes",
    "/admin/snippets/donations/givingwords/add/": "yes no no yes",
    "/admin/matchreservation/": "no yes yes yes",
    "/admin/job/": "no no no yes",
    "/admin/users/": "no no no yes",
    "/admin/users/new/": "no no no yes",
    "/admin/groups/": "no no no no",
    "/admin/sites/": "no no no no",
    "/admin/gift/?export=csv": "no no yes yes",
    "/admin/ledgerentry/?export=xlsx": "no no yes yes",
    "/admin/signature/?export=csv": "no no no yes",
    "/admin/supporter/?export=csv": "no no no yes",
}


@pytest.mark.parametrize("role", ROLES)
def test_it_shows_each_role_its_lists_and_no_others(role):
    client = signed_in(role)
    seen = {}
    for path in MATRIX:
        answer = client.get(path)
        while answer.status_code == 302 and answer["Location"] != "/admin/":  # there who may not is sent back to
            answer = client.get(answer["Location"])
        shown = answer.status_code == 200 and answer.request["PATH_INFO"].startswith(path.split("?")[0])
        seen[path] = "yes" if shown and (path == "/admin/" or answer.request["PATH_INFO"] != "/admin/") else "no"
    assert seen == {path: row.split()[ROLES.index(role)] for path, row in MATRIX.items()}


def test_it_offers_nobody_a_form_for_rows_that_are_only_read():
    user = member("Administrator", is_superuser=True)
    client = sign_in(Client(), user)
    for name in (
        "gift",
        "plan",
        "ledgerentry",
        "receipt",
        "stripeevent",
        "supporter",
        "consentevent",
        "signature",
        "job",
    ):
        for rest in ("new/", "edit/1/", "delete/1/", "copy/1/", "history/1/", "usage/1/"):
            for answer in (client.get(f"/admin/{name}/{rest}"), client.post(f"/admin/{name}/{rest}")):
                assert answer.status_code in (302, 403, 404), (name, rest)


@pytest.mark.parametrize(("role", "may"), [("Editor", True), ("Administrator", True), ("Finance", False)])
def test_it_lets_writers_write_and_publish_pages(role, may):
    permissions = Page.objects.get(depth=1).permissions_for_user(member(role))
    assert [permissions.can_add_subpage(), permissions.can_publish_subpage()] == [may, may]


def test_it_has_the_four_roles_and_no_others():
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    tasks = GroupApprovalTask.objects.all()
    assert all([group.name for group in task.groups.all()] == ["Administrator"] for task in tasks)


def test_it_takes_back_what_was_added_to_a_role_and_grants_the_same_again():
    editor = Group.objects.get(name="Editor")
    before = set(editor.permissions.all())
    editor.permissions.set(Group.objects.get(name="Administrator").permissions.all())
    grant()
    assert set(editor.permissions.all()) == before


def test_it_makes_an_account_from_the_panel_without_a_password_and_mails_a_link():
    client = signed_in("Administrator")
    form = {"email": "New@Example.org", "first_name": "", "last_name": "", "is_superuser": "on"}
    finance = Group.objects.get(name="Finance")
    answer = client.post("/admin/users/new/", {**form, "groups": [finance.pk]})
    assert answer.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert not user.is_superuser, "nobody becomes a superuser in the panel"
    assert not user.has_usable_password()
    assert list(user.groups.all()) == [finance]
    assert "/accounts/invitation/" in Letter.objects.get(to=user.email).text


def test_it_shows_the_roles_in_the_list_of_users():
    member("Donor care", "care@example.org")
    page = signed_in("Administrator").get("/admin/users/").content.decode()
    assert "Donor care" in page[page.index("care@example.org") :] and "Access level" not in page


def test_it_says_before_a_move_whose_passkeys_end(capsys):
    alone, both = member("Editor", "alone@example.org"), member("Editor", "both@example.org")
    gone = member("Finance", "gone@example.org", is_active=False)
    app_of(both)
    for user in (alone, both, gone):
        Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    call_command("claim_site")
    said = capsys.readouterr().out
    assert "2 have passkeys" in said and "invite_staff alone@example.org --lost-phone" in said
    assert (
        "recovery codes" in said
        and "both@" not in said
        and "gone@" not in said
        and said.index("alone@") < said.index("is at home here now")
    )


def test_it_sends_a_new_link_and_takes_lost_factors_away():
    other = member("Editor", "other@example.org")
    theirs = sign_in(Client(), other)
    client = signed_in("Administrator")
    page = f"/admin/users/{other.pk}/invite/"
    assert client.get(page).status_code == 200
    assert not Letter.objects.exists()
    client.post(page, {"lost": "on"})
    subjects = set(Letter.objects.filter(to=other.email).values_list("template", flat=True))
    assert subjects == {"staff_invitation", "staff_notice"}
    assert theirs.get("/admin/")["Location"] == "/accounts/2fa/"
    history = client.get("/admin/reports/site-history/").content.decode()
    assert "Sent a sign-in link, factors taken away" in history


def test_it_asks_again_who_you_are_before_a_link_is_sent(time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    other = member("Editor", "other@example.org")
    client = signed_in("Administrator")
    time_machine.shift(301)
    answer = client.post(f"/admin/users/{other.pk}/invite/", {"lost": "on"})
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert client.get("/admin/").status_code == 200


def test_it_keeps_superusers_out_of_an_administrators_hands():
    boss = member("", "boss@example.org", is_superuser=True)
    client = signed_in("Administrator")
    assert client.post(f"/admin/users/{boss.pk}/invite/", {"lost": "on"}).status_code == 302
    boss.refresh_from_db()
    assert boss.has_usable_password()

"""The four roles of staff, and what each may do. Kept in code, granted again after each migrate."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.db.models.signals import post_migrate
from django.dispatch import receiver

READ_PEOPLE = ["supporters.view_supporter", "supporters.view_consentevent"]
READ_PLEDGES = ["pledges.view_pledge", "pledges.view_signature"]
READ_GIFTS = ["donations.view_gift", "donations.view_plan", "donations.view_receipt"]
READ_BOOKS = ["donations.view_ledgerentry", "donations.view_stripeevent"]
READ_LETTERS = ["letters.view_letter"]
WRITE_PAGES = [
    f"{app}.{verb}_{model}"
    for app, model in (
        ("awareness", "figure"),
        ("awareness", "source"),
        ("awareness", "hotline"),
        ("wagtailimages", "image"),
        ("wagtaildocs", "document"),
    )
    for verb in ("view", "add", "change", "delete")
] + ["awareness.change_navigation"]

ROLES: dict[str, list[str]] = {
    "Editor": WRITE_PAGES,
    "Donor care": [*READ_PEOPLE, *READ_PLEDGES, *READ_GIFTS, *READ_LETTERS],
    "Finance": [
        *READ_GIFTS,
        *READ_BOOKS,
        *READ_LETTERS,
        "donations.export_gift",
        "donations.export_ledgerentry",
    ],
}
PANEL = "wagtailadmin.access_admin"
# The administrator may do all that the panel offers, through this list, and is no superuser.
ADMINISTRATOR_APPS = (
    "awareness",
    "donations",
    "doors",
    "jobs",
    "letters",
    "organisation",
    "pledges",
    "staff",
    "supporters",
    "wagtailredirects",
    "wagtailimages",
    "wagtaildocs",
)


@receiver(post_migrate, dispatch_uid="road-out-roles")
def grant(**kwargs: Any) -> None:
    """Make the groups and give each exactly the permissions of ROLES.

    Django sends post_migrate once for each app and makes that app's permissions then, so the last call grants all.
    """
    for name, wanted in ROLES.items():
        _give(name, _permissions([PANEL, *wanted]))
    everything = list(Permission.objects.filter(content_type__app_label__in=ADMINISTRATOR_APPS))
    _give("Administrator", everything + _permissions([PANEL]))


def _permissions(names: list[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))


def _give(name: str, permissions: list[Permission]) -> None:
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.set(permissions)

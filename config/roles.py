"""Roles and permissions: the four groups of staff, what each may do. Kept in code, granted again after each migrate."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from wagtail.models import Collection, GroupApprovalTask, GroupCollectionPermission, GroupPagePermission, Page

READ_PEOPLE = [f"supporters.view_{model}" for model in ("supporter", "subscription", "consentevent")]
READ_SIGNATURES = ["pledges.view_signature", "pledges.view_signatureevent", "pledges.view_pledgetext"]
READ_GIFTS = [f"donations.view_{model}" for model in ("gift", "plan", "receipt", "dispute")]
READ_BOOKS = [
    "donations.view_ledgerentry",
    "donations.view_stripeevent",
    "donations.view_payout",
    "donations.view_reconciliation",
    "donations.view_gap",
    "donations.view_stripetrouble",
]
# Enter a declaration taken on paper or spoken, and cancel one; nobody changes what was declared.
DECLARE = [f"donations.{verb}_giftaiddeclaration" for verb in ("view", "add", "change")]
READ_LETTERS = ["letters.view_letter"]
ANSWER_MESSAGES = ["awareness.view_message", "awareness.change_message"]
WRITE_LETTERS = ["letters.change_letterwording"]
WRITE_NEWSLETTERS = ["supporters.view_newsletter", "supporters.change_newsletter"]
WRITE_PLEDGES = ["pledges.view_pledge", "pledges.add_pledge", "pledges.change_pledge", "pledges.view_pledgetext"]
READ_CAMPAIGNS = ["donations.view_campaign", "donations.view_matchreservation"]
WRITE_CAMPAIGNS = [f"donations.{verb}_campaign" for verb in ("view", "add", "change", "publish")]
SET_CURRENCIES = ["donations.view_currency", "donations.add_currency", "donations.change_currency"]
SET_FORM = [f"donations.{verb}_{model}" for model in ("costline", "fund") for verb in ("view", "add", "change")]
WRITE_GIVING = [f"donations.{verb}_givingwords" for verb in ("view", "add", "change")]
TRANSLATE_PAGES = "simple_translation.submit_translation"
WRITE_FACTS = [
    f"{app}.{verb}_{model}"
    for app, model in (
        ("awareness", "figure"),
        ("awareness", "source"),
        ("awareness", "hotline"),
        ("awareness", "helplanguage"),
        ("awareness", "topic"),
        ("awareness", "author"),
        ("organisation", "languagereview"),
        ("wagtailredirects", "redirect"),
    )
    for verb in ("view", "add", "change", "delete")
]

ROLES: dict[str, list[str]] = {
    "Editor": [
        *[*WRITE_FACTS, *WRITE_PLEDGES, *WRITE_LETTERS, *WRITE_CAMPAIGNS, *WRITE_GIVING, *ANSWER_MESSAGES],
        *WRITE_NEWSLETTERS,
        "supporters.send_newsletter",  # to all who agreed to letters; pause, resume and stop it
        "awareness.change_navigation",
        "donations.change_thankyou",
        TRANSLATE_PAGES,
        "organisation.export_report",
    ],
    # Changing a signature means: send its letter again, or set a false one aside; changing a plan: pause, stop, resume.
    "Donor care": [
        *READ_PEOPLE,
        *READ_SIGNATURES,
        "pledges.change_signature",
        "supporters.change_supporter",  # put a mistyped address right
        "supporters.merge_supporter",  # two rows of one person, and undo it
        "supporters.view_staffnote",
        "supporters.add_staffnote",
        *READ_GIFTS,
        *READ_CAMPAIGNS,
        "donations.change_plan",
        "donations.add_gift",  # enter one that came without Stripe, and take it back
        "donations.change_gift",  # put a mistyped address right; nobody changes a sum
        "donations.change_receipt",  # send it to the donor; nobody changes one
        "donations.change_dispute",  # say that a donor has what a failed refund did not bring
        *DECLARE,
        *READ_LETTERS,
        "letters.change_letter",  # send one again; nobody changes what it says
        *ANSWER_MESSAGES,
        *WRITE_LETTERS,
        "supporters.view_newsletter",  # read what went to a person
    ],
    "Finance": [
        *READ_GIFTS,
        *READ_BOOKS,
        *READ_CAMPAIGNS,
        *READ_LETTERS,
        *SET_CURRENCIES,
        *SET_FORM,
        "donations.delete_costline",
        "donations.add_gift",
        "donations.add_refundrequest",  # give money back through Stripe
        "donations.change_receipt",
        "donations.change_dispute",
        "donations.change_stripeevent",  # try an event again
        "donations.change_gap",  # say whose money is that our books cannot explain
        "donations.change_stripetrouble",  # say that what Stripe refused is put right
        *DECLARE,
        "donations.view_giftaidclaim",
        "donations.add_giftaidclaim",  # claim what declarations cover
        "donations.view_giftaidline",
        "donations.export_giftaidline",  # the schedule, for the tax office
        "donations.export_gift",
        "donations.export_ledgerentry",
    ],
}
PANEL = "wagtailadmin.access_admin"
ADMINISTRATOR = "Administrator"
# The administrator gets every permission of the panel through this list, and is no superuser.
ADMINISTRATOR_APPS = ("awareness", "donations", "jobs", "letters", "organisation", "pledges", "staff", "supporters")
ADMINISTRATOR_MODELS = ("redirect", "workflow", "task")  # of Wagtail

# Wagtail keeps rights over pages and files apart: they hang on a branch of the tree, here on its root.
WRITERS = ("Editor", ADMINISTRATOR)
PAGE_RIGHTS = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page")
FILE_RIGHTS = [f"{verb}_{model}" for verb in ("add", "change", "choose") for model in ("image", "document")]
FOLDER_RIGHTS = ("add_collection", "change_collection", "delete_collection")
STOCK_GROUPS = ("Editors", "Moderators")  # of Wagtail's first migration: ours stand in their place


def grant(**kwargs: Any) -> None:
    """Make the groups and give each exactly the permissions of ROLES.

    Called by config/apps.py on post_migrate, when the permissions of all apps are there.
    """
    for name, wanted in ROLES.items():
        _give(name, _permissions([PANEL, *wanted]))
    ours = Q(content_type__app_label__in=ADMINISTRATOR_APPS)
    wagtails = Q(content_type__app_label__startswith="wagtail", content_type__model__in=ADMINISTRATOR_MODELS)
    _give(ADMINISTRATOR, [*Permission.objects.filter(ours | wagtails), *_permissions([PANEL, TRANSLATE_PAGES])])
    for name in WRITERS:
        _let_write(Group.objects.get(name=name), folders=name == ADMINISTRATOR)
    _replace_stock_groups()


def _permissions(names: list[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))


def _give(name: str, permissions: list[Permission]) -> None:
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.set(permissions)


def _let_write(group: Group, folders: bool) -> None:
    """Grant rights over all pages, images and documents. The roots are missing while the first migrations still run."""
    root, collection = Page.objects.filter(depth=1).first(), Collection.objects.filter(depth=1).first()
    if root:
        pages = Permission.objects.filter(content_type__app_label="wagtailcore", codename__in=PAGE_RIGHTS)
        for permission in pages:
            GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)
    if collection:
        names = [*FILE_RIGHTS, *(FOLDER_RIGHTS if folders else ())]
        for permission in Permission.objects.filter(
            content_type__app_label__in=("wagtailcore", "wagtailimages", "wagtaildocs"), codename__in=names
        ):
            GroupCollectionPermission.objects.get_or_create(group=group, collection=collection, permission=permission)


def _replace_stock_groups() -> None:
    """Delete Wagtail's own groups: of two similar names the wrong one would be given. Groups with members stay."""
    unused = Group.objects.filter(name__in=STOCK_GROUPS, user=None)
    if unused:
        for task in GroupApprovalTask.objects.filter(groups__in=unused).distinct():
            task.groups.add(Group.objects.get(name=ADMINISTRATOR))
        unused.delete()

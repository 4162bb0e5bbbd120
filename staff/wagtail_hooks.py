"""Wagtail hooks of this app: what it adds to the panel."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button

from staff import accounts, audit, export_panel, letter_resending, panel, panel_search, reach, wording
from staff.models import User


@hooks.register("register_log_actions")
def log_actions(actions: Any) -> None:
    # Classes, not lambdas: Site history of Wagtail 7.4 asks each for format_comment.
    actions.register_action("staff.export")(audit.ExportLine)
    actions.register_action("staff.export_asked")(audit.AskedLine)
    actions.register_action("staff.action")(audit.ActionLine)


@hooks.register("register_admin_viewset")
def system() -> panel.System:
    return panel.System()


@hooks.register("construct_homepage_panels")
def health(request: HttpRequest, panels: list[Any]) -> None:
    if request.user.has_perm("jobs.view_job"):
        panels.append(panel.HealthPanel())


@hooks.register("insert_global_admin_css")
def styles() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("staff/panel.css"))


@hooks.register("insert_global_admin_js")
def scripts() -> str:
    return format_html('<script src="{}"></script>', static("staff/panel.js"))


@hooks.register("register_settings_menu_item")
def your_sign_in() -> MenuItem:
    return MenuItem(_("Your sign-in"), reverse("mfa_index"), icon_name="lock", order=10_000)


@hooks.register("register_admin_urls")
def invitation_addresses() -> list[URLPattern]:
    return [path("users/<int:pk>/invite/", accounts.invite, name="staff_invite")]


@hooks.register("register_admin_urls")
def letters_again_addresses() -> list[URLPattern]:
    return letter_resending.addresses()


@hooks.register("register_admin_urls")
def export_addresses() -> list[URLPattern]:
    return export_panel.addresses()


@hooks.register("register_admin_urls")
def wording_addresses() -> list[URLPattern]:
    return wording.addresses()


hooks.register("register_admin_search_area", panel_search.area)
hooks.register("register_admin_urls", panel_search.addresses)
hooks.register(panel_search.HOOK, panel.LetterViewSet, order=40)


@hooks.register("register_admin_menu_item")
def wording_menu() -> MenuItem:
    return wording.menu_item()


@hooks.register("register_user_listing_buttons")
def invite_button(user: User, request_user: User) -> list[Button]:
    if not request_user.has_perm("staff.change_user") or not reach.may_change(request_user, user):
        return []
    label = _("Send a sign-in link")
    return [Button(label, url=reverse("staff_invite", args=[user.pk]), icon_name="mail", priority=50)]


@hooks.register("after_create_user")
def mail_the_new_one(request: HttpRequest, user: User) -> None:
    accounts.welcome(request, user)


hooks.register("before_create_user", accounts.before_a_change)
hooks.register("before_edit_user", accounts.before_a_change)
hooks.register("before_delete_user", accounts.before_a_change)
for action in (accounts.AssignRole, accounts.SetActiveState, accounts.DeleteMany):
    hooks.register("register_bulk_action", action, order=1)  # after Wagtail's, in their place

"""Wagtail hooks of what spans the apps in the panel: the launch checklist."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from awareness.reports import ReportItem, may_read
from config import open_points_panel


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [path("reports/to-check/", open_points_panel.to_check, name="to_check")]


@hooks.register("register_reports_menu_item")
def in_the_menu() -> MenuItem:
    return ReportItem(open_points_panel.TITLE, reverse("to_check"), icon_name="list-ul", order=90)


@hooks.register("construct_homepage_panels")
def on_the_dashboard(request: HttpRequest, panels: list[Any]) -> None:
    if may_read(request.user):
        panels.append(open_points_panel.OpenPointsPanel())

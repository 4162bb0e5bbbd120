"""Wagtail hooks of this app: what it adds to the panel."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern
from wagtail import hooks

from pledges import crowd_panel, dashboard, panel, person_panel
from supporters import sections_panel

hooks.register(sections_panel.HOOK, person_panel.PledgeSection)


@hooks.register("register_admin_viewset")
def pledges() -> panel.Pledges:
    return panel.Pledges()


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return crowd_panel.addresses()


@hooks.register("construct_homepage_panels")
def signatures(request: HttpRequest, panels: list[Any]) -> None:
    if request.user.has_perm(crowd_panel.MAY_LOOK):
        panels.append(dashboard.SignaturesPanel())

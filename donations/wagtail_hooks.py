"""What this app adds to the panel."""

from typing import Any

from django.http import HttpRequest
from wagtail import hooks

from donations import numbers, panel


@hooks.register("register_admin_viewset")
def money() -> panel.Money:
    return panel.Money()


@hooks.register("construct_homepage_panels")
def agreement(request: HttpRequest, panels: list[Any]) -> None:
    if request.user.has_perm("donations.view_ledgerentry"):
        panels.append(numbers.MoneyPanel())

"""Wagtail hooks: what this app adds to the panel."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet

from donations.panel import (
    batches,
    campaigns,
    dashboard,
    gift_aid_claims,
    gifts,
    giving_words,
    lists,
    month,
    offline,
    person,
    plans,
    unsent,
    year_end,
)
from staff import panel_search
from supporters import sections_panel


@hooks.register("register_admin_viewset")
def money() -> lists.Money:
    return lists.Money()


hooks.register(sections_panel.HOOK, person.GivingSection)
hooks.register(panel_search.HOOK, gifts.GiftViewSet, order=10)
hooks.register(panel_search.HOOK, plans.PlanViewSet, order=30)
register_snippet(campaigns.Campaigns)
register_snippet(giving_words.GivingWordsViewSet)


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        *offline.addresses(),
        *batches.addresses(),
        *year_end.addresses(),
        *unsent.addresses(),
        *gift_aid_claims.addresses(),
    ]


@hooks.register("register_admin_menu_item")
def statements() -> MenuItem:
    return year_end.menu_item()


@hooks.register("register_admin_menu_item")
def gift_aid() -> MenuItem:
    return gift_aid_claims.menu_item()


@hooks.register("construct_homepage_panels")
def agreement(request: HttpRequest, panels: list[Any]) -> None:
    if request.user.has_perm("donations.view_gift"):
        panels.append(month.MonthPanel())
    if request.user.has_perm("donations.view_plan"):
        panels.append(dashboard.CarePanel())
    if request.user.has_perm("donations.view_ledgerentry"):
        panels.append(dashboard.MoneyPanel())

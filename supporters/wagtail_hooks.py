"""Wagtail hooks of this app: what it adds to the panel."""

from django.urls import URLPattern
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from supporters import panel
from supporters.newsletter import panel as newsletters


@hooks.register("register_admin_viewset")
def people() -> panel.People:
    return panel.People()


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return newsletters.addresses()


@hooks.register("register_admin_menu_item")
def newsletter_list() -> MenuItem:
    return newsletters.menu_item()

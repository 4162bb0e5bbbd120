"""Wagtail hooks of this app: what it adds to the panel."""

from wagtail import hooks

from supporters import panel


@hooks.register("register_admin_viewset")
def people() -> panel.People:
    return panel.People()

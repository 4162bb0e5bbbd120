"""What this app adds to the panel."""

from wagtail import hooks

from donations import panel


@hooks.register("register_admin_viewset")
def money() -> panel.Money:
    return panel.Money()

"""What this app adds to the panel."""

from wagtail import hooks

from pledges import panel


@hooks.register("register_admin_viewset")
def pledges() -> panel.Pledges:
    return panel.Pledges()

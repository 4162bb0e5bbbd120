"""What this app adds to the panel."""

from typing import Any

from wagtail import hooks

from staff import audit, panel


@hooks.register("register_log_actions")
def log_actions(actions: Any) -> None:
    # Classes, not lambdas: Site history of Wagtail 7.4 asks each for format_comment.
    actions.register_action("staff.export")(audit.ExportLine)
    actions.register_action("staff.action")(audit.ActionLine)


@hooks.register("register_admin_viewset")
def machinery() -> panel.Machinery:
    return panel.Machinery()

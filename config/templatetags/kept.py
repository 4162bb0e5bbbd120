"""Template tag of retention periods: what is kept, and for how long, from the table that the daily job works by."""

from typing import Any

from django import template

from config import cookies, retention_rules

register = template.Library()


@register.inclusion_tag("config/kept.html")
def kept() -> dict[str, Any]:
    """{% kept %}: two tables, of retention periods and of cookies."""
    return {"kept": retention_rules.for_readers(), "cookies": cookies.table()}

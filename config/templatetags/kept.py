"""What is kept, and for how long, on a page: from the table that the daily job works by."""

from typing import Any

from django import template

from config import cookies, forgetting

register = template.Library()


@register.inclusion_tag("config/kept.html")
def kept() -> dict[str, Any]:
    """{% kept %}: two tables."""
    return {"kept": forgetting.table(), "cookies": cookies.table()}

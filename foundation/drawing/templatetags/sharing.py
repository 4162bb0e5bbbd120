"""What other sites show of a page: its picture, drawn from its title and our name."""

from typing import Any

from django import template

from foundation.drawing import share_answer

register = template.Library()


@register.simple_tag(takes_context=True)
def share_picture(context: dict[str, Any], path: str, title: str) -> str:
    """{% share_picture path title as picture %}: the whole address of the picture at that path."""
    return share_answer.address(path, title, context["organisation"].name)

"""What My page shows of a supporter's promise."""

from typing import Any

from django import template
from django.template import Context

from pledges.models import Signature

register = template.Library()


@register.inclusion_tag("pledges/my_pledge.html", takes_context=True)
def my_pledge(context: Context) -> dict[str, Any]:
    """{% my_pledge %}: the signatures of `request.supporter`."""
    rows = Signature.objects.filter(supporter=context["request"].supporter).select_related("pledge", "text")
    return {"signatures": list(rows), "csrf_token": context.get("csrf_token")}

"""Template tag of the panel: what erasing leaves of a person's giving, in the sentences of their own page."""

from typing import Any

from django import template

from donations.templatetags.my_giving import what_stays
from supporters.models import Supporter

register = template.Library()


@register.inclusion_tag("donations/what_stays_panel.html")
def what_stays_for_staff(supporter: Supporter) -> dict[str, Any]:
    """{% what_stays_for_staff supporter %}: with links to the panel's page of what must end first."""
    return what_stays(supporter)

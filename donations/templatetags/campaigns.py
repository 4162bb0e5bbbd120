"""Template tags of campaigns: how far one is, the invitation to give to it, and the match of a gift."""

from typing import Any

from django import template
from django.template import Context

from donations.campaigns import donor_names, progress
from donations.models import Campaign, Gift, MatchReservation

register = template.Library()


@register.inclusion_tag("donations/progress.html")
def campaign_progress(campaign: Campaign) -> dict[str, Any]:
    """{% campaign_progress campaign %}: raised, goal, meter and match. A page shows one of these: two bars side by side
    draw gifts to the lesser.
    """
    now = progress.of(campaign)
    over = campaign.state in (Campaign.State.AFTER, Campaign.State.ENDED)  # then what it raised lowers no gift any more
    return {"campaign": campaign, "now": now, "tells": over or now.shows_meter}


@register.inclusion_tag("donations/donor_names.html")
def campaign_names(campaign: Campaign) -> dict[str, Any]:
    """{% campaign_names campaign %}: first names of who gave and chose to be named. Nothing while there is none."""
    return {"names": donor_names.of(campaign)}


@register.inclusion_tag("donations/campaign_block.html", takes_context=True)
def campaign_block(context: Context, campaign: Campaign | None) -> dict[str, Any]:
    """{% campaign_block campaign %}: a section that invites to give. Nothing while there is none, or it is not open."""
    today = context["organisation"].today()  # asked once for a page, however many campaigns it names
    is_open = campaign and campaign.live and campaign.state_on(today) == Campaign.State.OPEN
    return {"campaign": campaign if is_open else None}


@register.inclusion_tag("donations/gift_match.html")
def gift_match(gift: Gift | None) -> dict[str, Any]:
    """{% gift_match gift %}: what a funder adds to a gift, for its donor alone. Nothing when nobody adds anything."""
    match = MatchReservation.objects.select_related("campaign__currency").filter(gift=gift).first() if gift else None
    return {"match": match if match and match.amount else None}

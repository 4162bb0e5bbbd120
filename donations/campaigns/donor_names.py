"""First names on a campaign's page: of donors who chose it, until they, staff or a refund take them off."""

from django.db.models import F, Q

from donations.models import Campaign, Gift
from supporters import names

MOST = 24  # on one page: a wall of names is read by nobody
LOOKED_AT = 4 * MOST  # the newest gifts: some names come twice, and some are none


def of(campaign: Campaign) -> list[str]:
    """Return the first names to show, newest gift first, each once; none of a gift that was given back whole."""
    if campaign.pk is None or not campaign.shows_names:
        return []
    gifts = Gift.objects.paid().counted().filter(campaign=campaign, name_public=True).exclude(name="")
    kept = gifts.with_returns().filter(total__gt=-F("returned")).order_by("-paid_at", "-pk")
    shown: dict[str, str] = {}
    for name in kept.values_list("name", flat=True)[:LOOKED_AT]:
        first = names.first_name(name)
        if first:
            shown.setdefault(first.casefold(), first)
    return list(shown.values())[:MOST]


def hide(gift: Gift) -> int:
    """Show no name with this gift any more, nor with other payments of the same plan. Returns how many had one."""
    same = Q(pk=gift.pk) | Q(plan=gift.plan_id) if gift.plan_id else Q(pk=gift.pk)
    return Gift.objects.filter(same, name_public=True).update(name_public=False)

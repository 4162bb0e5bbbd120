"""Template tag of the site search: the page to give on, and the campaigns that staff have published."""

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from donations.models import Campaign
from foundation.organisation.sought import Sought

register = template.Library()


@register.simple_tag
def giving_found(sought: Sought) -> list[dict[str, str | SafeString]]:
    """{% giving_found sought as giving %}: rows with url, title and words, both marked."""
    give, about = _("Give"), _("Give once or every month. You pay on Stripe’s own page.")
    also = _("donation, donate, gift, support, card, monthly")
    rows = []
    if sought.is_in(give, about, also):
        rows.append(_row(reverse("donations:give"), give, about, sought))
    for campaign in Campaign.objects.shown():
        story = campaign.story.stream_block.get_searchable_content(campaign.story)
        if sought.is_in(campaign.title, campaign.summary, *story):
            rows.append(_row(campaign.get_absolute_url(), campaign.title, campaign.summary, sought))
    return rows


def _row(url: str, title: str, words: str, sought: Sought) -> dict[str, str | SafeString]:
    return {"url": url, "title": sought.marked(title), "words": sought.excerpt(words)}

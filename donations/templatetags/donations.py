"""Template tags of money for other pages: charts from the ledger, and structured data (DonateAction)."""

from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from donations.books import published
from donations.models import Campaign, Currency, GivingWords
from foundation.organisation.structured import script, us

register = template.Library()


@register.inclusion_tag("donations/ledger_chart.html", takes_context=True)
def ledger_chart(context: Context, by: str, title: str) -> dict[str, Any]:
    """{% ledger_chart "month" title %}: a chart and table for each currency, by month, fund or currency.

    While the books hold nothing to show, the months alone say so.
    """
    kept = getattr(context.get("request"), "__dict__", {})  # a page may show the same books three ways
    if "_raised" not in kept:
        kept["_raised"] = published.raised()
    return {"title": title, "by": by, "charts": published.charts(by, context["organisation"].today(), kept["_raised"])}


@register.simple_tag(takes_context=True)
def donate_action(context: Context, campaign: Campaign | None = None) -> SafeString:
    """{% donate_action %}, {% donate_action campaign %}: where one gives, for search engines."""
    if campaign and not campaign.is_open:
        return SafeString("")
    path = campaign.get_absolute_url() if campaign else reverse("donations:give")
    action = {
        "@type": "DonateAction",
        "name": campaign.title if campaign else _("Give"),
        "description": campaign.summary if campaign else "",
        "recipient": {"@type": "NGO", **us(), "name": context["organisation"].name},
        "target": {"@type": "EntryPoint", "urlTemplate": settings.BASE_URL + path},
    }
    return script(action)


@register.simple_tag
def own_thanks() -> str:
    """{% own_thanks %}: a paragraph of the thanks that staff wrote in the reader's language; or nothing."""
    row = GivingWords.objects.filter(language=get_language() or settings.LANGUAGE_CODE).first()
    return format_html("<p>{}</p>", row.thanks) if row and row.thanks else ""


@register.simple_tag
def giving_offers_yearly() -> bool:
    """{% giving_offers_yearly %}: whether the giving form, where a link names no currency, offers every year."""
    first = Currency.objects.shown().first()
    return bool(first and first.yearly_amounts)

"""Appeal: what one page with the giving form asks for. The giving page fixes nothing, others currency and fund."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.urls import reverse

from donations.models import Campaign, Currency, Fund, Gift


@dataclass(frozen=True)
class Appeal:
    """Settings of one page with the giving form. `path`: where the form is shown and sent to. `currency`: the one code
    it takes; empty, the donor chooses.

    `fund`: what every gift from it is for; None, the donor chooses. `campaign`: what every gift from it counts for.
    `about`: what its template shows beside the form. The template includes donations/form.html, and donations/sum.html
    where the sum stands beside it.
    """

    path: str
    template: str = "donations/give.html"
    currency: str = ""
    fund: Fund | None = None
    campaign: Campaign | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def currencies(self) -> dict[str, Currency]:
        """What the donor may choose among, by code; none where the page fixes it. Asked once for each request."""
        return {} if self.currency else {each.code: each for each in Currency.objects.shown()}


def everything() -> Appeal:
    """Return the appeal of the giving page itself."""
    return Appeal(path=reverse("donations:give"))


def page_of(gift: Gift) -> str:
    """Return the path of the page whose form a gift came from: the cancel URL of its Checkout Session leads there."""
    return gift.campaign.get_absolute_url() if gift.campaign else reverse("donations:give")

"""Which pages with a form are kept with holes (form_pages.py), and what is special about a page of each view."""

import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation

from donations.campaigns import funnel
from donations.models import Campaign
from foundation.organisation.models import Organisation
from pledges import counting

UNMARKED = 0  # of a kind without a mark
Seen = Callable[[HttpRequest], None]
QUARTER = 900  # seconds: in every time zone a day ends when one does


class Kind(NamedTuple):
    """`token`: whether its form has one. `mark`: what is asked for each reader, and must be what it was before the page
    was made. `seen`: makes of an address who hears of each reader of it.
    """

    token: bool = True
    mark: Callable[[], int] | None = None
    seen: Callable[[str], Seen | None] | None = None


def readers_of_campaign(path: str) -> Seen | None:
    """Counts the readers of that campaign's page. None: it is gone."""
    match = _match(path)
    campaign = Campaign.objects.named(match.kwargs["slug"]) if match else None
    return partial(funnel.saw, campaign=campaign, organisation=Organisation.load()) if campaign else None


def quarter() -> int:
    """The quarter of an hour that it is: a campaign ends with a day."""
    return int(time.time() // QUARTER)


VIEWS = {
    "donations:give": Kind(),
    "donations:campaign": Kind(mark=quarter, seen=readers_of_campaign),
    "donations:check": Kind(token=False),
    "pledges:pledge": Kind(mark=counting.newest_step),  # who has signed finds it counted at once
    "supporters:subscribe": Kind(),
    "supporters:my": Kind(),
    "wagtail_serve": Kind(),
}


@lru_cache(maxsize=4096)
def of(path: str) -> Kind | None:
    """The kind of the page at that address. None: it is none that may have a form for everybody."""
    match = _match(path)
    return VIEWS.get(match.view_name) if match else None


def _match(path: str) -> ResolverMatch | None:
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            return resolve(path)
        except Resolver404:
            return None

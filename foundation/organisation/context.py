"""What every template knows: who we are, and whether this is a demonstration."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from foundation.organisation import mode
from foundation.organisation.models import Organisation


def organisation(request: HttpRequest) -> Organisation:
    """Who we are, asked once for one answer, whoever needs it."""
    kept = request.__dict__
    if "_organisation" not in kept:
        kept["_organisation"] = Organisation.load()
    row: Organisation = kept["_organisation"]
    return row


def facts(row: Organisation | None = None) -> dict[str, Any]:
    """The same facts for pages and letters."""
    return {
        "organisation": row or Organisation.load(),
        "no_money_moves": mode.no_money_moves(),
        "offline_stripe": mode.offline_stripe(),
        "base_url": settings.BASE_URL,
    }


def site(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor."""
    return facts(organisation(request))

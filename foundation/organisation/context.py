"""Context processor: what every template knows, who we are, and whether this is a demonstration."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from foundation.organisation import mode
from foundation.organisation.models import Organisation


def organisation(request: HttpRequest) -> Organisation:
    """Return the organisation, cached for one request."""
    kept = request.__dict__
    if "_organisation" not in kept:
        kept["_organisation"] = Organisation.load()
    row: Organisation = kept["_organisation"]
    return row


def organisation_context(row: Organisation | None = None) -> dict[str, Any]:
    """Return the same template context for pages and letters."""
    return {
        "organisation": row or Organisation.load(),
        "no_money_moves": mode.no_money_moves(),
        "offline_stripe": mode.offline_stripe(),
        "base_url": settings.BASE_URL,
    }


def site(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor."""
    return organisation_context(organisation(request))

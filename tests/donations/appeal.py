"""Campaigns for tests, and gifts to them without a browser."""

import itertools
from datetime import timedelta

from django.utils import timezone

from donations.books import ledger
from donations.models import Campaign, Currency, Gift, LedgerEntry
from foundation.organisation.models import Organisation

NAMES = itertools.count()


def make(**fields) -> Campaign:
    """A campaign that is open today: 1,000 dollars, matched up to nothing."""
    today = Organisation.load().today()
    plain = {
        "title": "A house by the sea",
        "slug": "house",
        "summary": "Ten rooms for people who have left.",
        "currency": Currency.objects.get(code=fields.pop("code", "USD")),
        "goal": 100_000,
        "starts_on": today - timedelta(days=3),
        "ends_on": today + timedelta(days=3),
    }
    return Campaign.objects.create(**{**plain, **fields})


def matched(cap: int = 10_000, **fields) -> Campaign:
    return make(match_funder="The Lantern Trust", match_cap=cap, **fields)


def begun(campaign: Campaign, amount: int = 2500, cover: int = 0, **fields) -> Gift:
    """A gift at the start of its payment."""
    number = next(NAMES)
    return Gift.objects.create(
        frequency="once",
        currency=campaign.currency.code,
        amount=amount,
        fee_cover=cover,
        total=amount + cover,
        email=f"n{number}@donor.example",
        campaign=campaign,
        session_attempt=1,
        livemode=False,
        **fields,
    )


def book(gift: Gift, kind: str, amount: int, cover: int = 0) -> None:
    """A movement of that gift's money in the ledger."""
    ledger.book(
        f"x_{next(NAMES)}",
        LedgerEntry.Kind(kind),
        timezone.now(),
        gift=gift,
        amount=amount,
        cover=cover,
        currency=gift.currency,
        livemode=False,
    )


def arrived(gift: Gift) -> None:
    """Its money is in the books."""
    Gift.objects.filter(pk=gift.pk).update(status="paid", paid_at=timezone.now())
    book(gift, "charge", gift.total, gift.fee_cover)


def written(**fields) -> dict[str, str]:
    """The panel's form of a campaign, as staff fill it in."""
    plain = {
        "title": "A house by the sea",
        "slug": "house",
        "summary": "Ten rooms.",
        "currency": str(Currency.objects.get(code="USD").pk),
        "goal_sum": "25,000",
        "starts_on": "2026-01-01",
        "story-count": "1",
        "story-0-deleted": "",
        "story-0-order": "0",
        "story-0-type": "note",
        "story-0-id": "",
        "story-0-value": "Rooms and a garden.",
        "action-publish": "1",
    }
    return {**plain, **fields}


def edit_address(campaign: Campaign) -> str:
    return f"/admin/snippets/donations/campaign/edit/{campaign.pk}/"

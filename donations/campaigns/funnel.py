"""Funnel of a campaign: how often its page was seen, how many gifts were begun there, and how many of those came.

Counts alone: no address, no cookie, no row for a visit. What was seen is added up in the process and written every few
seconds, so that a crowd writes no more than a single reader does; a process that dies loses those seconds.
"""

import logging
import re
import threading
import time as clock
from collections import Counter
from datetime import date, datetime, time
from typing import Any

from django.db import DatabaseError
from django.db.models import BigIntegerField, Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from donations.models import Campaign, CampaignViews, Gift
from foundation.organisation import retention_periods
from foundation.organisation.models import Organisation

EVERY = 10  # seconds between two writes of one process
# What names itself as something else than a browser before a person: search engines, previews of links in chats,
# monitors, programs. Who sends no name is none either.
ROBOT = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|embed|scan|monitor|check|headless|lighthouse|curl|wget"
    r"|python|java/|go-http|okhttp|axios|ruby|perl|node|http-?client|archive|feed",
    re.I,
)
SEEN_BEFORE = {"back", "again"}  # in the address: came back from Stripe; has the form again, for something to put right
log = logging.getLogger(__name__)


class _Waiting:
    """Views that this process has counted and not written yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[tuple[int, date]] = Counter()
        self.written_at = float("-inf")

    def add(self, campaign: int, day: date) -> Counter[tuple[int, date]]:
        """Count one view, and take all that waits when it is time to write."""
        with self.lock:
            self.counts[campaign, day] += 1
            now = clock.monotonic()
            if now - self.written_at < EVERY:
                return Counter()
            self.written_at = now
            taken, self.counts = self.counts, Counter()
            return taken

    def put_back(self, counts: Counter[tuple[int, date]]) -> None:
        with self.lock:
            self.counts.update(counts)


_waiting = _Waiting()


def saw(request: HttpRequest, campaign: Campaign, organisation: Organisation | None = None) -> None:
    """Count one view of a campaign's page by a person. Never fails: no page is worth less than its count."""
    if not _is_person(request) or not SEEN_BEFORE.isdisjoint(request.GET):
        return
    taken = _waiting.add(campaign.pk, (organisation or Organisation.load()).today())
    try:
        _write(taken)
    except DatabaseError as error:
        log.warning("views of campaigns wait: %s", error)
        _waiting.put_back(taken)


def counted(campaigns: QuerySet[Campaign], since: date | None = None) -> QuerySet[Campaign]:
    """Annotate `seen`, `begun` and `paid` of these days, for lists. Begun: a payment page was made at Stripe. Paid: of
    those, what came and did not go back whole. Renewals and gifts without Stripe were not begun on the page.
    """
    views = CampaignViews.objects.filter(campaign=OuterRef("pk"))
    gifts = Gift.objects.counted().filter(campaign=OuterRef("pk")).exclude(session_id=None)
    if since:
        views = views.filter(day__gte=since)
        midnight = datetime.combine(since, time.min, tzinfo=Organisation.load().zone)
        gifts = gifts.filter(created_at__gte=midnight)
    paid = gifts.paid().with_returns().filter(total__gt=-F("returned"))
    numbers = {
        "seen": views.order_by().values("campaign").annotate(n=Sum("seen")).values("n"),
        "begun": gifts.order_by().values("campaign").annotate(n=Count("pk")).values("n"),
        "paid": paid.order_by().values("campaign").annotate(n=Count("pk")).values("n"),
    }
    columns: dict[str, Any] = {
        name: Coalesce(Subquery(rows), 0, output_field=BigIntegerField()) for name, rows in numbers.items()
    }
    return campaigns.annotate(**columns)


def forget(dry: bool = False) -> int:
    """Retention: delete old counts. Returns how many."""
    old = CampaignViews.objects.filter(day__lt=retention_periods.end("views").date())
    return retention_periods.drop(old, dry)


def _is_person(request: HttpRequest) -> bool:
    """Whether a browser shows the page now, as far as it says so; not one that fetches ahead what nobody may open."""
    ahead = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    name = request.headers.get("User-Agent", "")
    return request.method == "GET" and bool(name) and not ROBOT.search(name) and "prefetch" not in ahead


def _write(counts: Counter[tuple[int, date]]) -> None:
    """Add to the rows of these days, which are made where there is none yet. One that was deleted meanwhile is none."""
    for (campaign, day), times in counts.items():
        row = CampaignViews.objects.filter(campaign=campaign, day=day)
        if row.update(seen=F("seen") + times) or not Campaign.objects.filter(pk=campaign).exists():
            continue
        CampaignViews.objects.bulk_create([CampaignViews(campaign_id=campaign, day=day)], ignore_conflicts=True)
        row.update(seen=F("seen") + times)

"""What the panel's first page counts as to do or to look into, and the filters of lists that show just those rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models import Dispute, LedgerEntry, Payout, StripeEvent
from donations.reconcile import unsent
from donations.stripe import client
from donations.sync import from_stripe
from staff.list_filters import ListFilterSet

WEEK, MONTH, YEAR = timedelta(days=7), timedelta(days=30), timedelta(days=365)
Rows = QuerySet[Any]


def waiting() -> Rows:
    return Dispute.objects.counted().waiting()


def lost() -> Rows:
    return Dispute.objects.counted().filter(status="lost", opened_at__gt=timezone.now() - YEAR)


def refunds_owed() -> Rows:
    return Dispute.objects.counted().refunds_owed()


def unexplained() -> Rows:
    return Payout.objects.counted().unexplained()


def untold() -> Rows:
    return unsent.payments_since(unsent.newest_event())


def of_other_version() -> Rows:
    recent = StripeEvent.objects.counted().filter(received_at__gt=timezone.now() - WEEK)
    return recent.exclude(api_version=client.version())


def outside() -> Rows:
    recent = StripeEvent.objects.counted().filter(received_at__gt=timezone.now() - MONTH)
    return recent.exclude(note="").filter(note__startswith=from_stripe.OUTSIDE)  # by the index of those with a note


class ToDoFilter(django_filters.BooleanFilter):
    """Yes: the rows that the first page counts. No: all others."""

    def __init__(self, which: Callable[[], Rows], label: Any) -> None:
        super().__init__(label=label)
        self.which = which

    def filter(self, qs: Rows, value: bool | None) -> Rows:
        if value is None:
            return qs
        counted = self.which().order_by().values("pk")
        return qs.filter(pk__in=counted) if value else qs.exclude(pk__in=counted)


class DisputeFilters(ListFilterSet):
    waiting = ToDoFilter(waiting, _("Waits for somebody"))
    lost = ToDoFilter(lost, _("Lost in a year"))
    owed = ToDoFilter(refunds_owed, _("Refund that failed, to be made good"))

    class Meta:
        model = Dispute
        fields = {
            "kind": ["exact"],
            "status": ["exact"],
            "actionable": ["exact"],
            "opened_at": ["date"],
            "livemode": ["exact"],
        }


class LedgerFilters(ListFilterSet):
    untold = ToDoFilter(untold, _("Payment since Stripe's last event"))

    class Meta:
        model = LedgerEntry
        fields = {"kind": ["exact"], "currency": ["exact"], "day": ["exact"], "livemode": ["exact"]}


class PayoutFilters(ListFilterSet):
    unexplained = ToDoFilter(unexplained, _("Not explained"))

    class Meta:
        model = Payout
        fields = {"status": ["exact"], "currency": ["exact"], "arrives_on": ["exact"], "livemode": ["exact"]}


class EventFilters(ListFilterSet):
    other_version = ToDoFilter(of_other_version, _("In another API version, this week"))
    outside = ToDoFilter(outside, _("Paid outside of Stripe, this month"))

    class Meta:
        model = StripeEvent
        fields = {
            **{name: ["exact"] for name in ("state", "type", "api_version", "livemode")},
            "received_at": ["date"],
        }

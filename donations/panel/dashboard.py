"""Dashboard panels of money: numbers that should be zero, and monthly and yearly gifts."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component

from donations.card_testing import breaker
from donations.models import Breaker, Gap, Gift, Plan, Reconciliation, StripeEvent, StripeTrouble
from donations.panel import to_do
from donations.reconcile import runs, unsent
from donations.stripe import client
from foundation.organisation import clone_guard, mode
from foundation.organisation.models import Organisation
from staff.counting import counts

RECENT = timedelta(days=7)
FRESH = timedelta(hours=3)  # the worker compares every hour


class CarePanel(Component):
    """Dashboard panel of monthly and yearly gifts: how many, which way it goes, and whose needs somebody."""

    name = "donations_care"
    order = 70
    template_name = "donations/care_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        organisation = Organisation.load()
        month = organisation.today().replace(day=1)
        since = datetime.combine(month, time.min, organisation.zone)
        of_now = f"livemode={str(not mode.no_money_moves()).lower()}"
        plans = f"{reverse('plan:index')}?{of_now}&"
        active, new, ended, failing = _numbers_of_plans(since)
        return {
            "figures": [
                (_("active"), active, f"{plans}status=active"),
                (_("new this month"), new, f"{plans}started_at__date_from={month}"),
                (_("ended this month"), ended, f"{plans}ended_at__date_from={month}"),
                (_("whose payment failed"), failing, f"{plans}status=past_due"),
                (
                    _("disputes and warnings to answer"),
                    to_do.waiting().count(),
                    f"{reverse('dispute:index')}?waiting=true",
                ),
            ]
        }


def _numbers_of_plans(since: datetime) -> tuple[int, ...]:
    """Active ones, those that began and ended since a moment, and those past due: in one walk over them."""
    which = [
        Q(status=Plan.Status.ACTIVE),
        Q(started_at__gte=since),
        Q(ended_at__gte=since),
        Q(status=Plan.Status.PAST_DUE),
    ]
    counts = {f"count_{number}": Count("pk", filter=only) for number, only in enumerate(which)}
    return tuple(Plan.objects.counted().aggregate(**counts).values())


class MoneyPanel(Component):
    """Dashboard panel of the reconciliation: whether our books are Stripe's."""

    name = "donations_money"
    order = 80
    template_name = "donations/money_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        now = timezone.now()
        account = clone_guard.identity().stripe_account
        last = Reconciliation.objects.complete(account).first()
        walked = runs.walked(account)
        told = unsent.newest_event()
        of_now = f"livemode={str(client.is_live()).lower()}"
        events, gaps = reverse("stripeevent:index"), reverse("gap:index")
        last_page = reverse("reconciliation:inspect", args=[last.pk]) if last else reverse("reconciliation:index")
        disputes, troubles = reverse("dispute:index"), reverse("stripetrouble:index")
        gone, silent, unexplained, failed, other, outside, refused, waiting, lost, owed = counts(
            Gap.objects.open(account),
            unsent.payments_since(told),
            to_do.unexplained(),
            StripeEvent.objects.counted().filter(state=StripeEvent.State.FAILED),
            to_do.of_other_version(),
            to_do.outside(),
            StripeTrouble.objects.open(),
            to_do.waiting(),
            to_do.lost(),
            to_do.refunds_owed(),
        )
        return {
            "figures": [
                (
                    _("money at Stripe that is not in our books"),
                    gone,
                    f"{gaps}?explained_at__isnull=true",
                ),
                (_("lists of Stripe's that could not be compared"), len(last.failed) if last else 0, last_page),
                (_("paid gifts without a receipt letter"), unsent.last_count(), reverse("donations_unsent")),
                (_("payments since Stripe's last event"), silent, f"{reverse('ledgerentry:index')}?untold=true"),
                (
                    _("payouts not explained"),
                    unexplained,
                    f"{reverse('payout:index')}?unexplained=true",
                ),
                (_("events failed"), failed, f"{events}?state=failed&{of_now}"),
                (
                    _("events in another API version this week"),
                    other,
                    f"{events}?other_version=true",
                ),
                (_("paid outside of Stripe this month"), outside, f"{events}?outside=true"),
                (
                    _("calls that Stripe refused"),
                    refused,
                    f"{troubles}?settled_at__isnull=true",
                ),
                (_("guard against stolen cards at work"), int(breaker.is_open()), disputes),
                (_("disputes and warnings to answer"), waiting, f"{disputes}?waiting=true"),
                (_("disputes lost in a year"), lost, f"{disputes}?lost=true"),
                (_("refunds that failed"), owed, f"{disputes}?owed=true"),
            ],
            "last": last,
            "walked": walked,
            "complete": walked is not None and walked > now - 2 * runs.WEEK,
            "told": told,
            "rehearsed": Gift.objects.paid().filter(livemode=False).count() if client.is_live() else 0,
            "silent": silent,
            "several": Plan.objects.donors_of_several().count(),
            "guard": Breaker.objects.exclude(opened_at=None).filter(opened_at__gt=now - RECENT).first(),
            "fresh": last is not None and last.started_at > now - FRESH,
        }

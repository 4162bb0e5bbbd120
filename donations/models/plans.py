"""Plan: a subscription, the promise of a gift every month or year."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.models.columns import money_column
from donations.models.frequency import Frequency, Frequent
from donations.models.livemode import OfSomeMoney, of_this_money
from staff.columns import column
from supporters.models import Supporter


def _day(moment: datetime | None) -> str:
    """In the reader's time zone: the panel's own."""
    return date_format(timezone.localtime(moment), "DATE_FORMAT") if moment else ""


class PlanQuerySet(models.QuerySet["Plan"]):
    def counted(self) -> "PlanQuerySet":
        return self.filter(of_this_money())

    def running(self) -> "PlanQuerySet":
        """Plans that Stripe has not ended, whatever else they are."""
        return self.exclude(status=Plan.Status.ENDED)

    def of_several(self) -> "PlanQuerySet":
        """Plans whose donor has another one beside it, both without an end: perhaps somebody began anew by mistake."""
        lasting = self.counted().running().filter(cancel_at=None).exclude(supporter=None)
        others = Plan.objects.counted().running().filter(cancel_at=None, supporter=OuterRef("supporter"))
        return lasting.filter(Exists(others.exclude(pk=OuterRef("pk"))))

    def donors_of_several(self) -> "models.QuerySet[Plan, Any]":
        """The donors of those, a group for each: by one walk, for the number on the first page."""
        lasting = self.counted().running().filter(cancel_at=None).exclude(supporter=None)
        return lasting.order_by().values("supporter").annotate(plans=Count("pk")).filter(plans__gt=1)

    def behind(self) -> "PlanQuerySet":
        """Past-due plans in dunning: their donors get letters, and a pause after three weeks. Not those that were
        stopped or paused: nothing more is asked of them.
        """
        tries = self.counted().filter(status=Plan.Status.PAST_DUE, cancel_at=None)
        return tries.filter(past_due_since__isnull=False, auto_paused_at=None)


class Plan(Frequent, OfSomeMoney):
    """A monthly or yearly gift: a subscription as Stripe has it. Its payments are gifts. Sums are minor units, moments
    UTC.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for the donor")
        ACTIVE = "active", _("active")
        PAST_DUE = "past_due", _("payment failed")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")

    subscription_id = models.CharField(max_length=120, unique=True)
    customer_id = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    stripe_status = models.CharField(max_length=40, blank=True)  # as Stripe says it; its list may grow
    frequency = models.CharField(max_length=8, choices=Frequency.choices[1:], default=Frequency.MONTHLY)
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    fee_cover = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField()
    supporter = models.ForeignKey(Supporter, null=True, blank=True, on_delete=models.PROTECT, related_name="plans")
    as_of = models.DateTimeField()  # when the fetch began that this row shows; an older one changes nothing
    started_at = models.DateTimeField()
    current_period_end = models.DateTimeField(null=True, blank=True)
    cancel_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    resumes_at = models.DateTimeField(null=True, blank=True)  # when a pause ends by itself
    past_due_since = models.DateTimeField(null=True, blank=True)  # when we first saw that a payment failed
    auto_paused_at = models.DateTimeField(null=True, blank=True)  # paused by us, because the card kept failing
    item_id = models.CharField(max_length=120, blank=True)
    product_id = models.CharField(max_length=120, blank=True)
    method_id = models.CharField(max_length=120, blank=True, default="")  # its own card or account at Stripe
    rested = models.CharField(max_length=40, blank=True, default="")  # how it was paused before a stop (writes.stop)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("monthly or yearly gift")
        indexes = [
            models.Index(fields=["status", "-id"], name="plan_of_status"),
            models.Index(fields=["customer_id"], name="plan_customer"),
            models.Index(fields=["past_due_since"], name="plan_behind", condition=Q(past_due_since__isnull=False)),
            models.Index(fields=["started_at"], name="plan_started"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(total=F("amount") + F("fee_cover")), name="plan_total_is_its_sum")
        ]

    def __str__(self) -> str:
        return _("%(sum)s %(every)s") % {"sum": money.exact(self.total, self.currency), "every": self.every}

    @property
    def asks(self) -> bool:
        """Whether Stripe will charge or retry again, so that a new card is all that is needed."""
        return self.status not in (self.Status.WAITING, self.Status.ENDED)

    @property
    def can_rest(self) -> bool:
        """Whether payments may be left out. Of a yearly one they are a year apart: a stop says it better."""
        return self.frequency == Frequency.MONTHLY

    @property
    def asks_for_card(self) -> bool:
        """Whether it is past due: a payment failed, and nobody stopped or paused the gift."""
        return self.status == self.Status.PAST_DUE and self.cancel_at is None

    total_text = money_column("total", _("each time"))

    @column(_("status"), sorted_by="status")
    def status_text(self) -> str:
        """How it stands and what happens next, in the words of the panel."""
        status, day = self.Status, _day(self.cancel_at or self.resumes_at)
        if self.status != status.ENDED and self.cancel_at:
            words = _("stopped, ends on %(day)s") if self.status == status.PAUSED else _("%(now)s, ends on %(day)s")
            return words % {"now": self.get_status_display(), "day": day}
        if self.status == status.PAUSED and self.auto_paused_at:
            return str(_("paused by us, because the card keeps failing"))
        if self.status == status.PAUSED and day:
            return _("paused until %(day)s") % {"day": day}
        return self.get_status_display()

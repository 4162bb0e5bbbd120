"""Reconciliation of our books with Stripe's: payouts with what explains them, the runs, and the gaps."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from donations.models.columns import money_column
from donations.models.livemode import OfSomeMoney, of_this_money
from staff.columns import column


class PayoutQuerySet(models.QuerySet["Payout"]):
    def counted(self) -> "PayoutQuerySet":
        return self.filter(of_this_money())

    def unexplained(self) -> "PayoutQuerySet":
        """Payouts with money in them that no ledger entry explains. There should be none."""
        return self.filter(~Q(unexplained=0), unexplained__isnull=False)


class Payout(OfSomeMoney):
    """A payout: money that left for the bank account, as Stripe had it at `as_of`.

    `unexplained` is its sum less what the ledger has for its balance transactions, in minor units. It is empty until
    Stripe says what the payout is made of, and stays so for payouts made by hand, of which Stripe says nothing.
    """

    payout_id = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=40)  # Stripe's word; its list may grow
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    arrives_on = models.DateField()
    automatic = models.BooleanField()
    balance_transactions = models.PositiveIntegerField(null=True, blank=True)
    unexplained = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    as_of = models.DateTimeField()  # when the fetch began that this row shows; an older one changes nothing

    objects = PayoutQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("payout")

    def __str__(self) -> str:
        return self.payout_id

    @property
    def at_stripe(self) -> str:
        """The address at which Stripe's dashboard shows it, and why it failed if it did."""
        return f"https://dashboard.stripe.com/{'' if self.livemode else 'test/'}payouts/{self.payout_id}"

    amount_text = money_column("amount", _("amount"))

    unexplained_text = money_column("unexplained", _("unexplained"))


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    def complete(self, account: str) -> "ReconciliationQuerySet":
        """Complete runs over the Stripe account that our books belong to. Newest first."""
        return self.filter(applied=True, place__account=account).exclude(finished_at=None)


class Reconciliation(models.Model):
    """One reconciliation run over Stripe's lists. `found`: what was missing or different, by class; `gaps`: what still
    is.

    `missing`: the balance transactions that it could not explain; each has a row of its own (Gap) until something does.
    `place`: how far it has read, so that one that was cut off continues there; in it `failed`: the parts that it could
    not compare, and from when on the next run must read them; `owed`: those that the run before could not.
    """

    since = models.DateTimeField(null=True, blank=True)
    applied = models.BooleanField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    found = models.JSONField(default=dict)
    gaps = models.PositiveIntegerField(default=0)
    missing = models.JSONField(default=list)
    place = models.JSONField(default=dict)
    notes = models.TextField(blank=True)  # ids at Stripe, never names

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("comparison with Stripe")
        verbose_name_plural = _("comparisons with Stripe")

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.started_at), "DATETIME_FORMAT")

    @column(_("found"))
    def found_text(self) -> str:
        found: dict[str, Any] = self.found
        return ", ".join(f"{name}: {count}" for name, count in found.items() if count)

    @property
    def failed(self) -> list[str]:
        """The parts that could not be compared; why stands in the notes."""
        return sorted(self.place.get("failed", {}))


class GapQuerySet(models.QuerySet["Gap"]):
    def open(self, account: str) -> "GapQuerySet":
        """Gaps that are not explained, of the Stripe account that our books belong to ("acct_…", "acct_…/test")."""
        return self.filter(account=account, explained_at=None)


class Gap(models.Model):
    """A gap: a balance transaction that no ledger entry explains. It stays until one does, however old it is.

    `net` in minor units; empty where we do not even understand the object.
    """

    balance_transaction = models.CharField(max_length=120, unique=True)
    account = models.CharField(max_length=120)
    type = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=120, blank=True)  # the object at Stripe that moved it
    net = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    why = models.TextField(blank=True)  # why it was not booked, as far as anybody knows
    found_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True)  # when staff were written to about it
    explained_at = models.DateTimeField(null=True, blank=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("money that is not in our books")
        verbose_name_plural = _("money that is not in our books")
        indexes = [models.Index(fields=["account", "explained_at"], name="gap_open")]

    def __str__(self) -> str:
        return self.balance_transaction

    net_text = money_column("net", _("on the balance"))

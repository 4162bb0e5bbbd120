"""Cost lines: what a sum pays for, one clause for a rung of the ladder, with the line of accounts that staff cite."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.models.currencies import Currency
from donations.models.frequency import Frequency
from foundation.organisation import addresses
from staff.columns import column

FRESH = timedelta(days=548)  # eighteen months: costs older than that say little about today


def ladders() -> list[tuple[str, Any]]:
    return [("", _("every ladder")), *Frequency.choices]


class CostLineQuerySet(models.QuerySet["CostLine"]):
    def fresh(self) -> "CostLineQuerySet":
        """Those cited in the last eighteen months. An older one leaves the page by itself."""
        return self.filter(cited_on__gt=timezone.now().date() - FRESH)


class CostLine(models.Model):
    """“$30 covers …”, and the line of the accounts that says so. Without a citation there is no clause."""

    currency = models.ForeignKey(
        Currency, on_delete=models.CASCADE, related_name="cost_lines", verbose_name=_("currency")
    )
    amount = models.PositiveBigIntegerField(_("amount"))  # minor units
    frequency = models.CharField(
        _("ladder"),
        max_length=8,
        blank=True,
        choices=ladders,
        help_text=_("On every ladder the clause must be true of one gift and of a gift every month or year."),
    )
    clause = models.CharField(
        _("what it does"),
        max_length=90,
        help_text=_("Goes on after the sum, without a full stop: “covers one evening of a street team”."),
    )
    citation = models.CharField(
        _("cost line"),
        max_length=300,
        help_text=_("Document, year and line that the clause was worked out from. Visitors can read it."),
    )
    address = models.URLField(_("address of the document"), blank=True)
    cited_on = models.DateField(
        _("looked up on"),
        default=timezone.localdate,
        help_text=_("Eighteen months later the clause leaves the page, until somebody looks again."),
    )

    objects = CostLineQuerySet.as_manager()

    class Meta:
        ordering = ["currency", "amount"]
        verbose_name = _("what a sum does")
        verbose_name_plural = _("what sums do")
        constraints = [
            models.UniqueConstraint(fields=["currency", "amount", "frequency"], name="cost_line_one_for_each_rung")
        ]

    def __str__(self) -> str:
        return self.clause

    def clean(self) -> None:
        super().clean()
        addresses.field("address", self.address, addresses.check_source)

    @column(_("sum"), sorted_by="amount")
    def amount_text(self) -> str:
        return money.exact(self.amount, self.currency.code)

    @column(_("ladder"), sorted_by="frequency")
    def ladder_text(self) -> str:
        return str(self.get_frequency_display())

    def amount_short(self) -> str:
        return money.short(self.amount, self.currency.code)

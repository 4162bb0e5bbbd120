"""Funds: what a gift can be designated for; a few that staff name. No fund means: where it is needed most."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from staff.columns import column

MOST_OFFERED = 3  # with "where it is needed most" four: with more to choose from, fewer people finish


class FundQuerySet(models.QuerySet["Fund"]):
    def offered(self) -> "FundQuerySet":
        """Funds that the giving page lists below “where it is needed most”, in their order."""
        first = self.filter(shown=True).values_list("pk", flat=True)[:MOST_OFFERED]
        return self.filter(pk__in=list(first))  # not sliced itself: a form filters it further


class Fund(models.Model):
    """One part of the work that money can be given for. It is taken off the page, never deleted: gifts name it."""

    name = models.CharField(_("name"), max_length=80, unique=True, help_text=_("As donors and receipts say it."))
    shown = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=10)

    objects = FundQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("fund")
        verbose_name_plural = _("funds")

    def __str__(self) -> str:
        return self.name

    @column(_("link to the form"))
    def link(self) -> str:
        """Of the giving form with this fund chosen, for letters and pages."""
        return f"{reverse('donations:give')}?fund={self.pk}"

"""Livemode: whether a row is about real money, or about what a rehearsal with test keys left."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.organisation import mode
from staff.columns import column


def of_this_money() -> Q:
    """Filter: rows of the mode (livemode) in which money moves now. What a rehearsal with test keys left counts nowhere
    once real money moves; while one is on, it alone does.
    """
    return Q(livemode=not mode.no_money_moves())


class OfSomeMoney(models.Model):
    """Base of rows with Stripe's livemode, which says whether real money moved, with their mark for lists."""

    livemode = models.BooleanField()

    class Meta:
        abstract = True

    @column(_("money"), sorted_by="livemode")
    def mode_text(self) -> str:
        return "" if self.livemode else gettext("test")

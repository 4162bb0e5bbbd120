"""How often a gift is given: once, every month or every year, in our words and in Stripe's."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Frequency(models.TextChoices):
    ONCE = "once", _("once")
    MONTHLY = "monthly", _("every month")
    YEARLY = "yearly", _("every year")


INTERVALS = {Frequency.MONTHLY: "month", Frequency.YEARLY: "year"}  # Stripe's words, of a subscription's price
FREQUENCIES = {interval: frequency for frequency, interval in INTERVALS.items()}
MONTHS = {Frequency.MONTHLY: 1, Frequency.YEARLY: 12}  # from one payment to the next
PACES = {Frequency.MONTHLY: _("monthly"), Frequency.YEARLY: _("yearly")}


class Frequent(models.Model):
    """Base of rows that have a frequency, with the words for it. Sentences take one of the two and ask nothing more."""

    frequency = models.CharField(max_length=8, choices=Frequency.choices)

    class Meta:
        abstract = True

    @property
    def interval(self) -> str:
        """Stripe's word for it: "month" or "year"; empty for what is given once."""
        return INTERVALS[Frequency(self.frequency)] if self.repeats else ""

    @property
    def repeats(self) -> bool:
        return self.frequency in INTERVALS

    @property
    def every(self) -> str:
        """ "every month", "every year" or "once", in the reader's language."""
        return str(self.get_frequency_display())

    @property
    def pace(self) -> str:
        """What kind of gift it is, before that word: "monthly" or "yearly"; empty for one that is given once."""
        return str(PACES[Frequency(self.frequency)]) if self.repeats else ""

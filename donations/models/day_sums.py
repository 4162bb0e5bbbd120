"""Day sums: what was given on each day, kept beside the ledger. donations/books/day_sums.py counts them."""

from django.db import models

from donations.models.livemode import of_this_money


class DaySumQuerySet(models.QuerySet["DaySum"]):
    def counted(self) -> "DaySumQuerySet":
        return self.filter(of_this_money())


class DaySum(models.Model):
    """Giving of one day of the organisation's calendar in one currency, minor units, of live or of test money.

    `received` is all that came in, fee cover too; `returned` what went back, zero or less; `gifts` how many came in.
    """

    day = models.DateField()
    currency = models.CharField(max_length=3)
    livemode = models.BooleanField()
    gifts = models.PositiveIntegerField(default=0)
    received = models.BigIntegerField(default=0)
    returned = models.BigIntegerField(default=0)

    objects = DaySumQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["livemode", "day", "currency"], name="day_sum_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"


class DaySumMark(models.Model):
    """How far the day sums are counted: one row, locked by whoever counts on."""

    through = models.BigIntegerField(default=0)  # the id of the last ledger entry that is in them
    checked_at = models.DateTimeField(null=True, blank=True)
    wrong = models.PositiveIntegerField(default=0)  # sums that a check found wrong when it last found any
    wrong_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"through {self.through}"

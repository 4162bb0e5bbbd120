"""The currencies people may give in, with the amounts offered and the limits of each."""

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.models.frequency import Frequency

MOST_BASIS_POINTS = 1500  # 15 %: no card costs more, so a larger rate is a typing mistake


def known_currency(code: str) -> None:
    """Raise ValidationError unless the code is an ISO code in capitals that has a name."""
    if code not in Locale("en").currencies:
        raise ValidationError(_("“%(code)s” is no currency code. Examples: USD, EUR, JPY."), params={"code": code})


class CurrencyQuerySet(models.QuerySet["Currency"]):
    def shown(self) -> "CurrencyQuerySet":
        """Those that the giving page offers, in their order."""
        return self.filter(shown=True)


class Currency(models.Model):
    """One currency of the giving page. All sums are integers of minor units (money.exponent)."""

    code = models.CharField(_("code"), max_length=3, unique=True, validators=[known_currency])
    shown = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=10, help_text=_("The lowest comes first and is the one chosen at the start.")
    )
    monthly_amounts = models.JSONField(_("monthly amounts"), default=list)
    once_amounts = models.JSONField(_("amounts for one gift"), default=list)
    yearly_amounts = models.JSONField(_("yearly amounts"), default=list, blank=True)  # none: it is not offered
    minimum = models.PositiveBigIntegerField(_("smallest gift"))
    maximum = models.PositiveBigIntegerField(_("largest gift"), validators=[MaxValueValidator(money.LARGEST)])
    fee_basis_points = models.PositiveSmallIntegerField(
        _("card fee, hundredths of a percent"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MOST_BASIS_POINTS)],
    )
    fee_fixed = models.PositiveIntegerField(_("card fee, fixed part"), null=True, blank=True)
    most_chosen = models.JSONField(
        default=dict, editable=False
    )  # frequency: minor units; see donations/giving/most_chosen.py

    objects = CurrencyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """In the reader's language: "US dollars"."""
        return money.name(self.code)

    @property
    def title(self) -> str:
        """In a menu: "US Dollar (USD)"."""
        return money.title(self.code)

    def takes(self, gift: int) -> bool:
        """Whether a gift of that many minor units lies between the smallest and the largest."""
        return self.minimum <= gift <= self.maximum

    @property
    def offers_fee_cover(self) -> bool:
        """Only where staff entered what a card costs: an invented fee would be an untrue sentence."""
        return self.fee_basis_points is not None and self.fee_fixed is not None

    @property
    def frequencies(self) -> list[Frequency]:
        """What one may choose from: every year only where staff entered amounts for it."""
        return [each for each in Frequency if each != Frequency.YEARLY or self.yearly_amounts]

    def ladder(self, frequency: str) -> list[int]:
        """The amounts offered for "once", "monthly" or "yearly", in minor units."""
        return list(getattr(self, f"{Frequency(frequency)}_amounts"))

    def most_suggested(self) -> int:
        """The largest single gift under which a monthly one is suggested, in minor units."""
        return 2 * int((self.once_amounts[1:] or [0])[0])

    def monthly_instead(self, once: int) -> int:
        """About a third of a single gift, to suggest every month in its place (minor units); 0: suggest nothing.

        Rounded to the smallest gift. Nothing above twice the second rung: a donor who gives that much has decided.
        """
        unit = self.minimum
        if once > self.most_suggested():
            return 0
        third: int = (once + 3 * unit // 2) // (3 * unit) * unit
        return third if unit <= third < once else 0

    def fee_cover(self, gift: int) -> int:
        """The fee gross-up: what to add, in minor units, so that the gift reaches us whole. 0: no cover is offered."""
        if self.fee_basis_points is None or self.fee_fixed is None:
            return 0
        return money.with_fee(gift, self.code, self.fee_basis_points, self.fee_fixed) - gift

"""Panel form of a currency, in the sums that people write; the row keeps minor units."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.models import Currency
from donations.models.currencies import MOST_BASIS_POINTS
from donations.models.frequency import Frequency
from foundation.access.card_numbers import NoCardNumbers

PERCENT = re.compile(r"(\d{1,2})(?:\.(\d{1,2}))?", re.ASCII)
MOST_RUNGS = 6


class CurrencyForm(NoCardNumbers, forms.ModelForm):
    """Form of a currency. Both parts of the card fee, or neither."""

    monthly = forms.CharField(
        label=gettext_lazy("Monthly amounts"), help_text=gettext_lazy("Rising, with spaces between: 15 30 60 120")
    )
    once = forms.CharField(
        label=gettext_lazy("Amounts for one gift"), help_text=gettext_lazy("Rising, with spaces between: 35 75 150 300")
    )
    yearly = forms.CharField(
        label=gettext_lazy("Yearly amounts"),
        required=False,
        help_text=gettext_lazy(
            "For example 150 300 600. “Every year” is offered in this currency while amounts stand here. Take them "
            "away, and it is offered no more; yearly gifts that were begun go on."
        ),
    )
    least = forms.CharField(
        label=gettext_lazy("Smallest gift"),
        help_text=gettext_lazy("Not below 5 dollars’ worth: thieves try stolen cards with the smallest sums."),
    )
    most = forms.CharField(label=gettext_lazy("Largest gift"))
    percent = forms.CharField(
        label=gettext_lazy("Card fee in percent"),
        required=False,
        help_text=gettext_lazy("What Stripe takes from you, for example 2.9. Empty: covering the fee is not offered."),
    )
    fixed = forms.CharField(
        label=gettext_lazy("Fixed part of the card fee"),
        required=False,
        help_text=gettext_lazy("For each payment, in this currency, for example 0.30."),
    )

    sure = forms.BooleanField(
        label=gettext_lazy("Save the new amounts although they move by more than a fifth"),
        required=False,
        help_text=gettext_lazy("Needed only then. In a large test, ladders raised so lost about one gift in six."),
    )

    class Meta:
        model = Currency
        fields = ["code", "shown", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row.pk is None:
            return
        self.fields["code"].disabled = True
        self.initial.update(
            {
                **{
                    each.value: " ".join(money.plain(rung, row.code) for rung in row.ladder(each)) for each in Frequency
                },
                "least": money.plain(row.minimum, row.code),
                "most": money.plain(row.maximum, row.code),
            }
        )
        if row.fee_basis_points is not None and row.fee_fixed is not None:
            self.initial["percent"] = f"{row.fee_basis_points / 100:g}"
            self.initial["fixed"] = money.plain(row.fee_fixed, row.code)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        code = self.cleaned_data.get("code")
        if not code or self.errors:
            return cleaned
        row = self.instance
        for field, part in (("least", "minimum"), ("most", "maximum"), ("fixed", "fee_fixed")):
            text = self.cleaned_data[field]
            setattr(row, part, self._sum(field, text, code) if text else None)
        if not self.errors and not row.minimum:
            self.add_error("least", _("Please write a sum above zero."))
        row.fee_basis_points = self._percent()
        if (row.fee_basis_points is None) != (row.fee_fixed is None):
            self.add_error("fixed", _("Give both parts of the card fee, or neither."))
        if not self.errors and row.minimum > row.maximum:
            self.add_error("most", _("The largest gift must not be smaller than the smallest."))
        if not self.errors:
            for each in Frequency:
                before, after = row.ladder(each), self._ladder(each, row, code)
                self._warn(each, before, after)
                setattr(row, f"{each}_amounts", after)
        return cleaned

    def _sum(self, field: str, text: str, code: str) -> int:
        try:
            return money.parse(text, code)
        except money.AmountError as error:
            self.add_error(field, str(error))
            return 0

    def _ladder(self, field: str, row: Currency, code: str) -> list[int]:
        rungs = [self._sum(field, text, code) for text in self.cleaned_data[field].split()]
        if field not in self.errors and (rungs != sorted(set(rungs)) or len(rungs) > MOST_RUNGS):
            self.add_error(field, _("Up to %(most)s amounts, each larger than the one before.") % {"most": MOST_RUNGS})
        if rungs and field not in self.errors and not row.minimum <= rungs[0] <= rungs[-1] <= row.maximum:
            self.add_error(field, _("Every amount lies between the smallest and the largest gift."))
        return rungs

    def _warn(self, field: str, before: list[int], after: list[int]) -> None:
        """Not forbidden, but not by accident: a rung that moves by more than a fifth costs gifts."""
        moved = any(5 * abs(new - old) > old for old, new in zip(before, after, strict=False))
        if moved and field not in self.errors and not self.cleaned_data["sure"]:
            self.add_error(field, _("An amount moves by more than 20 %. Tick the box below if that is meant."))

    def _percent(self) -> int | None:
        text = self.cleaned_data["percent"]
        if not text:
            return None
        match = PERCENT.fullmatch(text)
        points = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else MOST_BASIS_POINTS + 1
        if points > MOST_BASIS_POINTS:
            raise ValidationError({"percent": _("Please write a percentage from 0 to 15, such as 2.9.")})
        return points

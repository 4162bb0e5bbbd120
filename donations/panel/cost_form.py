"""Panel forms of cost lines (what a sum does), in the sums that people write, and of the funds of the giving form."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.models import CostLine, Currency, Fund
from donations.models.funds import MOST_OFFERED
from foundation.access.card_numbers import NoCardNumbers


class CostLineForm(NoCardNumbers, forms.ModelForm):
    """Form of a cost line. The row keeps minor units."""

    sum = forms.CharField(label=gettext_lazy("Sum"), help_text=gettext_lazy("A rung of the ladder, for example 30."))

    class Meta:
        model = CostLine
        fields = ["currency", "frequency", "clause", "citation", "address", "cited_on"]

    field_order = ["currency", "sum", "frequency", "clause", "citation", "address", "cited_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row.pk:
            self.initial["sum"] = money.plain(row.amount, row.currency.code)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        currency, text = self.cleaned_data.get("currency"), self.cleaned_data.get("sum")
        if not currency or not text:
            return cleaned
        try:
            self.instance.amount = money.parse(text, currency.code)
        except money.AmountError as error:
            self.add_error("sum", str(error))
            return cleaned
        self._check_ladder(currency, self.cleaned_data.get("frequency", ""))
        return cleaned

    def _check_ladder(self, currency: Currency, frequency: str) -> None:
        """One sentence at most for each rung, and none for a sum that is no rung."""
        same = CostLine.objects.filter(currency=currency, amount=self.instance.amount).exclude(pk=self.instance.pk)
        if frequency:
            same = same.filter(frequency__in=["", frequency])
        if same.exists():
            self.add_error("sum", _("There is a sentence for this sum already."))
        ladders = [frequency] if frequency else currency.frequencies
        if not any(self.instance.amount in currency.ladder(each) for each in ladders):
            self.add_error("sum", _("This sum does not stand on that ladder of the currency."))


class FundForm(NoCardNumbers, forms.ModelForm):
    """Form of a fund. With “where it is needed most” no more than four choices: with more, fewer people finish."""

    class Meta:
        model = Fund
        fields = ["name", "shown", "position"]

    def clean_shown(self) -> bool:
        shown = bool(self.cleaned_data["shown"])
        others = Fund.objects.filter(shown=True).exclude(pk=self.instance.pk).count()
        if shown and others >= MOST_OFFERED:
            raise ValidationError(_("Three funds are offered already. Take one of them off first."))
        return shown

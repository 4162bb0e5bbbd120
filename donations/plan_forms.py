"""What staff fill in to change a monthly gift: a new amount, or the day on which a pause ends."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.models import Currency, Plan
from foundation.organisation.models import Organisation

LONGEST = timedelta(days=366)  # who wants to rest longer stops, and comes back


class AmountForm(forms.Form):
    """`total`: minor units of the plan's currency, inside of what the currency allows."""

    total = forms.CharField(
        max_length=money.LONGEST, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )

    def __init__(self, *args: Any, row: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["total"] = money.plain(row.total, row.currency)
        self.plan = row
        self.limits = Currency.objects.filter(code=row.currency).first()
        self.fields["total"].label = _("New amount every month, in %(currency)s") % {"currency": row.currency}
        self.fields["total"].help_text = self._between()

    def clean_total(self) -> int:
        try:
            total = money.parse(self.cleaned_data["total"], self.plan.currency)
        except money.AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if total == self.plan.total:
            raise forms.ValidationError(_("It is this amount already."))
        if total <= 0 or (self.limits and not self.limits.minimum <= total <= self.limits.maximum):
            raise forms.ValidationError(_("Please give an amount as follows. %(limits)s") % {"limits": self._between()})
        return total

    def _between(self) -> str:
        if not self.limits:
            return ""
        code = self.plan.currency
        return _("Between %(least)s and %(most)s.") % {
            "least": money.short(self.limits.minimum, code),
            "most": money.short(self.limits.maximum, code),
        }


class PauseForm(forms.Form):
    """`until`: the first moment of the chosen day on the organisation's own calendar."""

    until = forms.DateField(
        label=gettext_lazy("Goes on from this day"),
        help_text=gettext_lazy("Nothing is taken before it. At most a year from now."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, row: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = Organisation.load()
        self.today = self.organisation.today()
        first, last = self.today + timedelta(days=1), self.today + LONGEST
        self.fields["until"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}

    def clean_until(self) -> datetime:
        day = self.cleaned_data["until"]
        if day <= self.today:
            raise forms.ValidationError(_("A pause ends in the future."))
        if day > self.today + LONGEST:
            raise forms.ValidationError(_("A pause lasts a year at most. To rest longer, stop the gift."))
        return datetime.combine(day, time(), self.organisation.zone)

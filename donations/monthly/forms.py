"""Forms that change a monthly or yearly gift, for donors and staff: a new amount, or how many payments are left out."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from donations import money
from donations.letters import gift_letters
from donations.models import Currency, Plan, months
from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation.models import Organisation


class AmountForm(NoCardNumbers, forms.Form):
    """Form for a new amount. `total`: minor units of the plan's currency, inside of what the currency allows."""

    total = forms.CharField(
        max_length=money.LONGEST, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )

    def __init__(self, *args: Any, row: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["total"] = money.plain(row.total, row.currency)
        self.plan = row
        self.limits = Currency.objects.filter(code=row.currency).first()
        self.fields["total"].label = _("New amount %(every)s, in %(currency)s") % {
            "every": row.every,
            "currency": row.currency,
        }
        self.fields["total"].help_text = self._between()

    def clean_total(self) -> int:
        try:
            total = money.parse(self.cleaned_data["total"], self.plan.currency)
        except money.AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if total == self.plan.total:
            raise forms.ValidationError(_("It is this amount already."), code="same")
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
    """Form for a pause. `until`: when the pause ends (UTC), a day after the last payment that it leaves out.

    The choices show the day of the next payment, and their values are the end of the pause: people get the days that
    were shown, also when a month has passed since.
    """

    until = forms.TypedChoiceField(
        label=gettext_lazy("Leave out"),
        coerce=lambda epoch: datetime.fromtimestamp(int(epoch), UTC),
        error_messages={"invalid_choice": gettext_lazy("Please choose how many payments are left out.")},
    )

    def __init__(self, *args: Any, row: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(int(rest.until.timestamp())), self._words(rest)) for rest in months.rests(row)]
        self.fields["until"].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def _words(rest: months.Rest) -> str:
        day = gift_letters.day(Organisation.load().day_of(rest.next))
        words = ngettext(
            "%(count)s payment; the next is on %(day)s",
            "%(count)s payments; the next is on %(day)s",
            rest.payments,
        )
        return words % {"count": rest.payments, "day": day}

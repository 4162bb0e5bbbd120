"""The giving form: turn what a person chose and typed into a wish, and say plainly what is not clear."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.giving import Wish, new_attempt
from donations.models import Currency
from donations.models.gifts import Frequency
from foundation.doors.guard import GuardedForm
from supporters import names

OTHER = "other"
ATTEMPT = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


class GiveForm(GuardedForm):
    """One currency, two ladders of amounts; the ladder of the chosen frequency counts.

    After is_valid() `wish()` has it all in minor units. Fields that are not listed here are never read.
    """

    frequency = forms.ChoiceField(
        choices=[(Frequency.MONTHLY, gettext_lazy("Every month")), (Frequency.ONCE, gettext_lazy("Once"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose whether to give every month or once.")},
    )
    amount_monthly = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    amount_once = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    other = forms.CharField(
        required=False,
        max_length=money.LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}),
    )
    cover_fee = forms.BooleanField(required=False, label=gettext_lazy("Cover the card fee as well"))
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("For your receipt. Stripe gets it too, so that you type it only once."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={"required": gettext_lazy("Please write your e-mail address: the receipt goes there.")},
    )
    name = forms.CharField(
        label=gettext_lazy("Name on the receipt"),
        help_text=gettext_lazy("It stands on your receipt only. If you leave it empty, we take the name on the card."),
        required=False,
        max_length=names.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    currency = forms.CharField(widget=forms.HiddenInput)
    attempt = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, currency: Currency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.money_of = currency
        self.initial["currency"] = currency.code
        self.initial.setdefault("attempt", new_attempt())
        for frequency in Frequency.values:
            rungs = [(money.plain(rung, currency.code), rung) for rung in currency.ladder(frequency)]
            shown = [(plain, money.short(rung, currency.code)) for plain, rung in rungs]
            self.fields[f"amount_{frequency}"].choices = [*shown, (OTHER, _("Another amount"))]  # type: ignore[attr-defined]
        self.fields["other"].label = _("Amount in %(currency)s") % {"currency": currency.name}
        self.fields["other"].help_text = self._between()
        if not currency.offers_fee_cover:
            del self.fields["cover_fee"]

    def clean_currency(self) -> str:
        """The view chose the currency from the same field; a made-up one is refused with it."""
        if self.cleaned_data["currency"] != self.money_of.code:
            raise forms.ValidationError(_("We cannot take this currency. Please choose one from the list."))
        return self.money_of.code

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"])

    def clean_attempt(self) -> str:
        attempt = str(self.cleaned_data["attempt"])
        return attempt if ATTEMPT.fullmatch(attempt) else new_attempt()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        frequency = self.cleaned_data.get("frequency")
        if frequency and f"amount_{frequency}" not in self.errors and "other" not in self.errors:
            self._clean_amount(f"amount_{frequency}")
        return cleaned

    def wish(self) -> Wish:
        """What the donor decided. Only after is_valid()."""
        cleaned, currency = self.cleaned_data, self.money_of
        amount = cleaned["amount"]
        return Wish(
            attempt=cleaned["attempt"],
            frequency=cleaned["frequency"],
            currency=currency.code,
            amount=amount,
            fee_cover=currency.fee_cover(amount) if cleaned.get("cover_fee") else 0,
            email=cleaned["email"],
            name=cleaned["name"],
        )

    def _clean_amount(self, ladder: str) -> None:
        chosen, typed = self.cleaned_data.get(ladder), self.cleaned_data.get("other") or ""
        if not chosen and not typed:
            self.add_error(ladder, _("Please choose an amount."))
            return
        own = chosen in (OTHER, "")
        field, text = ("other", typed) if own else (ladder, str(chosen))
        if not text:
            self.add_error("other", _("Please write the amount that you would like to give."))
            return
        try:
            amount = money.parse(text, self.money_of.code)
        except money.AmountError as error:
            self.add_error(field, str(error))
            return
        if self.money_of.minimum <= amount <= self.money_of.maximum:
            self.cleaned_data["amount"] = amount
        else:
            self.add_error(field, _("Please give an amount as follows. %(limits)s") % {"limits": self._between()})

    def _between(self) -> str:
        code = self.money_of.code
        return _("Between %(least)s and %(most)s.") % {
            "least": money.short(self.money_of.minimum, code),
            "most": money.short(self.money_of.maximum, code),
        }

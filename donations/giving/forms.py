"""The giving form: validate what a person chose and typed into a GiftRequest, and say plainly what is not clear."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.gift_aid.fields import GiftAidFields
from donations.giving import gifts
from donations.giving.appeals import Appeal
from donations.giving.dedication_form import DedicationFields
from donations.giving.gifts import GiftRequest
from donations.models import Currency, Fund
from donations.models.frequency import Frequency
from donations.models.gift_aid import STERLING
from foundation.access import antispam
from foundation.access.antispam import GuardedForm
from foundation.organisation import languages
from supporters import consent, names
from supporters.models import ConsentEvent

OTHER = "other"
ATTEMPT = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


class FundSelect(forms.Select):
    """The names of funds: in the reader's language where a catalogue has them, else marked with the one staff write."""

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, label, *args, **kwargs)
        known = languages.said(str(label)) if value else label
        if known is None:
            option["attrs"]["lang"] = settings.LANGUAGE_CODE
        return {**option, "label": label if known is None else known}


class GiveForm(DedicationFields, GiftAidFields, GuardedForm):
    """The giving form: one currency, a ladder of amounts for each frequency it offers; that of the chosen one counts.

    After is_valid() `gift_request()` has it all in minor units. Fields that are not listed here are never read.
    """

    frequency = forms.ChoiceField(
        choices=[
            (Frequency.MONTHLY, gettext_lazy("Every month")),
            (Frequency.YEARLY, gettext_lazy("Every year")),
            (Frequency.ONCE, gettext_lazy("Once")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Please choose how often you would like to give."),
            "invalid_choice": gettext_lazy("This cannot be chosen any more. Please choose again how often to give."),
        },
    )
    amount_monthly = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    amount_yearly = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    amount_once = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    other = forms.CharField(
        required=False,
        max_length=money.LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}),
        error_messages={"max_length": gettext_lazy("This is too long for an amount. Please write it in digits alone.")},
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
        help_text=gettext_lazy("If you leave it empty, we take the name on the card."),
        required=False,
        max_length=names.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    company = forms.CharField(
        label=gettext_lazy("Company name"),
        help_text=gettext_lazy(
            "The receipt is made out to the company. Where we thank donors by name, we thank the company."
        ),
        required=False,
        max_length=names.LONGEST,
        # Not "organization": what a browser fills in unasked would make a person's gift their employer's.
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    name_public = forms.BooleanField(
        required=False,
        label=gettext_lazy("My name may be shown with this gift"),
        help_text=gettext_lazy("Where we thank donors by name. Otherwise it stands on your receipt only."),
    )
    letters = forms.BooleanField(
        required=False,
        help_text=gettext_lazy("Letters come only after you have pressed the button behind a link that we mail you."),
    )
    fund = forms.ModelChoiceField(
        Fund.objects.none(),
        required=False,
        widget=FundSelect,
        label=gettext_lazy("Use my gift"),
        empty_label=gettext_lazy("where it is needed most"),
        error_messages={
            "invalid_choice": gettext_lazy("Gifts cannot be directed to this any more. Please choose once more.")
        },
    )
    currency = forms.CharField(widget=forms.HiddenInput)
    told = forms.CharField(widget=forms.HiddenInput, required=False)  # the earlier gift that this page spoke of
    attempt = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, currency: Currency, fund: Fund | None = None, **kwargs: Any) -> None:
        """`fund`: what the page fixes; then there is none to choose."""
        super().__init__(*args, **kwargs)
        self.money_of = currency
        self.wording = consent.wording(ConsentEvent.Purpose.LETTERS, self.organisation)
        self.fields["letters"].label = self.wording
        offered = Fund.objects.offered()
        self.fields["fund"].queryset = offered  # type: ignore[attr-defined]
        if fund or not offered:
            del self.fields["fund"]
        self.initial["currency"] = currency.code
        stamp = gifts.stamped(self.initial.get("attempt") or gifts.new_attempt())
        self.initial = {**self.initial, "attempt": stamp}  # a copy: the view keeps the id
        self._offer(currency.frequencies)
        for frequency in currency.frequencies:
            rungs = [(money.plain(rung, currency.code), rung) for rung in currency.ladder(frequency)]
            shown = [(plain, money.short(rung, currency.code)) for plain, rung in rungs]
            self.fields[f"amount_{frequency}"].choices = [*shown, (OTHER, _("Another amount"))]  # type: ignore[attr-defined]
        self.fields["other"].label = _("Amount in %(currency)s") % {"currency": currency.name}
        self.fields["other"].help_text = self._between()
        if not currency.offers_fee_cover:
            del self.fields["cover_fee"]
        if not self.organisation.offers_gift_aid:
            self.drop_gift_aid()
        self.offers_gift_aid &= currency.code == STERLING

    def _offer(self, frequencies: Sequence[Frequency]) -> None:
        """Drop what this currency does not offer: the choice and its ladder."""
        choice = self.fields["frequency"]
        choice.choices = [each for each in choice.choices if each[0] in frequencies]  # type: ignore[attr-defined]
        for each in set(Frequency) - set(frequencies):
            del self.fields[f"amount_{each}"]

    def clean_currency(self) -> str:
        """The view chose the currency from the same field; a made-up one is refused with it."""
        if self.cleaned_data["currency"] != self.money_of.code:
            raise forms.ValidationError(_("We cannot take this currency. Please choose one from the list."))
        return self.money_of.code

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"], sites=True)

    def clean_company(self) -> str:
        return names.clean(self.cleaned_data["company"], sites=True)

    def clean_attempt(self) -> str:
        """Its id, read from its stamp; empty where that is not ours."""
        attempt = gifts.of_stamp(str(self.cleaned_data["attempt"]))
        return attempt if ATTEMPT.fullmatch(attempt) else ""

    def clean(self) -> dict[str, Any] | None:
        """Clean the sum before the spam protection: a button that sends nothing needs it even where that doubts. A form
        that we never showed gets a stamp of ours, and must be sent once more.
        """
        self._clean_sum()
        if self.offers_gift_aid and self.cleaned_data.get("gift_aid") and self.cleaned_data.get("company"):
            self.add_error(
                "company", _("Only a person can declare Gift Aid: please empty this, or take the tick away.")
            )
        if not self.cleaned_data.get("attempt"):
            self.errors.pop("attempt", None)
            self.begin_anew()
            raise antispam.stale()
        return super().clean()

    def gift_request(self, appeal: Appeal) -> GiftRequest:
        """Return what the donor decided and what the page fixed, in minor units. Only after is_valid()."""
        cleaned, currency = self.cleaned_data, self.money_of
        amount = cleaned["amount"]
        return GiftRequest(
            attempt=cleaned["attempt"],
            frequency=cleaned["frequency"],
            currency=currency.code,
            amount=amount,
            fee_cover=currency.fee_cover(amount) if cleaned.get("cover_fee") else 0,
            email=cleaned["email"],
            name=cleaned["name"],
            company=cleaned["company"],
            fund=appeal.fund or cleaned.get("fund"),
            name_public=cleaned["name_public"],
            tribute=self.tribute_written(),
            gift_aid=self.declared(),
            campaign=appeal.campaign,
        )

    def begin_anew(self, **values: str) -> None:
        """Show it again as a form that nothing was begun with."""
        self.retype(attempt=gifts.stamped(gifts.new_attempt()), **values)

    def keep_errors(self, names: Sequence[str]) -> None:
        """Drop all other errors: nothing is sent yet, the donor only views a part of it."""
        for name in [name for name in self.errors if name not in names]:
            del self.errors[name]
        if self.meant and "email" not in names:
            self.meant = ""  # it asks when the form is sent
            self.retype(opened=antispam.stamp(asked=True))

    def _clean_sum(self) -> None:
        """Only the ladder of the chosen frequency counts: the other one was sent along, marked by us, and unseen."""
        frequency = self.cleaned_data.get("frequency")
        for unseen in (f"amount_{each}" for each in self.money_of.frequencies if each != frequency):
            self.errors.pop(unseen, None)
        if not frequency:
            return
        ladder = f"amount_{frequency}"
        if ladder in self.errors:
            self._bring_old_rung_back(ladder)
        else:
            self._clean_amount(ladder)

    def _bring_old_rung_back(self, ladder: str) -> None:
        """Staff changed the ladder while the form lay open: what was chosen on the old one is typed in, to check."""
        code = self.money_of.code
        try:
            amount = money.parse(self.data.get(self.add_prefix(ladder), ""), code)
        except money.AmountError:
            return
        del self.errors[ladder]
        self.retype(**{ladder: OTHER, "other": money.plain(amount, code)})
        words = _(
            "The amounts here have changed. Yours stands under “Another amount” now: please look, and send again."
        )
        self.add_error(ladder, words)

    def _clean_amount(self, ladder: str) -> None:
        chosen, typed = self.cleaned_data.get(ladder), self.cleaned_data.get("other") or ""
        if chosen and chosen != OTHER:
            self.errors.pop("other", None)  # typed before a rung was chosen, and unseen since
        elif "other" in self.errors:
            return
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
        charged = amount + (self.money_of.fee_cover(amount) if self.cleaned_data.get("cover_fee") else 0)
        if not self.money_of.takes(amount):
            self.add_error(field, _("Please give an amount as follows. %(limits)s") % {"limits": self._between()})
        elif charged > money.LARGEST:
            words = _("With the card fee this is more than can be paid online at once. Please give less, or no fee.")
            self.add_error(field, words)
        else:
            self.cleaned_data["amount"] = amount

    def _between(self) -> str:
        code = self.money_of.code
        return _("Between %(least)s and %(most)s.") % {
            "least": money.short(self.money_of.minimum, code),
            "most": money.short(self.money_of.maximum, code),
        }

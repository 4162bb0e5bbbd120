"""Form fields that dedicate a gift: in honour or memory of whom, and the e-mail card that somebody gets on a day."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations.letters.dedications import FARTHEST, Tribute
from donations.models import Dedication
from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation.models import Organisation
from supporters import names

NONE = ""
LONGEST_MESSAGE = 500


class DedicationFields(NoCardNumbers, forms.Form):
    """Form fields of a dedication, all optional. After is_valid() `tribute_written()` has what was written."""

    PARTS = ("tribute", "tribute_name", "card_to", "card_from", "card_message", "card_on")

    tribute = forms.ChoiceField(
        label=gettext_lazy("Dedicate it"),
        choices=[
            (NONE, gettext_lazy("To nobody")),
            (Dedication.Kind.HONOUR, gettext_lazy("In honour of")),
            (Dedication.Kind.MEMORY, gettext_lazy("In memory of")),
        ],
        required=False,
    )
    tribute_name = forms.CharField(
        label=gettext_lazy("Their name"),
        required=False,
        max_length=names.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    card_to = forms.EmailField(
        label=gettext_lazy("E-mail address that a card goes to"),
        help_text=gettext_lazy("The card says who gives and for whom, never how much. Empty: no card."),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )
    card_from = forms.CharField(
        label=gettext_lazy("Who the card is from"),
        required=False,
        max_length=names.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    card_message = forms.CharField(
        label=gettext_lazy("A few words on the card"),
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    card_on = forms.DateField(
        label=gettext_lazy("Day on which the card is sent"),
        help_text=gettext_lazy("After your payment only. Empty: as soon as it has arrived."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The giving form has it from the fields of Gift Aid: it is asked for once.
        self.organisation: Organisation = getattr(self, "organisation", None) or Organisation.load()
        self.today = self.organisation.today()
        self.fields["card_on"].widget.attrs |= {"min": self.today.isoformat(), "max": self._last().isoformat()}

    def clean_tribute_name(self) -> str:
        return names.clean(self.cleaned_data["tribute_name"])

    def clean_card_from(self) -> str:
        return names.clean(self.cleaned_data["card_from"])

    def clean_card_message(self) -> str:
        """Refuse web addresses: a card of ours carries nobody's advertisement."""
        message = str(self.cleaned_data["card_message"])
        if names.ADVERTISEMENT.search(message) or names.LINK.search(message):
            raise ValidationError(_("Please write without a web address."), code="web-address")
        return "".join(char for char in message if char not in names.DIRECTION_MARKS).strip()

    def clean_card_on(self) -> date | None:
        day: date | None = self.cleaned_data["card_on"]
        if day and not self.today <= day <= self._last():
            raise ValidationError(_("Please choose a day from today on, within a year."))
        return day

    def clean(self) -> dict[str, Any] | None:
        given = {part: self.cleaned_data.get(part) for part in self.PARTS}
        card = any(given[part] for part in ("card_from", "card_message", "card_on"))
        if given["tribute"] and not given["tribute_name"] and "tribute_name" not in self.errors:
            self.add_error("tribute_name", _("Please write the name of the person whom you give for."))
        if not given["tribute"] and (given["tribute_name"] or given["card_to"]) and "tribute" not in self.errors:
            self.add_error("tribute", _("Please choose whether you give in honour or in memory."))
        if card and not given["card_to"] and "card_to" not in self.errors:
            self.add_error("card_to", _("Please write where the card goes, or empty the fields of the card."))
        return super().clean()

    def tribute_written(self) -> Tribute | None:
        """Return the dedication, or None. Only when none of its fields has an error."""
        if not self.cleaned_data.get("tribute"):
            return None
        return Tribute(
            kind=self.cleaned_data["tribute"],
            name=self.cleaned_data["tribute_name"],
            card_to=self.cleaned_data["card_to"],
            card_from=self.cleaned_data["card_from"],
            message=self.cleaned_data["card_message"],
            card_on=self.cleaned_data["card_on"],
        )

    def _last(self) -> date:
        return self.today + FARTHEST

"""The sign form of a pledge: name, address, age, and consent to letters."""

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.access.antispam import GuardedForm, address_field
from foundation.organisation import countries
from pledges.country_select import Choices, CountryField, CountrySelect
from pledges.models import PledgeText
from supporters import consent, names
from supporters.models import ConsentEvent


class SignForm(GuardedForm):
    """Sign form with an integrity check. Nobody signs words they did not read: the form carries a fingerprint of the
    pledge's text, the age and the consent wording as they were shown. When one of them changed meanwhile, the form is
    shown again.
    """

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=names.LONGEST,
        help_text=gettext_lazy("It stays private: the page shows only how many have signed."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"required": gettext_lazy("Please write your name.")},
    )
    email = address_field(gettext_lazy("We send one letter there, to confirm that it is you."))
    country = CountryField(
        label=gettext_lazy("Country"),
        required=False,
        widget=CountrySelect(attrs={"autocomplete": "country"}),
    )
    age = forms.BooleanField()
    letters = forms.BooleanField(required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, text: PledgeText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text = text
        self.minimum_age = text.pledge.minimum_age
        self.wording = consent.wording(ConsentEvent.Purpose.LETTERS)
        choices = Choices((("", _("Choose, if you like")), *countries.choices()))
        self.fields["country"].choices = choices  # type: ignore[attr-defined]
        self.fields["age"].label = _("I am %(age)s or over") % {"age": self.minimum_age}
        self.fields["age"].error_messages["required"] = _(
            "Please tick “I am %(age)s or over”. Nobody younger can sign."
        ) % {"age": self.minimum_age}
        self.fields["letters"].label = self.wording
        self.initial["seen"] = self.fingerprint()

    def fingerprint(self) -> str:
        """Return a hash of what the reader sees."""
        shown = f"{self.text.pk}\n{self.minimum_age}\n{self.wording}"
        return hashlib.sha256(shown.encode()).hexdigest()[:32]

    def clean_name(self) -> str:
        name = names.clean(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Please write your name."), code="required")
        return name

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.data.get(self.add_prefix("seen")) != self.fingerprint():
            # What was typed stays. What was agreed to has to be agreed to again, in the words of today.
            self.retype(seen=self.fingerprint(), age="", letters="")
            raise forms.ValidationError(
                _("This page has changed since you opened it. Please read it again, tick the boxes and send it."),
                code="changed",
            )
        return cleaned

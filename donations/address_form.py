"""The forms that put an address right: one line for the donor, and for staff one more that says what was checked."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.doors.card_numbers import NoCardNumbers
from foundation.doors.guard import GuardedForm


class AddressForm(GuardedForm):
    """For the browser that the gift came from."""

    email = forms.EmailField(
        label=_("The right e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={"required": _("Please write the address that the receipt should go to.")},
    )


class StaffAddressForm(NoCardNumbers, forms.Form):
    """For staff. Whoever answers from the old address, or knows what the card statement says, is the donor."""

    email = forms.EmailField(label=_("The right e-mail address"), max_length=254)
    check_made = forms.CharField(
        label=_("How you made sure that the donor wishes it"),
        help_text=_("Kept with the change, under your name. An e-mail from the new address alone proves nothing."),
        max_length=300,
        min_length=10,
    )

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["email"] = row.email

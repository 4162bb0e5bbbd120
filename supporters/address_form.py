"""What staff fill in to put an address right: the address, and what was checked."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.doors.card_numbers import NoCardNumbers


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

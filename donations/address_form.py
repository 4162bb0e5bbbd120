"""The forms that put an address right: one line for the donor, and for staff one more that says what was checked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.doors.guard import GuardedForm


class AddressForm(GuardedForm):
    """For the browser that the gift came from."""

    email = forms.EmailField(
        label=_("The right e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={"required": _("Please write the address that the receipt should go to.")},
    )

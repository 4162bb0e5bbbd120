"""Two forms with an address: who asks for letters fills in one, staff who put an address right the other."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.doors.card_numbers import NoCardNumbers
from foundation.doors.guard import GuardedForm, address_field
from supporters import consent
from supporters.models import ConsentEvent

TOO_OFTEN = _("Many requests came from your connection. Please wait a minute, then send this once more.")


class SubscribeForm(GuardedForm):
    """An address and a box to tick; what stands beside the box is what is agreed to."""

    email = address_field(_("We send one letter there, to confirm that it is you."))
    letters = forms.BooleanField(error_messages={"required": _("Please tick the box if you want our letters.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wording = consent.wording(ConsentEvent.Purpose.LETTERS)
        self.fields["letters"].label = self.wording


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

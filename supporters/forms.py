"""Two forms with an e-mail address: sign-up for letters, and the one with which staff correct an address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.access.antispam import GuardedForm, address_field
from foundation.access.card_numbers import NoCardNumbers
from supporters import consent
from supporters.models import ConsentEvent

TOO_OFTEN = _("Many requests came from your connection. Please wait a minute, then send this once more.")


class SubscribeForm(GuardedForm):
    """Sign-up for letters: an address and a consent box; the words beside the box are what is agreed to."""

    email = address_field(_("We send one letter there, to confirm that it is you."))
    letters = forms.BooleanField(error_messages={"required": _("Please tick the box if you want our letters.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wording = consent.wording(ConsentEvent.Purpose.LETTERS)
        self.fields["letters"].label = self.wording


class StaffAddressForm(NoCardNumbers, forms.Form):
    """For staff. A person who answers from the old address, or knows what the card statement says, is the donor."""

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

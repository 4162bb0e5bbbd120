"""The form that asks for letters by e-mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.doors.guard import GuardedForm
from supporters import consent
from supporters.models import ConsentEvent

TOO_OFTEN = _("Many requests came from your connection. Please wait a minute, then send this once more.")


class SubscribeForm(GuardedForm):
    """An address and a box to tick; what stands beside the box is what is agreed to."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("We send one letter there, to confirm that it is you."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={
            "required": _("Please write your e-mail address."),
            "invalid": _("Please write your e-mail address in full, like name@example.org."),
        },
    )
    letters = forms.BooleanField(error_messages={"required": _("Please tick the box if you want our letters.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wording = consent.wording(ConsentEvent.Purpose.LETTERS)
        self.fields["letters"].label = self.wording

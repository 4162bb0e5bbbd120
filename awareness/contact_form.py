"""The contact form: a reason, an address to answer to, and the message."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext_lazy as _

from foundation.access.antispam import GuardedForm, address_field
from supporters import names

LONGEST = 5000  # characters
TOO_OFTEN = _("Many messages came from your connection. Please wait a few minutes, then send this once more.")


class MessageForm(GuardedForm):
    """Contact form. Reasons come from the page; a message needs a few words and no more than fits on two pages."""

    reason = forms.ChoiceField(
        label=_("What is it about?"), error_messages={"required": _("Please choose what it is about.")}
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    email = address_field(_("We answer there, and use it for nothing else."))
    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST,
        validators=[MinLengthValidator(10, _("Please write a few more words."))],
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
        error_messages={"required": _("Please write your message.")},
    )

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"], sites=True)

    def __init__(self, *args: Any, reasons: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose one")), *((str(reason.pk), reason.label) for reason in reasons)]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]

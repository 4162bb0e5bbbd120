"""A form that robots trip over and people do not notice."""

import time
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

FASTEST = 2.0  # seconds: nobody reads and fills a form faster
LONGEST = 24 * 3600
SALT = "doors.guard"


def stamp() -> str:
    """The signed moment at which a form was shown."""
    return signing.dumps(time.time(), salt=SALT)


class GuardedForm(forms.Form):
    """Honeypot and signed form time. A doubtful form is shown again with everything that was typed; it is never
    dropped silently, because the doubt may be wrong.
    """

    website = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["opened"] = stamp()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.data.get(self.add_prefix("website")):
            raise forms.ValidationError(
                _("Please leave the field “Leave this empty” empty and send again."), code="trap"
            )
        age = self._age()
        if age is None or age > LONGEST:
            self._restamp()
            raise forms.ValidationError(
                _("This form lay open for too long. Please send it once more."), code="stale"
            )
        if age < FASTEST:
            raise forms.ValidationError(_("That was very fast. Please send the form once more."), code="fast")
        return cleaned

    def _age(self) -> float | None:
        try:
            return time.time() - float(signing.loads(self.data.get(self.add_prefix("opened"), ""), salt=SALT))
        except (signing.BadSignature, TypeError, ValueError):
            return None

    def _restamp(self) -> None:
        """Show the form again with a fresh time, so that sending it once more works."""
        self.data = self.data.copy()
        self.data[self.add_prefix("opened")] = stamp()

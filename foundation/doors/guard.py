"""A form that robots trip over and people do not notice."""

import time
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import QueryDict
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
            # Browsers fill in fields that people cannot see: emptied here, or sending again would never work.
            self.retype(website="")
            raise forms.ValidationError(
                _("Something filled in a field that you cannot see. It is empty again: please send once more."),
                code="trap",
            )
        age = self._age()
        if age is None or age > LONGEST:
            self.retype(opened=stamp())
            raise forms.ValidationError(_("This form lay open for too long. Please send it once more."), code="stale")
        if age < FASTEST:
            raise forms.ValidationError(_("That was very fast. Please send the form once more."), code="fast")
        return cleaned

    def _age(self) -> float | None:
        try:
            return time.time() - float(signing.loads(self.data.get(self.add_prefix("opened"), ""), salt=SALT))
        except (signing.BadSignature, TypeError, ValueError):
            return None

    def retype(self, **values: str) -> None:
        """Show the form again with these values instead of the typed ones. An empty one unticks a box."""
        data = cast(QueryDict, self.data).copy()
        for name, value in values.items():
            data[self.add_prefix(name)] = value
        self.data = data

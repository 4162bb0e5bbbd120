"""A form that robots trip over and people do not notice."""

import time
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

LONGEST = 24 * 3600  # seconds
SALT = "doors.guard"
ASKED = "asked"


def stamp(asked: bool = False) -> str:
    """The signed moment at which a form was shown. `asked`: it came back filled, and is doubted no more."""
    now = time.time()
    return signing.dumps([now, ASKED] if asked else now, salt=SALT)


class GuardedForm(forms.Form):
    """A field that people do not see, and a signed form time. Who trips is asked once to send again, with everything
    that was typed and without a reproach, because the doubt may be wrong: a manager of passwords fills such fields.
    What comes a second time passes on to the limits.
    """

    # A name that no manager of passwords and addresses knows.
    spare = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "tabindex": "-1", "data-1p-ignore": "", "data-lpignore": "true"}
        ),
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("opened", stamp())

    def full_clean(self) -> None:
        """When this form is shown again it is a filled one, and empty where people cannot see."""
        super().full_clean()
        if self.is_bound:
            self.retype(spare="", opened=stamp(asked=True))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        shown, asked = self._shown()
        if shown is None or time.time() - shown > LONGEST:
            raise forms.ValidationError(_("This form lay open for too long. Please send it once more."), code="stale")
        if self.data.get(self.add_prefix("spare")) and not asked:
            raise forms.ValidationError(_("Nothing was sent yet. Please press the button once more."), code="trap")
        return cleaned

    def _shown(self) -> tuple[float | None, bool]:
        """When the form was shown, and whether it came back filled then."""
        try:
            found = signing.loads(self.data.get(self.add_prefix("opened"), ""), salt=SALT)
            moment, *more = found if isinstance(found, list) else [found]
            return float(moment), ASKED in more
        except (signing.BadSignature, TypeError, ValueError):
            return None, False

    def retype(self, **values: str) -> None:
        """Show the form again with these values instead of the typed ones. An empty one unticks a box."""
        data = cast(QueryDict, self.data).copy()
        for name, value in values.items():
            data[self.add_prefix(name)] = value
        self.data = data

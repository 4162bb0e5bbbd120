"""A form that robots trip over and people do not notice."""

import time
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

FASTEST = 2.0  # seconds: nobody reads and fills a form faster
LONGEST = 24 * 3600
SALT = "doors.guard"


def stamp() -> str:
    """The signed moment at which a form was shown."""
    return signing.dumps(time.time(), salt=SALT)


def age(stamped: str) -> float | None:
    """How many seconds ago a form was shown, by its stamp; None for a stamp that is not ours."""
    try:
        return time.time() - float(signing.loads(stamped, salt=SALT))
    except (signing.BadSignature, TypeError, ValueError):
        return None


def at_once(request: HttpRequest) -> bool:
    """Whether the button behind a mailed link was pressed faster than anybody reads the page. Machines that look
    through mail press buttons too; show the page again then. Without a stamp it is not the page that pressed, and
    the token of the form has spoken for who did.
    """
    shown = request.POST.get("opened")
    if shown is None:
        return False
    passed = age(shown)
    return passed is None or passed < FASTEST


def button(request: HttpRequest) -> dict[str, Any]:
    """What partials/press.html needs: the moment of showing, and whether the page asks once more. Whoever is asked
    again has read meanwhile: the time runs from the first showing.
    """
    shown = request.POST.get("opened", "")
    again = at_once(request)
    return {"opened": shown if again and age(shown) is not None else stamp(), "again": again}


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
        passed = age(self.data.get(self.add_prefix("opened"), ""))
        if passed is None or passed > LONGEST:
            self.retype(opened=stamp())
            raise forms.ValidationError(_("This form lay open for too long. Please send it once more."), code="stale")
        if passed < FASTEST:
            raise forms.ValidationError(_("That was very fast. Please send the form once more."), code="fast")
        return cleaned

    def retype(self, **values: str) -> None:
        """Show the form again with these values instead of the typed ones. An empty one unticks a box."""
        data = cast(QueryDict, self.data).copy()
        for name, value in values.items():
            data[self.add_prefix(name)] = value
        self.data = data

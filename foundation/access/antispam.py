"""Spam protection of public forms: a honeypot and a signed form time. Robots trip over it, people do not notice."""

import time
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from foundation.access import mistyped_email
from foundation.access.card_numbers import NoCardNumbers

FASTEST = 2.0  # seconds: nobody reads a page and presses its button faster
LONGEST = 24 * 3600  # seconds
SALT = "access.antispam"
ASKED = "asked"
EMAIL, MEND, SURE = "email", "mend", "sure"  # the field, the button that takes what was meant, and the script's word


def stamp(asked: bool = False, near: str = "") -> str:
    """Return the signed time at which a form was shown. `asked`: it came back filled, and its honeypot is doubted no
    more. `near`: the e-mail address that it asked about then.
    """
    now = time.time()
    return signing.dumps([now, ASKED, near] if asked else now, salt=SALT)


def _read(stamped: str) -> tuple[float | None, bool, str]:
    """Verify a stamp: how many seconds ago the form was shown, whether it came back filled then, and the address that
    it asked about. None: not ours.
    """
    try:
        found = signing.loads(stamped, salt=SALT)
        moment, *more = found if isinstance(found, list) else [found]
        return time.time() - float(moment), ASKED in more, str(more[1]) if more[1:] else ""
    except (signing.BadSignature, TypeError, ValueError):
        return None, False, ""


def stale() -> forms.ValidationError:
    """The error of a form that lay open for too long, or that we never showed."""
    return forms.ValidationError(_("This form lay open for too long. Please send it once more."), code="stale")


def at_once(request: HttpRequest) -> bool:
    """Whether the button behind a mailed link was pressed faster than anybody reads the page. Link scanners of mail
    press buttons too; show the page again then. Without a stamp it is not the page that pressed, and the token of the
    form has spoken for the sender.
    """
    shown = request.POST.get("opened")
    if shown is None:
        return False
    passed, _asked, _near = _read(shown)
    return passed is None or passed < FASTEST


def button(request: HttpRequest) -> dict[str, Any]:
    """Context of partials/press.html: the time of showing, and whether the page asks once more. A person who is asked
    again has read meanwhile: the time runs from the first showing.
    """
    shown = request.POST.get("opened", "")
    again = at_once(request)
    return {"opened": shown if again and _read(shown)[0] is not None else stamp(), "again": again}


def address_field(help_text: Any, label: Any = None) -> forms.EmailField:
    """Return the field `email` of such a form, with its error messages."""
    return forms.EmailField(
        label=label or _("E-mail address"),
        max_length=254,
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={
            "required": _("Please write your e-mail address."),
            "invalid": _("Please write your e-mail address in full, like name@example.org."),
        },
    )


class GuardedForm(NoCardNumbers, forms.Form):
    """Form with spam protection: a honeypot, which people do not see, and a signed form time. A sender who trips is
    asked once to send again, with everything that was typed and without a reproach, because the doubt may be wrong: a
    password manager fills such fields. What comes a second time passes on to the rate limits.
    """

    # The honeypot. Its name is one that no manager of passwords and addresses knows.
    spare = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "tabindex": "-1", "data-1p-ignore": "", "data-lpignore": "true"}
        ),
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False)
    meant = ""  # the address that may have been meant, when the form comes back to ask
    shown: tuple[float | None, bool, str] = None, False, ""  # what its stamp said

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("opened", stamp())
        if EMAIL in self.fields:
            asks = {"data-hosts": " ".join(mistyped_email.HOSTS), "data-ask": _("Did you mean {address}?")}
            self.fields[EMAIL].widget.attrs |= asks

    def full_clean(self) -> None:
        """Stamp the form anew: when it is shown again it is a filled one, and its honeypot is empty."""
        self.meant, near = "", ""
        if self.is_bound:
            self.shown = _read(self.data.get(self.add_prefix("opened"), ""))
            near = self.shown[2]
            if self.data.get(MEND) and EMAIL in self.fields:
                self.retype(**{EMAIL: self.data[MEND]})
        super().full_clean()
        if self.is_bound:
            self.retype(spare="", opened=stamp(asked=True, near=self._ask_about_address(near)))

    def _ask_about_address(self, near: str) -> str:
        """Suggest a correction, once for each address: a person who sends it a second time, or saw the question while
        typing, is believed. Returns the address that was asked about last.
        """
        email = str(self.cleaned_data.get(EMAIL, ""))
        self.meant = "" if email in ("", near, self.data.get(SURE)) else mistyped_email.meant(email)
        if self.meant:
            words = _("Did you mean %(meant)s? If %(typed)s is right, just press the button once more.")
            about = {"meant": self.meant, "typed": email}
            self.add_error(EMAIL, forms.ValidationError(words, code="near", params=about))
        return email if self.meant else near

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        passed, asked, _near = self.shown
        if passed is None or passed > LONGEST:
            raise stale()
        if self.data.get(self.add_prefix("spare")) and not asked:
            raise forms.ValidationError(_("Nothing was sent yet. Please press the button once more."), code="trap")
        return cleaned

    def retype(self, **values: str) -> None:
        """Show the form again with these values instead of the typed ones. An empty one unticks a box."""
        data = QueryDict(mutable=True)
        data.update(cast(Any, self.data))  # as its own copy, which looks for more than texts in it
        for name, value in values.items():
            data[self.add_prefix(name)] = value
        self.data = data

"""Form fields of a Gift Aid declaration: a box with its words, never ticked by us, and who declares, and from where."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from donations.gift_aid import wording
from donations.gift_aid.declarations import Declared
from donations.models.gift_aid import GiftAidDeclaration
from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation.models import Organisation
from supporters import names

Scope = GiftAidDeclaration.Scope
# As the Royal Mail writes them: an outward part, a blank, an inward part of a digit and two letters.
POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?|GIR(?=0AA))([0-9][A-Z]{2})|(BFPO)([0-9]{1,4})", re.ASCII)


def _line(most: int, autocomplete: str) -> dict[str, Any]:
    return {
        "required": False,
        "max_length": most,
        "widget": forms.TextInput(attrs={"autocomplete": autocomplete, "dir": "auto"}),
    }


class GiftAidFields(NoCardNumbers, forms.Form):
    """Form fields of a declaration, read only where the box is ticked. After is_valid() `declared()` has it all.

    `with_gift`: it is made with a gift, for which alone it may be meant.
    """

    HOME = ("aid_title", "aid_first_name", "aid_last_name", "aid_home", "aid_postcode")
    AID = ("gift_aid", "aid_scope", *HOME, "aid_abroad")
    with_gift = True
    offers_gift_aid = True

    gift_aid = forms.BooleanField(required=False)
    aid_scope = forms.ChoiceField(required=False, widget=forms.RadioSelect, label=gettext_lazy("For which gifts"))
    aid_title = forms.CharField(
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("For example Mrs, Mx or Dr."),
        **_line(4, "honorific-prefix"),
    )
    aid_first_name = forms.CharField(label=gettext_lazy("First name"), **_line(35, "given-name"))
    aid_last_name = forms.CharField(label=gettext_lazy("Last name"), **_line(35, "family-name"))
    aid_home = forms.CharField(
        label=gettext_lazy("House name or number, and street"),
        help_text=gettext_lazy("Of your home. Outside of the United Kingdom: your whole address."),
        **_line(200, "address-line1"),
    )
    aid_postcode = forms.CharField(
        label=gettext_lazy("Postcode"), help_text=gettext_lazy("For example S19 2BD."), **_line(10, "postal-code")
    )
    aid_abroad = forms.BooleanField(required=False, label=gettext_lazy("My home is outside of the United Kingdom"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.HOME[1:]:
            self.fields[name].asked = True  # type: ignore[attr-defined]
        self.organisation = Organisation.load()
        charity = self.organisation.printed_name
        self.fields["gift_aid"].label = wording.statement()
        self.fields["gift_aid"].help_text = wording.notes()
        scopes = [scope for scope in Scope if self.with_gift or scope != Scope.GIFT]
        choices = [(scope, wording.wish(scope, charity, self.with_gift)) for scope in scopes]
        self.fields["aid_scope"].choices = choices  # type: ignore[attr-defined]

    def drop_gift_aid(self) -> None:
        """Offer none: only a charity of the United Kingdom does, that the tax office knows."""
        self.offers_gift_aid = False
        for name in self.AID:
            del self.fields[name]

    @property
    def home_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.HOME]

    @property
    def all_gift_aid(self) -> list[forms.BoundField]:
        """For a page in another currency, which keeps them unseen."""
        return [self[name] for name in self.AID if name in self.fields]

    def clean_aid_first_name(self) -> str:
        return names.clean(self.cleaned_data["aid_first_name"])

    def clean_aid_last_name(self) -> str:
        return names.clean(self.cleaned_data["aid_last_name"])

    def clean_aid_title(self) -> str:
        return names.clean(self.cleaned_data["aid_title"].rstrip(". "))

    def clean_aid_home(self) -> str:
        return names.clean(self.cleaned_data["aid_home"], sites=True)

    def clean_aid_postcode(self) -> str:
        """In capitals with a blank, as the tax office wants it."""
        typed = "".join(self.cleaned_data["aid_postcode"].split()).upper()
        if not typed:
            return ""
        found = POSTCODE.fullmatch(typed)
        if found is None:
            raise ValidationError(_("This is no postcode of the United Kingdom. An example of one: S19 2BD."))
        return " ".join(filter(None, found.groups()))

    def clean(self) -> dict[str, Any] | None:
        if self.offers_gift_aid and self.cleaned_data.get("gift_aid"):
            self._clean_declaration()
        else:
            for name in self.AID[1:]:  # unseen, and not declared
                self.errors.pop(name, None)
        return super().clean()

    def _clean_declaration(self) -> None:
        needed = {
            "aid_scope": _("Please choose for which gifts."),
            "aid_first_name": _("Please write your first name, or its first letter."),
            "aid_last_name": _("Please write your last name."),
            "aid_home": _("Please write the name or number of your house."),
        }
        abroad, postcode = self.cleaned_data.get("aid_abroad"), self.cleaned_data.get("aid_postcode")
        if not abroad:
            needed["aid_postcode"] = _("Please write your postcode, or say that your home is elsewhere.")
        elif postcode:
            self.add_error("aid_postcode", _("Please empty this, or say that your home is in the United Kingdom."))
        for name, words in needed.items():
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, words)

    def declared(self) -> Declared | None:
        """Return the declaration; None where none was made. Only after is_valid()."""
        typed = self.cleaned_data
        if not self.offers_gift_aid or not typed.get("gift_aid"):
            return None
        return Declared(
            scope=typed["aid_scope"],
            title=typed["aid_title"],
            first_name=typed["aid_first_name"],
            last_name=typed["aid_last_name"],
            home=typed["aid_home"],
            postcode=typed["aid_postcode"],
            text=wording.whole(typed["aid_scope"], self.with_gift),
            language=get_language() or "en",
        )

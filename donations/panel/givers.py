"""Panel action of a gift: put right whom it is from, and with it what its receipts say."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from donations.giving import givers
from donations.models import Gift
from foundation.access.card_numbers import NoCardNumbers
from staff.lists import Action
from supporters import names


class GiverForm(NoCardNumbers, forms.Form):
    """For staff: both names of a gift. Its receipt is made out to the company, where there is one."""

    name = forms.CharField(label=_("Name"), max_length=names.LONGEST, required=False)
    company = forms.CharField(
        label=_("Company"),
        max_length=names.LONGEST,
        required=False,
        help_text=_("The receipt names it in place of the person."),
    )

    def __init__(self, *args: Any, row: Gift, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self.initial.update({"name": row.name, "company": row.company})
        if row.is_recommended:  # the giver is the sponsor of the fund; this is who recommended it
            del self.fields["company"]

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"], sites=True)

    def clean_company(self) -> str:
        return names.clean(self.cleaned_data["company"], sites=True)

    def clean(self) -> dict[str, Any]:
        name, company = self.cleaned_data.get("name", ""), self.cleaned_data.get("company", "")
        if not self.errors and not (name or company or self.row.is_recommended):
            raise ValidationError(_("A receipt names somebody. Please write the name or the company."))
        return self.cleaned_data


def _put_right(gift: Gift, user: Any, name: str, company: str = "") -> str:
    corrected = givers.correct(gift, name, company)
    if not corrected:
        return gettext("The name is put right. No receipt says another one.")
    return ngettext(
        "The name is put right. %(count)s corrected receipt is written, which names the one before, and mailed.",
        "The name is put right. %(count)s corrected receipts are written, which name those before, and mailed.",
        corrected,
    ) % {"count": corrected}


def _has_giver(gift: Gift) -> bool:
    """Whether it is paid, and its giver was not erased since."""
    erased = gift.supporter is not None and gift.supporter.erased_at is not None
    return gift.is_paid and bool(gift.giver()) and not erased


PUT_RIGHT = Action("giver", _("Put the name right"), _put_right, "donations.change_gift", _has_giver, form=GiverForm)

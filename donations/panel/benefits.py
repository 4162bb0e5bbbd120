"""Panel form and action: what the giver of a gift of money received in return, with our estimate of its worth."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.gift_aid import in_return
from donations.giving import benefits
from donations.models import Gift, LedgerEntry
from donations.models.campaigns import MOST
from donations.models.gift_aid import STERLING
from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation.models import Organisation
from staff.action_views import NotDoneError
from staff.lists import Action

MAY = "donations.add_gift"  # who enters gifts says this of them too
TOO_MUCH = gettext_lazy("This is all of the sum or more: it was a sale, not a gift.")


class BenefitForm(NoCardNumbers, forms.Form):
    """Both fields, or neither."""

    benefit = forms.CharField(
        label=gettext_lazy("What the giver received in return"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "In words, as: two seats at the dinner of 3 May. Empty: nothing, and the receipt says so."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    benefit_value = forms.CharField(
        label=gettext_lazy("Our estimate of what that is worth"),
        required=False,
        max_length=money.LONGEST,
        help_text=gettext_lazy("In good faith, in the currency of the gift. It stands on the receipt."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def check_benefit(self, cleaned: dict[str, Any], total: int, code: str) -> int:
        """Return the worth in minor units of that currency, 0 where nothing was given. What was given in return is
        described and estimated, or neither; and some of the `total` is left beside it.
        """
        words, typed = cleaned.get("benefit"), cleaned.get("benefit_value")
        if bool(words) != bool(typed):
            missing = "benefit_value" if words else "benefit"
            self.add_error(missing, _("Please write both: what it was, and what it is worth."))
            return 0
        try:
            worth = money.parse(typed, code, most=MOST) if typed else 0
        except money.AmountError as error:
            self.add_error("benefit_value", str(error))
            return 0
        if worth and worth >= total:
            self.add_error("benefit_value", str(TOO_MUCH))
        return worth


class InReturnForm(BenefitForm):
    """Of one gift: it opens with what is said now, and ends with the sum as minor units."""

    def __init__(self, *args: Any, row: Gift, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        worth = money.plain(row.benefit_value, row.currency) if row.benefit else ""
        self.initial.update({"benefit": row.benefit, "benefit_value": worth})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        left = LedgerEntry.objects.kept(self.row)[0]
        worth = self.check_benefit(cleaned, left, self.row.currency)
        return {"benefit": cleaned.get("benefit", ""), "benefit_value": worth}


def _say(gift: Gift, user: Any, benefit: str, benefit_value: int) -> str:
    try:
        document = benefits.correct(gift, benefit, benefit_value)
    except benefits.CannotError as error:
        raise NotDoneError(str(TOO_MUCH)) from error
    if document is None:
        return _("The receipt says so already.")
    sentence = _("Receipt %(new)s is written and names the one before.") % {"new": document.label}
    sentence = f"{sentence} {_('It is mailed.') if gift.email else _('There is no e-mail address: print it.')}"
    if gift.currency == STERLING and Organisation.load().offers_gift_aid and in_return.is_too_much(document.gift):
        sentence += " " + _(
            "Gift Aid is not claimed on this gift: what was given in return is worth too much for that."
        )
    return sentence


IN_RETURN = Action(
    "in-return", gettext_lazy("Say what was given in return"), _say, MAY, benefits.may_be_said, form=InReturnForm
)

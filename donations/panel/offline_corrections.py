"""Panel action of an offline gift that was entered wrongly: put its sum, day, fund, campaign and so on right."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.giving import offline_corrections
from donations.models import Gift
from donations.models.campaigns import MOST
from donations.models.gifts import Method
from donations.panel import days
from donations.panel.offline_form import OfflineForm
from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation.models import Organisation
from staff.action_views import NotDoneError
from staff.lists import Action

EVERY = ("received_on", "fund", "bank_reference")
MONEY = (*EVERY, "amount", "campaign")
FIELDS = {
    Method.IN_KIND: ("description", *EVERY),
    Method.DAF: (*MONEY, "sponsor"),
    Method.SHARES: (*MONEY, "shares", "security"),
}
NEEDED = ("description", "sponsor", "shares", "security")
OF_THE_GIFT = ("fund", "campaign", "bank_reference", "sponsor", "shares", "security", "description")


class CorrectionForm(NoCardNumbers, forms.Form):
    """Form with what staff may put right of an offline gift, as it stands; the fields are those it was entered with.

    `amount`: minor units of the gift's currency.
    """

    def __init__(self, *args: Any, row: Gift, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gift = row
        wanted = FIELDS.get(Method(row.method), MONEY)
        entering = OfflineForm()
        self.fields = {name: entering.fields[name] for name in entering.fields if name in wanted}
        for name in self.fields:
            self.fields[name].required = name in NEEDED or name == "amount"
            if name in OF_THE_GIFT:
                self.initial[name] = getattr(row, name)
        if row.shares is not None:
            self.initial["shares"] = f"{row.shares.normalize():f}"
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
        self.initial["seen"] = offline_corrections.stands(row)
        self.initial["received_on"] = row.paid_at and Organisation.load().day_of(row.paid_at)
        if "amount" in self.fields:
            self.initial["amount"] = money.plain(row.total, row.currency)
            self.fields["amount"].label = gettext("Amount, in %(currency)s") % {"currency": row.currency}
            of_shares = gettext("What their sale brought. It counts in our books and stands on no paper.")
            self.fields["amount"].help_text = of_shares if row.shares is not None else ""

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        campaign = typed.get("campaign")
        if typed.get("received_on") is None and "received_on" not in self.errors:
            self.add_error("received_on", gettext("Please write the day."))
        days.check_happened(self, "received_on")
        if campaign and campaign.currency.code != self.gift.currency:
            self.add_error("campaign", gettext("This campaign counts another currency."))
        if typed.get("amount"):
            self._read_sum(typed)
        return typed

    def _read_sum(self, typed: dict[str, Any]) -> None:
        try:
            typed["amount"] = money.parse(typed["amount"], self.gift.currency, most=MOST)
        except money.AmountError as error:
            self.add_error("amount", str(error))
            return
        if typed["amount"] == 0:
            self.add_error("amount", gettext("Please write a sum above zero. To cancel the gift, take it back."))
        elif typed["amount"] <= self.gift.benefit_value:
            self.add_error("amount", gettext("What was given in return is worth all of it or more: it was no gift."))


def _put_right(gift: Gift, user: Any, **typed: Any) -> str:
    more = {name: typed[name] for name in OF_THE_GIFT if name in typed}
    right = offline_corrections.Right(typed["received_on"], typed.get("amount", 0), more)
    try:
        changed, document = offline_corrections.put_right(gift, right, typed["seen"])
    except offline_corrections.ChangedMeanwhileError as error:
        raise NotDoneError(
            gettext("This gift was put right since you opened the form. Nothing was changed now: look at what it says.")
        ) from error
    if not changed:
        return gettext("It says so already.")
    if document is None:
        return gettext("It is put right. The receipt said nothing of it.")
    words = gettext("It is put right. %(new)s takes the place of %(old)s, and is mailed where we have an address.")
    return words % {"new": document.label, "old": document.replaces}


def _sure(gift: Gift, typed: dict[str, Any]) -> str:
    """What will be said from now on, in the order of the form."""
    said = {**typed, "amount": money.exact(typed["amount"], gift.currency)} if "amount" in typed else typed
    form = CorrectionForm(row=gift)
    parts = [f"{form.fields[name].label}: {said.get(name) or '–'}" for name in typed if name != "seen"]
    return gettext(
        "From now on it says: %(facts)s. Its rows stay in the books, further ones put them right, and a corrected "
        "receipt names the one before."
    ) % {"facts": "; ".join(parts)}


PUT_RIGHT = Action(
    "correct",
    _("Put sum, day, fund or reference right"),
    _put_right,
    "donations.add_gift",
    offline_corrections.may_be_put_right,
    form=CorrectionForm,
    sure=_sure,
)

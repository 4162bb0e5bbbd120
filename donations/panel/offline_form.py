"""Panel form of an offline gift: a sum and its currency, shares and what their sale brought, or a thing in words."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.giving.offline import Entry
from donations.models import Campaign, Currency, Fund
from donations.models.campaigns import MOST
from donations.models.gifts import NO_CURRENCY, Method
from donations.panel import days
from donations.panel.benefits import BenefitForm
from supporters import names

CAME = [(method.value, method.label) for method in Method if method != Method.STRIPE]
# Fields that belong to one road alone, and what is said where one is filled in on another.
ONLY = {
    "description": (Method.IN_KIND, gettext_lazy("Only a gift in kind is described.")),
    "sponsor": (Method.DAF, gettext_lazy("Only a gift from a donor-advised fund has a sponsor.")),
    "shares": (Method.SHARES, gettext_lazy("Only for a gift of shares.")),
    "security": (Method.SHARES, gettext_lazy("Only for a gift of shares.")),
}
WITHOUT_RETURN = (Method.IN_KIND, Method.DAF, Method.SHARES)  # nothing given in return is said of these


class OfflineForm(BenefitForm):
    """Form of an offline gift. `entry` and `more` are what `offline.record` takes. The hidden `attempt` (idempotency
    key) makes a double click one gift.
    """

    field_order = (
        *("attempt", "method", "received_on", "amount", "currency", "description"),
        *("shares", "security", "sponsor", "bank_reference", "benefit", "benefit_value"),
    )
    attempt = forms.UUIDField(widget=forms.HiddenInput)
    method = forms.ChoiceField(label=gettext_lazy("How it came"), choices=CAME)
    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        help_text=gettext_lazy("The receipt and the tax year go by this day."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        required=False,
        max_length=money.LONGEST,
        help_text=gettext_lazy(
            "Of shares: what their sale brought. It counts in our books and stands on no paper. Empty for a gift in "
            "kind: we describe it and never value it."
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.ModelChoiceField(
        label=gettext_lazy("Currency"), queryset=Currency.objects.order_by("position"), required=False
    )
    description = forms.CharField(
        label=gettext_lazy("What was given in kind"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("In words, as: forty folding chairs, used. No value: only the giver states it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    shares = forms.DecimalField(
        label=gettext_lazy("Number of shares"),
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=18,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    security = forms.CharField(
        label=gettext_lazy("Shares of"),
        required=False,
        max_length=120,
        help_text=gettext_lazy(
            "The company with its ticker, as: Example Corporation (EXMP). The paper says number, company and the day "
            "on which they came. Only the giver states their value."
        ),
    )
    sponsor = forms.CharField(
        label=gettext_lazy("Sponsor of the donor-advised fund"),
        required=False,
        max_length=names.LONGEST,
        help_text=gettext_lazy(
            "The charity that sent the money. It is the giver: whoever recommended the gift, the name and address "
            "below, is thanked and gets no receipt for tax."
        ),
    )
    bank_reference = forms.CharField(
        label=gettext_lazy("Cheque number, or reference of the bank or sponsor"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("For your bookkeepers, who find the gift by it. It stands on no paper."),
    )
    name = forms.CharField(label=gettext_lazy("Name of the giver"), required=False, max_length=names.LONGEST)
    company = forms.CharField(
        label=gettext_lazy("Company, if the gift is a business’s"),
        required=False,
        max_length=names.LONGEST,
        help_text=gettext_lazy("The receipt is made out to it. The name above is then who we know there, if anybody."),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("The receipt goes there. Without one, print the receipt."),
    )
    fund = forms.ModelChoiceField(label=gettext_lazy("Fund"), queryset=Fund.objects.all(), required=False)
    campaign = forms.ModelChoiceField(label=gettext_lazy("Campaign"), queryset=Campaign.objects.all(), required=False)

    def clean_sponsor(self) -> str:
        return names.clean(self.cleaned_data["sponsor"], sites=True)

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"], sites=True)

    def clean_company(self) -> str:
        return names.clean(self.cleaned_data["company"], sites=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("attempt", uuid.uuid4())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        method = cleaned.get("method")
        if cleaned.get("name") == cleaned.get("company") == "" and method != Method.DAF:
            self.add_error("name", _("Please write who gave it: a person, a company, or both."))
        for name, (only, words) in ONLY.items():
            if cleaned.get(name) and method != only:
                self.add_error(name, words)
        if method in WITHOUT_RETURN:
            for name in ("benefit", "benefit_value"):
                if cleaned.get(name):
                    self.add_error(name, _("This is said of a gift of money alone."))
        days.check_happened(self, "received_on")
        if method == Method.IN_KIND:
            self._check_thing(cleaned)
        elif method:
            self._check_sum(cleaned)
        if method == Method.DAF:
            self._check_fund(cleaned)
        elif method == Method.SHARES:
            self._check_shares(cleaned)
        return cleaned

    def _check_fund(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("sponsor"):
            self.add_error("sponsor", _("Please write which charity the money came from."))
        if cleaned.get("company"):
            self.add_error("company", _("The sponsor of the fund is the giver. Leave this empty."))

    def _check_shares(self, cleaned: dict[str, Any]) -> None:
        for name in ("shares", "security"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Please write how many shares came, and of which company."))

    def _check_thing(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("description"):
            self.add_error("description", _("Please write what was given."))
        if cleaned.get("amount"):
            self.add_error("amount", _("What was given in kind is described and never valued: leave this empty."))
        if cleaned.get("campaign"):
            self.add_error("campaign", _("A campaign counts sums, so a gift in kind stands beside it."))
        cleaned["minor"], cleaned["code"] = 0, NO_CURRENCY

    def _check_sum(self, cleaned: dict[str, Any]) -> None:
        currency, campaign = cleaned.get("currency"), cleaned.get("campaign")
        if currency is None:
            self.add_error("currency", _("Please choose the currency."))
            return
        if campaign and campaign.currency_id != currency.pk:
            self.add_error("campaign", _("This campaign counts another currency."))
        try:
            cleaned["minor"] = money.parse(cleaned.get("amount") or "", currency.code, most=MOST)
        except money.AmountError as error:
            self.add_error("amount", str(error))
            return
        if cleaned["minor"] == 0:
            self.add_error("amount", _("Please write a sum above zero."))
        cleaned["code"] = currency.code
        cleaned["worth"] = self.check_benefit(cleaned, cleaned["minor"], currency.code)

    @property
    def entry(self) -> Entry:
        typed = self.cleaned_data
        return Entry(
            attempt=f"offline:{typed['attempt']}",
            method=Method(typed["method"]),
            received_on=typed["received_on"],
            amount=typed["minor"],
            currency=typed["code"],
            description=typed["description"],
            name=typed["name"],
            company=typed["company"],
            email=typed["email"],
            bank_reference=typed["bank_reference"],
            sponsor=typed["sponsor"],
            shares=typed["shares"],
            security=typed["security"],
        )

    @property
    def more(self) -> dict[str, Any]:
        typed = self.cleaned_data
        benefit = {"benefit": typed["benefit"], "benefit_value": typed.get("worth", 0)}
        return {"fund": typed["fund"], "campaign": typed["campaign"], **benefit}

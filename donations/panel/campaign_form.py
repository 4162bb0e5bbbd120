"""Panel form of a campaign: sums as people write them, the lead gift by its reference; the row keeps minor units."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from donations import money
from donations.models import Campaign, Currency, Gift, MatchReservation
from donations.models.campaigns import MOST
from foundation.access.card_numbers import NoCardNumbers


class CampaignForm(NoCardNumbers, WagtailAdminModelForm):
    """Form of a campaign. A funder and a cap, or neither; a cap never below what gifts have of it already."""

    goal_sum = forms.CharField(
        label=gettext_lazy("Goal"), max_length=money.LONGEST, help_text=gettext_lazy("In the currency, as 25,000.")
    )
    cap_sum = forms.CharField(
        label=gettext_lazy("Most that is matched"),
        required=False,
        max_length=money.LONGEST,
        help_text=gettext_lazy("The page says so, and how much of it is left. Gifts can never exceed it."),
    )
    lead_reference = forms.CharField(
        label=gettext_lazy("Reference of the lead gift"),
        required=False,
        max_length=20,
        help_text=gettext_lazy(
            "A gift that has arrived, from which the campaign starts. Its sum stands on the page; its donor must agree."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row: Campaign = self.instance
        if row.goal and row.currency_id:
            self.initial.setdefault("goal_sum", money.plain(row.goal, row.currency.code))
            self.initial.setdefault("cap_sum", money.plain(row.match_cap, row.currency.code) if row.match_cap else "")
            self.initial.setdefault("lead_reference", row.lead_gift.reference if row.lead_gift else "")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        row: Campaign = self.instance
        currency: Currency | None = self.cleaned_data.get("currency")
        if currency is None:
            return cleaned
        kept = Campaign.objects.filter(pk=row.pk).exclude(currency=currency)  # `row` may be a draft with another one
        if kept.exists() and row.gifts.exists():
            self.add_error("currency", _("Gifts came in already, so the currency stays what it is."))
            return cleaned
        row.goal = self._sum("goal_sum", currency.code) or 0
        if not row.goal and "goal_sum" not in self.errors:  # Wagtail asks no draft for a field that is left empty
            self.add_error("goal_sum", _("Please write a sum above zero."))
        row.match_cap = self._sum("cap_sum", currency.code)
        row.lead_gift = self._lead(row, currency.code)
        self._check_match(row)
        starts, ends = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day must not be before the first."))
        if self.cleaned_data.get("picture") and not self.cleaned_data.get("picture_alt"):
            self.add_error("picture_alt", _("Please write what the picture shows, for people who do not see it."))
        return cleaned

    def _sum(self, field: str, code: str) -> int | None:
        """Minor units; None for an empty field or one that is no sum above zero, which then has its error."""
        text = self.cleaned_data.get(field, "")
        try:
            amount = money.parse(text, code, most=MOST) if text else None
        except money.AmountError as error:
            self.add_error(field, str(error))
            return None
        if amount == 0:
            self.add_error(field, _("Please write a sum above zero."))
        return amount or None

    def _lead(self, row: Campaign, code: str) -> Gift | None:
        reference = self.cleaned_data.get("lead_reference", "").strip().upper()
        if not reference:
            return None
        gift = Gift.objects.paid().counted().filter(reference=reference).first()
        try:
            if gift is None:
                raise ValidationError(_("No gift that has arrived has this reference."))
            if gift.currency != code:
                raise ValidationError(_("This gift was given in another currency."))
            if gift.campaign_id not in (None, row.pk) or gift.leads.exclude(pk=row.pk).exists():
                raise ValidationError(_("This gift counts for another campaign."))
        except ValidationError as error:
            self.add_error("lead_reference", error)
            return None
        return gift

    def _check_match(self, row: Campaign) -> None:
        if bool(row.match_cap) != bool(self.cleaned_data.get("match_funder")) and "cap_sum" not in self.errors:
            self.add_error("cap_sum", _("Give both who matches gifts and the most that is matched, or neither."))
        taken = MatchReservation.objects.taken(row) if row.pk else 0
        if (row.match_cap or 0) < taken and "cap_sum" not in self.errors:
            least = money.exact(taken, row.currency.code)
            self.add_error("cap_sum", _("Gifts have %(least)s of it already; it cannot be less.") % {"least": least})

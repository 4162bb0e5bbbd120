"""Panel: declarations of Gift Aid: enter one taken on paper or spoken, at its gift; the list of all; cancel one."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.gift_aid import declarations
from donations.gift_aid.fields import GiftAidFields
from donations.models import Gift, GiftAidDeclaration
from donations.models.gift_aid import STERLING
from donations.panel import days
from foundation.organisation.models import Organisation
from staff.lists import Action, ReadOnlyViewSet

Way = GiftAidDeclaration.Way
BEGAN = date(1990, 10, 1)  # Gift Aid
DAY: dict[str, Any] = {
    "widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    "input_formats": ["%Y-%m-%d"],
}


class StaffDeclarationForm(GiftAidFields):
    """For staff: what somebody signed on paper, or said, with the words that they were shown or told."""

    way = forms.ChoiceField(
        label=_("How it was declared"),
        choices=[(Way.PAPER, _("on paper, with these words")), (Way.ORAL, _("spoken: these words were read out"))],
    )
    declared_on = forms.DateField(label=_("On which day"), **DAY)
    record_on = forms.DateField(
        label=_("Spoken: when was the written record sent"),
        help_text=_("With all the details, the words, both days, and that it may be cancelled within 30 days."),
        required=False,
        **DAY,
    )

    def __init__(self, *args: Any, row: Gift, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gift_aid"].required = True

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        for name in ("declared_on", "record_on"):
            days.check_happened(self, name)
            if cleaned.get(name) and cleaned[name] < BEGAN:
                self.add_error(name, gettext("There was no Gift Aid then. Is the year right?"))
        declared_on, record_on = cleaned.get("declared_on"), cleaned.get("record_on")
        if declared_on and record_on and record_on < declared_on:
            self.add_error("record_on", gettext("A record is sent after the words were spoken."))
        if cleaned.get("way") == Way.ORAL and not cleaned.get("record_on") and "record_on" not in self.errors:
            self.add_error("record_on", gettext("A spoken declaration counts once its written record was sent."))
        if not self.errors:
            cleaned["declared"] = self.declared()
        return cleaned


def _declare(gift: Gift, user: Any, declared: Any, way: str, declared_on: date, **typed: Any) -> str:
    moment = datetime.combine(declared_on, time(12), tzinfo=Organisation.load().zone)
    record = typed["record_on"] if way == Way.ORAL else None
    whose = {"gift": gift, "supporter": gift.supporter, "taken_by": user}
    row = declarations.write(declared, way, declared_at=moment, record_on=record, **whose)
    if declarations.covers(row, gift):
        return gettext("The declaration is written down. It covers this gift.")
    return gettext("The declaration is written down. It does not cover this gift: look at what was given in return.")


def _may_be_declared(gift: Gift) -> bool:
    asked = gift.is_paid and gift.currency == STERLING and not gift.company and bool(gift.name)
    asked = asked and not gift.is_recommended and not gift.thing
    return asked and Organisation.load().offers_gift_aid


DECLARE = Action(
    "gift-aid",
    _("Enter a Gift Aid declaration"),
    _declare,
    "donations.add_giftaiddeclaration",
    _may_be_declared,
    form=StaffDeclarationForm,
)


def _cancel(row: GiftAidDeclaration, user: Any) -> str:
    GiftAidDeclaration.objects.filter(pk=row.pk, cancelled_at=None).update(cancelled_at=timezone.now())
    return gettext("The declaration is cancelled: it covers no gift from now on.")


def _sure(row: GiftAidDeclaration, filled: dict[str, Any]) -> str:
    return gettext(
        "Cancel this declaration? It then covers no gift from now on. A spoken one that is cancelled within 30 days "
        "covers none at all. It cannot be undone; a further one can be entered."
    )


class DeclarationViewSet(ReadOnlyViewSet):
    """Declarations of Gift Aid, as they were made, with their words."""

    model = GiftAidDeclaration
    icon = "tick"
    menu_label = _("Gift Aid declarations")
    list_display = ["declarant", "home_text", "scope", "way", "declared_at", "cancelled_at"]
    list_filter = {"scope": ["exact"], "way": ["exact"], "declared_at": ["date"], "cancelled_at": ["isnull"]}
    search_fields = ["first_name", "last_name", "postcode", "supporter__email", "gift__reference", "gift__email"]
    inspect_view_fields = [
        *["title", "first_name", "last_name", "home", "postcode", "scope", "way", "text", "language", "digest"],
        *["declared_at", "written_at", "record_on", "taken_by", "cancelled_at", "supporter", "gift"],
    ]
    actions = [
        Action(
            "cancel",
            _("Cancel this declaration"),
            _cancel,
            "donations.change_giftaiddeclaration",
            applies=lambda row: row.cancelled_at is None,
            sure=_sure,
        )
    ]

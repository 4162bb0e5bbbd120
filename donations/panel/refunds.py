"""Panel action of a gift: give all or a part of it back through Stripe."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.giving import refunding
from donations.models import Gift, LedgerEntry, RefundRequest
from donations.stripe import troubles
from donations.stripe.errors import KeyRefusedError, StripeIsDownError, StripeRefusedError
from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation import clone_guard
from staff.action_views import NotDoneError
from staff.lists import Action, Related

MAY = "donations.add_refundrequest"
WAITS = _(
    "Stripe did not answer. The request is kept, and the site asks again by itself: it is made once. “Refunds asked "
    "for” on this page says what became of it."
)


class RefundForm(NoCardNumbers, forms.Form):
    """Form of a refund. `amount`: minor units of the gift's currency, no more than is left of the gift. The hidden
    `key` (idempotency key) makes a form that is sent twice one refund.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(
        max_length=money.LONGEST, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=RefundRequest.Reason.choices,
        widget=forms.RadioSelect,
        help_text=_("Stripe is told. With the last one it also learns what stolen cards look like."),
    )

    def __init__(self, *args: Any, row: Gift, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gift, self.left = row, LedgerEntry.objects.kept(row)[0]
        self.initial["key"], self.initial["amount"] = uuid.uuid4(), money.plain(self.left, row.currency)
        self.fields["amount"].label = gettext("Amount to give back, in %(currency)s") % {"currency": row.currency}
        self.fields["amount"].help_text = gettext("All that is left of it is %(left)s.") % {
            "left": money.exact(self.left, row.currency)
        }

    def clean_key(self) -> str:
        return str(self.cleaned_data["key"])

    def clean_amount(self) -> int:
        try:
            amount = money.parse(self.cleaned_data["amount"], self.gift.currency)
        except money.AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if not _sent_before(self.data) and not 0 < amount <= self.left:
            raise forms.ValidationError(gettext("No more than is left of the gift, and more than nothing."))
        return amount


def _sent_before(data: Any) -> bool:
    return RefundRequest.objects.filter(key=data.get("key", "")).exists()


def _refund(gift: Gift, user: Any, key: str, amount: int, reason: str) -> str:
    try:
        asked = refunding.refund(gift, amount, reason, user, key)
    except (refunding.CannotError, StripeRefusedError, clone_guard.WrongSiteError) as error:
        raise NotDoneError(gettext("Nothing was given back: %(why)s") % {"why": error}) from error
    except StripeIsDownError as error:
        if isinstance(error, KeyRefusedError):
            troubles.refused(error, "refund")
        raise NotDoneError(str(WAITS)) from error
    if asked.state == RefundRequest.State.REFUSED:
        raise NotDoneError(gettext("Nothing was given back: %(why)s") % {"why": asked.answer})
    return gettext("%(sum)s go back to the donor, who gets a letter and the receipt that holds now.") % {"sum": asked}


def _sure(gift: Gift, filled: dict[str, Any]) -> str:
    return gettext(
        "%(sum)s of %(gift)s (%(total)s) go back to %(who)s, to the card or account that paid. Stripe keeps its fee. "
        "The donor gets a letter and a new receipt that names the first. This cannot be undone."
    ) % {
        "sum": money.exact(filled["amount"], gift.currency),
        "gift": gift,
        "total": gift.total_text(),
        "who": gift.giver() or gift.email,
    }


REFUND = Action(
    "refund",
    _("Give money back"),
    _refund,
    MAY,
    refunding.may_be_refunded,
    form=RefundForm,
    sure=_sure,
    fresh=True,
    sent_before=_sent_before,
)
ASKED = Related(
    _("Refunds asked for"),
    lambda gift: gift.refund_requests.select_related("gift", "asked_by"),
    ["amount_text", "reason", "state_text", "refund_id", "asked_at", "asked_by"],
)

"""Panel list of gifts: its columns and filters, what hangs on a gift, and what staff may do with one."""

from typing import Any

import django_filters
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.giving import addresses
from donations.models import Gift
from donations.panel import offline_corrections, refunds, searches
from donations.panel.benefits import IN_RETURN
from donations.panel.campaigns import UNNAME
from donations.panel.gift_aid import DECLARE
from donations.panel.givers import PUT_RIGHT
from donations.panel.money_lists import MoneyViewSet
from donations.panel.offline import TAKE_BACK, GiftList
from staff.list_filters import ListFilterSet
from staff.lists import Action, Related
from supporters.forms import StaffAddressForm

ENTRY_COLUMNS = ["kind", "amount_text", "settled_text", "day", "stripe_object"]


def _put_right(gift: Gift, user: Any, email: str, check_made: str) -> str:
    addresses.correct_by_staff(gift, email, user, check_made)
    return gettext("The address is put right. The receipt, if there is one, goes there; both addresses are told.")


class GiftFilters(ListFilterSet):
    supporter = django_filters.NumberFilter(field_name="supporter_id", label=_("Number of the supporter"))

    class Meta:
        model = Gift
        fields = {
            "status": ["exact"],
            "method": ["exact"],
            "frequency": ["exact"],
            "currency": ["exact"],
            "campaign": ["exact"],
            "name_public": ["exact"],
            "livemode": ["exact"],
            "created_at": ["date"],
            "paid_at": ["date"],
        }


class GiftViewSet(MoneyViewSet):
    """Gifts: one row for each payment, and for each that was begun."""

    model = Gift
    index_view_class = GiftList
    icon = "pick"
    menu_label = _("Gifts")
    list_display = [
        "reference",
        "giver",
        "email",
        "total_text",
        "returned_text",
        "frequency",
        "status",
        "created_at",
        "mode_text",
    ]
    filterset_class = GiftFilters
    search_fields, search = Gift.sought_in, searches.GIFTS
    inspect_view_fields = [
        *[
            "reference",
            "status",
            "returned_text",
            "frequency",
            "method",
            "total_text",
            "amount",
            "fee_cover",
            "currency",
        ],
        *["real_fee_text", "name", "company", "name_public", "email", "description"],
        *["shares", "security", "sponsor", "bank_reference", "batch"],
        *[
            "fund",
            "dedication_text",
            "benefit",
            "benefit_text",
            "campaign",
            "supporter",
            "plan",
            "created_at",
            "paid_at",
            "session_id",
            "payment_intent_id",
            "invoice_id",
            "livemode",
        ],
    ]
    list_export = [
        *["reference", "status", "frequency", "amount", "fee_cover", "total", "currency", "name", "company", "email"],
        *["created_at", "paid_at", "payment_intent_id", "livemode", "total_minor"],
        *["method", "bank_reference", "sponsor", "shares", "security"],
    ]
    related = [
        Related(_("Ledger"), lambda gift: gift.entries.all(), ENTRY_COLUMNS),
        Related(
            _("Receipts"), lambda gift: gift.receipts.all(), ["label", "total_text", "day", "replaces", "issued_at"]
        ),
        refunds.ASKED,
        Related(
            _("Disputes and warnings"),
            lambda gift: gift.disputes.all(),
            ["stripe_object", "kind", "status_text", "amount_text", "answer_by"],
        ),
        Related(
            _("Gift Aid declarations made with it"),
            lambda gift: gift.gift_aid_declarations.all(),
            ["declarant", "scope", "way", "declared_at", "cancelled_at"],
        ),
        Related(
            _("Addresses put right"),
            lambda gift: gift.address_changes.all(),
            ["changed_at", "before", "after", "changed_by", "check_made"],
        ),
    ]
    actions = [
        Action(
            "address",
            _("Put the e-mail address right"),
            _put_right,
            "donations.change_gift",
            form=StaffAddressForm,
        ),
        refunds.REFUND,
        UNNAME,
        PUT_RIGHT,
        IN_RETURN,
        offline_corrections.PUT_RIGHT,
        TAKE_BACK,
        DECLARE,
    ]

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(**{"queryset": Gift.objects.with_returns(), **kwargs})

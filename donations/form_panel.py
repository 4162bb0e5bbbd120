"""What staff set of the giving form: currencies with their ladders, what a sum does, and what gifts can be for."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from donations.cost_form import CostLineForm, FundForm
from donations.currency_form import CurrencyForm
from donations.models import CostLine, Currency, Fund


class NeverDeleted(ModelPermissionPolicy):
    """A currency is taken off the giving page, not deleted: its gifts stay readable. Superusers included."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)


class CurrencyViewSet(ModelViewSet):
    """The currencies of the giving page."""

    model = Currency
    icon = "globe"
    menu_label = _("Currencies")
    list_display = ["code", "name", "shown", "position"]
    list_per_page = 200
    copy_view_enabled = False
    add_to_reference_index = False
    sort_order_field = None

    @property
    def permission_policy(self) -> NeverDeleted:
        return NeverDeleted(self.model)

    def get_form_class(self, for_update: bool = False) -> type[CurrencyForm]:
        return CurrencyForm


class CostLineViewSet(ModelViewSet):
    """What a rung of a ladder does, with the line of costs that says so."""

    model = CostLine
    icon = "tag"
    menu_label = _("What sums do")
    list_display = ["amount_text", "clause", "cited_on"]
    copy_view_enabled = False
    add_to_reference_index = False
    sort_order_field = None

    def get_form_class(self, for_update: bool = False) -> type[CostLineForm]:
        return CostLineForm


class FundViewSet(ModelViewSet):
    """What gifts can be for."""

    model = Fund
    icon = "folder-open-inverse"
    menu_label = _("Funds")
    list_display = ["name", "shown", "position"]
    copy_view_enabled = False
    add_to_reference_index = False
    sort_order_field = None

    @property
    def permission_policy(self) -> NeverDeleted:
        return NeverDeleted(self.model)

    def get_form_class(self, for_update: bool = False) -> type[FundForm]:
        return FundForm

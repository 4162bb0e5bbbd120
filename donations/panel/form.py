"""Panel lists of what staff set of the giving form: currencies with their ladders, cost lines, and funds."""

from django.utils.translation import gettext_lazy as _

from donations.models import CostLine, Currency, Fund
from donations.panel.cost_form import CostLineForm, FundForm
from donations.panel.currency_form import CurrencyForm
from staff.editing import EditedViewSet, NeverDeleted


class CurrencyViewSet(NeverDeleted, EditedViewSet):
    """The currencies of the giving page. One is taken off it, not deleted: its gifts stay readable."""

    model = Currency
    form = CurrencyForm
    icon = "globe"
    menu_label = _("Currencies")
    list_display = ["code", "name", "shown", "position"]
    list_per_page = 200


class CostLineViewSet(EditedViewSet):
    """Cost lines: what a rung of a ladder does, with the line of costs that says so."""

    model = CostLine
    form = CostLineForm
    icon = "tag"
    menu_label = _("What sums do")
    list_display = ["amount_text", "ladder_text", "clause", "cited_on"]


class FundViewSet(NeverDeleted, EditedViewSet):
    """Funds: what gifts can be for."""

    model = Fund
    form = FundForm
    icon = "folder-open-inverse"
    menu_label = _("Funds")
    list_display = ["name", "shown", "position", "link"]

"""Panel lists and exports of money: sums as people write them; minor units only where it says so."""

from typing import Any

from django.db.models import F, Model, QuerySet
from django.db.models import Sum as Added
from django.utils.translation import gettext as _
from wagtail.coreutils import multigetattr

from donations import money
from donations.models.gifts import NO_CURRENCY
from donations.panel.money_cells import Sum
from staff.export_cells import Text
from staff.list_views import DetailView, ListView
from staff.lists import ReadOnlyViewSet

# Fields that hold minor units, in every table of money, and the field that says of which currency.
SUMS = dict.fromkeys(("amount", "total", "fee_cover", "cover", "beyond", "unexplained"), "currency")
SUMS["settled"] = "settled_currency"
MINOR = "_minor"  # at the end of a column's name: the whole number as it stands in the books


TOTALS = "totals"  # the parameter that asks for them: the database adds up every row that the list shows


class MoneyList(ListView):
    """A list whose exports say 44.00 and USD, and minor units only in columns that say so; it adds up when asked."""

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        if self.is_export:
            return context
        asked = self.request.GET.copy()
        asked[TOTALS] = "1"
        there = f"{self.index_url}?{asked.urlencode()}"
        return {**context, "totals_url": there, "totals": self.totals() if TOTALS in self.request.GET else None}

    def totals(self) -> list[tuple[str, str]]:
        """The sum of all rows that the list shows, on all its pages: the code of a currency, and as people write it."""
        field = "total" if hasattr(self.model, "total") else "amount"
        shown = self.model._default_manager.filter(pk__in=self.object_list.order_by().values("pk"))
        sums = shown.exclude(currency=NO_CURRENCY).order_by("currency").values_list("currency")
        return [(code, money.exact(sum, code)) for code, sum in sums.annotate(sum=Added(field))]

    def to_row_dict(self, item: Model) -> dict[str, Any]:
        """`total_minor` is the field `total` as it stands in the books."""
        return {field: _cell(item, field) for field in self.list_export}

    def export_cell(self, model: type[Model], name: str) -> Any:
        if name in SUMS:
            return Sum(F(name), F(SUMS[name]))
        if name == "gift":
            return Text(F("gift__reference"))  # as it calls itself
        return super().export_cell(model, name.removesuffix(MINOR))

    def get_heading(self, queryset: QuerySet[Any], field: str) -> str:
        heading: str = super().get_heading(queryset, field.removesuffix(MINOR))
        return _("%(sum)s in minor units") % {"sum": heading} if field.endswith(MINOR) else heading


class MoneyDetail(DetailView):
    """All of one row, with its sums as people write them."""

    def get_field_display_value(self, field_name: str, field: Any) -> Any:
        amount = getattr(self.object, field_name) if field_name in SUMS else None
        code = getattr(self.object, SUMS.get(field_name, ""), "")
        if amount is not None and code:
            return money.exact(amount, code)
        return super().get_field_display_value(field_name, field)


class MoneyViewSet(ReadOnlyViewSet):
    index_view_class = MoneyList
    inspect_view_class = MoneyDetail


def _cell(row: Any, field: str) -> Any:
    value = multigetattr(row, field.removesuffix(MINOR))
    return money.decimal(value, getattr(row, SUMS[field])) if field in SUMS and value is not None else value

"""The panel's list of figures: its filters and columns for outdated figures."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column

from awareness.facts import Figure
from foundation.organisation.models import Organisation

OLD = "old"


class FigureFilters(WagtailFilterSet):
    """Filters by status, mark and source, and by age: current figures that need a newer one."""

    age = django_filters.ChoiceFilter(
        label=_("Age"),
        choices=[(OLD, _("Older than it may be"))],
        empty_label=_("All"),
        method="of_age",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Figure
        fields = ["status", "mark", "source"]

    def of_age(self, rows: QuerySet[Figure], name: str, value: str) -> QuerySet[Figure]:
        """Years stand in the text of `measured` ("2017–2021"), so the rows are filtered in Python: some hundreds."""
        return rows.filter(pk__in=[figure.pk for figure in old_figures()])


class AgeColumn(Column):
    """Column with the age in years, and whether that is too old; empty for a figure that is not current."""

    def __init__(self) -> None:
        super().__init__("age", label=_("Age"))

    def get_value(self, instance: Figure) -> str:
        if instance.status != Figure.Status.CURRENT:
            return ""
        today = Organisation.load().today()
        years = instance.age(today)
        if years is None:
            return ""
        words = ngettext("%(count)d year", "%(count)d years", years) % {"count": years}
        return gettext("%(age)s: look for a newer one") % {"age": words} if instance.is_old(today) else words


def old_figures() -> list[Figure]:
    """Return current figures that are older than their set age, on the organisation's own calendar."""
    return Figure.objects.all().old(Organisation.load().today())

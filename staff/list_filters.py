"""Filters of the panel's lists: date ranges, whose days are those of the organisation's own calendar."""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import DateField, DateTimeField, Field, Model, QuerySet
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_filters.fields import RangeField
from django_filters.utils import get_model_field
from wagtail.admin import widgets
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from foundation.organisation.models import Organisation
from staff import paging


class DaysField(RangeField):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__((forms.DateField(), forms.DateField()), *args, **kwargs)


class DaysFilter(django_filters.DateFromToRangeFilter):
    """Date range filter: from one day to another, both included. Either may be left out.

    Datetimes are compared with datetimes, so that the database can use its index, and dates with dates.
    """

    field_class = DaysField

    def filter(self, qs: QuerySet[Any], value: slice | None) -> QuerySet[Any]:
        if not value:
            return qs
        moments = isinstance(get_model_field(self.model, self.field_name), DateTimeField)
        if value.start is not None:
            qs = qs.filter(**{f"{self.field_name}__gte": _midnight(value.start) if moments else value.start})
        if value.stop is not None:
            after = value.stop + timedelta(days=1)
            qs = qs.filter(**{f"{self.field_name}__lt": _midnight(after) if moments else after})
        return qs


class RadioSelect(forms.RadioSelect):
    """Radio buttons as Django draws them, without four templates for each button: a list has up to fifty of them. By
    the name of its class Wagtail styles a widget.
    """

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        asked = context["widget"]
        options = [option for _group, options, _index in asked["optgroups"] for option in options]
        buttons = format_html_join("", "<div>{}</div>", ((_button(option),) for option in options))
        around = {name: asked["attrs"].get(name) for name in ("id", "class")}
        return format_html("<div{}>{}</div>", flatatt({name: text for name, text in around.items() if text}), buttons)


class BooleanRadioSelect(RadioSelect, widgets.BooleanRadioSelect):
    """Wagtail's, drawn likewise."""


DRAWN = {forms.RadioSelect: RadioSelect, widgets.BooleanRadioSelect: BooleanRadioSelect}


def _button(option: dict[str, Any]) -> SafeString:
    given = {"type": option["type"], "name": option["name"], "value": option["value"], **option["attrs"]}
    target = flatatt({"for": option["attrs"]["id"]} if option["attrs"].get("id") else {})
    return format_html("<label{}><input{}> {}</label>", target, flatatt(given), option["label"])


class ListFilterSet(WagtailFilterSet):
    """Filter set that turns every filter on a date into a date range, and draws its radio buttons itself."""

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """One value of a field that leads an index is asked for as the span from it to it, which the same rows are in:
        of an order by a field that is compared with one value, PostgreSQL knows nothing (`paging.in_order`).
        """
        asked = {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "", [])}
        led = [name for name in asked if self.filters[name].lookup_expr == "exact" and leads(queryset.model, name)]
        if len(led) != 1:
            return super().filter_queryset(queryset)
        value = self.form.cleaned_data[led[0]]
        self.form.cleaned_data[led[0]] = None
        rows = super().filter_queryset(queryset).filter(**{f"{led[0]}__gte": value, f"{led[0]}__lte": value})
        self.form.cleaned_data[led[0]] = value
        return paging.hinted(rows, led=led[0])

    @classmethod
    def filter_for_lookup(cls, field: Field[Any, Any], lookup_type: str) -> tuple[Any, dict[str, Any]]:
        if isinstance(field, DateField) and lookup_type in ("exact", "date"):
            return DaysFilter, {"widget": DateRangePickerWidget}
        kind, params = super().filter_for_lookup(field, lookup_type)
        if (widget := DRAWN.get(params.get("widget"))) is not None:
            params["widget"] = widget
        return kind, params

    @classmethod
    def filter_for_field(cls, field: Field[Any, Any], field_name: str, lookup_expr: str | None = None) -> Any:
        made = super().filter_for_field(field, field_name, lookup_expr)
        if isinstance(made, DaysFilter):
            made.extra.pop("label", None)
            made.label = str(field.verbose_name).capitalize()  # and not "Created at date"
        return made


def leads(model: type[Model], name: str) -> bool:
    """Whether an index goes through the rows of one value of this field, newest first."""
    return any(each.fields == [name, "-id"] and not each.condition for each in model._meta.indexes)


def _midnight(day: date) -> datetime:
    """The beginning of a day on the organisation's own calendar, whatever clock the account of the reader has."""
    return timezone.make_aware(datetime.combine(day, time.min), Organisation.load().zone)

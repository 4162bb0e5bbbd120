"""Panel forms of a batch of cheques: the paying-in slip, and one row for each cheque."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations import money
from donations.giving.batches import Cheque, Slip, Typed
from donations.models import Campaign, Currency, Fund
from donations.models.campaigns import MOST
from donations.panel import days
from foundation.access import card_numbers
from foundation.access.card_numbers import NoCardNumbers
from supporters import names, supporters

ROWS, MORE, MOST_ROWS = 20, 20, 200  # empty rows at first, further ones at a press, and the most of one slip
LONGEST = 400  # characters of one field
TYPED = ("amount", "name", "company", "email", "number")  # what makes a row one: the menus alone do not
PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class SlipForm(NoCardNumbers, forms.Form):
    """What the paying-in slip says. `total`: minor units of the currency, the control total."""

    banked_on = forms.DateField(
        label=gettext_lazy("Date of the slip"),
        help_text=gettext_lazy("Receipts and the tax year go by this day."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    currency = forms.ModelChoiceField(label=gettext_lazy("Currency"), queryset=Currency.objects.order_by("position"))
    total = forms.CharField(
        label=gettext_lazy("Control total"),
        max_length=money.LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "decimal", **PLAIN}),
    )
    count = forms.IntegerField(
        label=gettext_lazy("Number of cheques"),
        min_value=1,
        max_value=MOST_ROWS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", **PLAIN}),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        days.check_happened(self, "banked_on")
        if typed.get("currency") and typed.get("total"):
            _read_sum(self, "total", typed["currency"].code)
        return typed

    @property
    def slip(self) -> Slip:
        typed = self.cleaned_data
        return Slip(typed["banked_on"], typed["currency"].code, typed["total"], typed["count"])


class RowForm(NoCardNumbers, forms.Form):
    """One cheque, of a slip in `currency` (None: not chosen yet). `amount`: minor units. A row in which nothing was
    typed is none. An address that we know brings its name.
    """

    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=money.LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 9, **PLAIN}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the giver"),
        required=False,
        max_length=names.LONGEST,
        widget=forms.TextInput(attrs={"size": 20, **PLAIN}),
    )
    company = forms.CharField(
        label=gettext_lazy("Company"),
        required=False,
        max_length=names.LONGEST,
        widget=forms.TextInput(attrs={"size": 14, **PLAIN}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"size": 20, **PLAIN}),
    )
    number = forms.CharField(
        label=gettext_lazy("Cheque number"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"size": 9, **PLAIN}),
    )
    fund = forms.ModelChoiceField(label=gettext_lazy("Fund"), queryset=Fund.objects.none(), required=False)
    campaign = forms.ModelChoiceField(label=gettext_lazy("Campaign"), queryset=Campaign.objects.none(), required=False)

    def __init__(self, data: Any, row: int, currency: Currency | None, menus: dict[str, Any]) -> None:
        super().__init__(data, prefix=f"row-{row}", use_required_attribute=False)
        self.currency = currency
        for name, (rows, choices) in menus.items():
            field: Any = self.fields[name]
            field.queryset, field.choices = rows, choices  # read once for all rows
        for bound in self:
            labelled = bound.field.widget.attrs
            labelled["aria-label"] = _("%(field)s, row %(row)s") % {"field": bound.label, "row": row + 1}
            if self.is_bound and self.is_typed and bound.errors:
                labelled |= {"aria-invalid": "true", "aria-describedby": f"{self.prefix}-wrong"}

    @property
    def is_typed(self) -> bool:
        return any(self.data.get(self.add_prefix(name), "").strip() for name in TYPED)

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"], sites=True)

    def clean_company(self) -> str:
        return names.clean(self.cleaned_data["company"], sites=True)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("amount") and self.currency:
            _read_sum(self, "amount", self.currency.code)
        if typed.get("campaign") and self.currency and typed["campaign"].currency_id != self.currency.pk:
            self.add_error("campaign", _("This campaign counts another currency."))
        if typed.get("name") == typed.get("company") == "":
            known = supporters.known_by(typed["email"]) if typed.get("email") else None
            typed["name"] = known.name if known else ""
            if not typed["name"]:
                self.add_error("name", _("Please write who gave it: a person, a company, or both."))
        return typed

    @property
    def wrong(self) -> list[str]:
        """What is wrong in this row, for the line below it."""
        return [f"{self.fields[name].label}: {text}" for name, texts in self.errors.items() for text in texts]

    def cheque(self, row: int) -> Cheque:
        return Cheque(row=row, **self.cleaned_data)


def _read_sum(form: forms.Form, name: str, code: str) -> None:
    try:
        form.cleaned_data[name] = money.parse(form.cleaned_data[name], code, most=MOST)
    except money.AmountError as error:
        form.add_error(name, str(error))
        return
    if form.cleaned_data[name] == 0:
        form.add_error(name, _("Please write a sum above zero."))


def typed_in(posted: Any) -> Typed:
    """What was typed into the page, as text: the slip, and the rows up to the last one in which something stands. A
    card number is masked: it is kept nowhere.
    """
    rows = [
        {name: _text(posted, f"row-{number}-{name}") for name in RowForm.base_fields} for number in range(MOST_ROWS)
    ]
    last = max((number for number, row in enumerate(rows) if any(row[name] for name in TYPED)), default=-1)
    return {
        "slip": {name: _text(posted, f"slip-{name}") for name in SlipForm.base_fields},
        "rows": rows[: last + 1],
    }


def _text(posted: Any, name: str) -> str:
    """One field: no longer than any that can be read, and without NUL, which PostgreSQL keeps in no text."""
    return card_numbers.masked(str(posted.get(name, ""))[:LONGEST].replace("\0", "").strip())


class BatchForm:
    """The slip and its rows as one: read from what was typed, and held against the control total."""

    def __init__(self, typed: Typed, shown: int = ROWS) -> None:
        rows = typed.get("rows", [])
        data = {f"slip-{name}": text for name, text in typed.get("slip", {}).items()}
        data |= {f"row-{number}-{name}": text for number, row in enumerate(rows) for name, text in row.items()}
        self.slip_form = SlipForm(data or None, prefix="slip")
        currency = self.slip_form.cleaned_data.get("currency") if data and self._read(self.slip_form) else None
        self.currency: Currency | None = currency
        menus = {name: _menu(RowForm, model) for name, model in (("fund", Fund), ("campaign", Campaign))}
        self.shown = min(max(shown, len(rows)), MOST_ROWS)
        blank = [not any(row.get(name) for name in TYPED) for row in rows]
        self.rows = [
            RowForm(None if number >= len(rows) or blank[number] else data, number, currency, menus)
            for number in range(self.shown)
        ]
        self.typed_rows = [(number, row) for number, row in enumerate(self.rows) if row.is_typed]
        self.wrong = [number + 1 for number, row in self.typed_rows if not row.is_valid()]
        self.sum = sum(row.cleaned_data["amount"] for _number, row in self.typed_rows if _has_sum(row, currency))
        self.next = self.typed_rows[-1][0] + 1 if self.typed_rows else 0  # the row that waits to be typed

    @staticmethod
    def _read(form: forms.Form) -> bool:
        form.is_valid()
        return True

    @property
    def is_right(self) -> bool:
        """Whether each row can be read, and sum and number are those of the slip."""
        if not self.slip_form.is_valid() or self.wrong:
            return False
        slip = self.slip_form.slip
        return (self.sum, len(self.typed_rows)) == (slip.total, slip.count)

    @property
    def cheques(self) -> list[Cheque]:
        return [row.cheque(number) for number, row in self.typed_rows]

    @property
    def differences(self) -> list[str]:
        """How far it is from the slip, in sentences; empty where it is right or the slip is not filled in."""
        if not self.slip_form.is_bound or not self.slip_form.is_valid():
            return []
        slip, said = self.slip_form.slip, []
        missing, left = slip.count - len(self.typed_rows), slip.total - self.sum
        if missing:
            words = _("%(number)s too few cheques.") if missing > 0 else _("%(number)s too many cheques.")
            said.append(words % {"number": abs(missing)})
        if left:
            words = _("%(sum)s are missing.") if left > 0 else _("%(sum)s are too much.")
            said.append(words % {"sum": money.exact(abs(left), slip.currency)})
        return said

    @property
    def sum_text(self) -> str:
        return money.exact(self.sum, self.currency.code) if self.currency else ""


def _has_sum(row: RowForm, currency: Currency | None) -> bool:
    return currency is not None and isinstance(row.cleaned_data.get("amount"), int)


def _menu(form: type[RowForm], model: type[Fund] | type[Campaign]) -> tuple[Any, list[tuple[Any, str]]]:
    rows = model._default_manager.all()
    return rows, [("", "–"), *((row.pk, str(row)) for row in rows)]

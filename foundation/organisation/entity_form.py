"""Form of the organisation's settings: another legal entity numbers its receipts in a series of its own."""

import re
import unicodedata
from typing import Any, NamedTuple

from django import forms
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from foundation.organisation.tax_years import Country

# What a tax sentence of the United States speaks of, and no other country's does.
AMERICAN = re.compile(r"501\s*\(c\)|Internal Revenue|\bIRS\b|\bEIN\b", re.I)
series_asked = Signal()  # with a `series`: who knows its receipts answers with the last one's Entity, or None


class Entity(NamedTuple):
    """Who is printed on a receipt, and the registration number beside it."""

    name: str
    number: str


class OrganisationForm(WagtailAdminModelForm):  # type: ignore[misc]  # Wagtail has no types
    """A comma, a capital or an accent put right is the same entity; other words or another number may be a new one."""

    same_entity = forms.BooleanField(
        required=False,
        label=_("It is the same legal entity"),
        help_text=_("Tick it when name, registration number or country on receipts change and the charity does not."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        self._sample, self._series = row.is_sample, row.receipt_series
        self._country = row.country
        self._names, self._entity = (row.name, row.legal_name), Entity(row.printed_name, row.registration_number)
        if "tax_statement" in self.fields:
            field = self.fields["tax_statement"]
            said = {"rule": field.help_text, "proposal": _proposed(self._entity, row.country)}
            if said["proposal"]:
                field.help_text = _("%(rule)s If that is true of you, for example: %(proposal)s") % said

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        name, legal = cleaned.get("name", self._names[0]), cleaned.get("legal_name", self._names[1])
        now = Entity(legal or name, cleaned.get("registration_number", self._entity.number))
        series, country = cleaned.get("receipt_series", self._series), cleaned.get("country", self._country)
        if country != Country.US and AMERICAN.search(cleaned.get("tax_statement", "")):
            self.add_error("tax_statement", _("This is a sentence of the United States. Please write your country’s."))
        if country != Country.GB and cleaned.get("hmrc_reference"):
            self.add_error("hmrc_reference", _("Only a charity of the United Kingdom has one."))
        if series != self._series:
            self._check_that_nobody_else_has_it(series, now)
        elif not cleaned.get("same_entity") and (self._moved(country) or self._may_be_another(name, legal, now)):
            words = _(
                "Receipts in the series %(series)s are numbered for %(name)s. If this is another legal entity, write "
                "a new series, such as %(series)s2. If it is the same one, tick “It is the same legal entity”."
            )
            self._refuse(words, series, self._entity)
        return cleaned

    def _moved(self, country: str) -> bool:
        """Receipts of the series were issued under another country's words."""
        return country != self._country and issued_in(self._series) is not None

    def _may_be_another(self, name: str, legal: str, now: Entity) -> bool:
        if self._sample and not issued_in(self._series):  # what a sample was called counts once it issued receipts
            return False
        if _same_number(self._entity, now):
            return False
        if _differ(self._entity.number, now.number):
            return True
        before, legal_before = self._names
        if legal and not legal_before and not _differ(before, name):
            return False  # the legal name is entered beside the name that was printed until now
        return _differ(self._entity.name, now.name)

    def _check_that_nobody_else_has_it(self, series: str, now: Entity) -> None:
        """Numbers of another entity's series would go on under a name that never issued them."""
        before = issued_in(series)
        if before and _differ(before.name, now.name) and not _same_number(before, now):
            words = _("The series %(series)s has receipts of %(name)s. Write one that no other legal entity has used.")
            self._refuse(words, series, before)

    def _refuse(self, words: Any, series: str, entity: Entity) -> None:
        told = {"series": series, "name": entity.name}
        self.add_error("receipt_series", forms.ValidationError(words, params=told))


def issued_in(series: str) -> Entity | None:
    """Return whom the last receipt of a series names; None while there is none."""
    answers: list[tuple[Any, Any]] = series_asked.send(sender=OrganisationForm, series=series)
    return next((entity for _receiver, entity in answers if entity), None)


def _proposed(entity: Entity, country: str) -> str:
    """A sentence for a charity of that country; empty where we know none. It is shown, never filled in: only its people
    know if it is so.
    """
    if country == Country.OTHER:
        return ""
    words = _("“%(name)s is a charity, number %(number)s, and is recognised by HM Revenue & Customs as one for tax.”")
    if country == Country.US:
        words = _(
            "“%(name)s is exempt from tax under section 501(c)(3) of the Internal Revenue Code of the United States, "
            "EIN %(number)s. What you gave is deductible as far as the law allows.”"
        )
    return words % {"name": entity.name, "number": entity.number or "…"}


def _same_number(one: Entity, other: Entity) -> bool:
    return bool(_bare(one.number)) and _bare(one.number) == _bare(other.number)


def _differ(before: str, after: str) -> bool:
    """Both are known, and not only marks, capitals and accents are other ones."""
    return bool(_bare(before)) and bool(_bare(after)) and _bare(before) != _bare(after)


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text).casefold() if char.isalnum())

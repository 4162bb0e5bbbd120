"""Form of the organisation's settings: another legal entity numbers its receipts in a series of its own."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm


class OrganisationForm(WagtailAdminModelForm):  # type: ignore[misc]  # Wagtail has no types
    """A comma, a capital or an accent put right is the same entity; other words or another number may be a new one."""

    same_entity = forms.BooleanField(
        required=False,
        label=_("It is the same legal entity"),
        help_text=_("Tick it when the legal name or the registration number changes and the charity does not."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        before = self.instance
        self._before = (before.is_sample, before.legal_name, before.registration_number, before.receipt_series)
        if "tax_statement" in self.fields:
            words = {"rule": self.fields["tax_statement"].help_text, "proposal": _proposed(before)}
            self.fields["tax_statement"].help_text = (
                _("%(rule)s If that is true of you, for example: %(proposal)s") % words
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        sample, name, number, series = self._before
        now, registered = cleaned.get("legal_name", name), cleaned.get("registration_number", number)
        same_number = bool(_bare(number)) and _bare(number) == _bare(registered)
        renamed = _differ(name, now) and not same_number
        if sample or cleaned.get("same_entity") or cleaned.get("receipt_series") != series:
            return cleaned
        if renamed or _differ(number, registered):
            words = _(
                "Receipts in the series %(series)s are numbered for %(name)s. If this is another legal entity, write "
                "a new series, such as %(series)s2. If it is the same one, tick “It is the same legal entity”."
            )
            self.add_error("receipt_series", forms.ValidationError(words, params={"series": series, "name": name}))
        return cleaned


def _proposed(row: Any) -> str:
    """A sentence for a charity of the United States. It is shown, never filled in: only its people know if it is so."""
    name = row.printed_name
    words = _(
        "“%(name)s is exempt from tax under section 501(c)(3) of the Internal Revenue Code of the United States, "
        "EIN %(number)s. What you gave is deductible as far as the law allows.”"
    )
    return words % {"name": name, "number": row.registration_number or "…"}


def _differ(before: str, after: str) -> bool:
    """Both are known, and not only marks, capitals and accents are other ones."""
    return bool(_bare(before)) and bool(_bare(after)) and _bare(before) != _bare(after)


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text).casefold() if char.isalnum())

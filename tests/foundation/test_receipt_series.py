"""The settings of the organisation: what asks for a new series of receipts, and what is only written otherwise."""

import pytest
from django.core.exceptions import ValidationError

from foundation.organisation.models import Organisation, known_series
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
BEFORE = {"legal_name": "Road Out Inc", "registration_number": "", "receipt_series": "R", "is_sample": False}


def saved(before: dict[str, object], **typed: str) -> list[str]:
    """What the form has against it; empty when it was saved."""
    row = Organisation.load()
    for name, value in {**BEFORE, **before}.items():
        setattr(row, name, value)
    row.save()
    boss, address = signed_in("Administrator"), f"/admin/settings/organisation/organisation/{row.pk}/"
    form = boss.get(address).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | typed
    sent = {name: value for name, value in sent.items() if value is not False}
    answer = boss.post(address, sent)
    return [] if answer.status_code == 302 else answer.context["form"].errors.get("receipt_series", ["other"])


@pytest.mark.parametrize(
    ("before", "typed"),
    [
        ({}, {"legal_name": "Road Out, Inc."}),
        ({}, {"legal_name": "ROAD OUT INC"}),
        ({"legal_name": "Road Out Ács"}, {"legal_name": "Road Out Acs"}),
        ({}, {"legal_name": "Another Way", "receipt_series": "W"}),
        ({}, {"legal_name": "Another Way", "same_entity": "on"}),
        ({"registration_number": "12-3456789"}, {"legal_name": "Another Way"}),
        ({"registration_number": "12-3456789"}, {"registration_number": "123456789"}),
        ({}, {"registration_number": "12-3456789"}),
        ({"legal_name": ""}, {"legal_name": "Road Out Inc"}),
        ({"is_sample": True}, {"legal_name": "Another Way"}),
    ],
)
def test_it_goes_on_in_the_same_series_or_takes_the_new_one(before, typed):
    assert saved(before, **typed) == []
    assert Organisation.load().legal_name == typed.get("legal_name", "Road Out Inc")


@pytest.mark.parametrize(
    ("before", "typed"),
    [
        ({}, {"legal_name": "Another Way"}),
        ({"registration_number": "12-3456789"}, {"registration_number": "98-7654321"}),
        ({"registration_number": "12-3456789"}, {"legal_name": "Another Way", "registration_number": "98-7654321"}),
        ({"registration_number": "12-3456789"}, {"legal_name": "Another Way", "registration_number": ""}),
    ],
)
def test_it_asks_for_a_new_series_when_the_entity_may_be_another(before, typed):
    (words,) = saved(before, **typed)
    assert "numbered for Road Out Inc" in words and "such as R2" in words
    assert Organisation.load().legal_name == "Road Out Inc"


@pytest.mark.parametrize("series", ["", "demo", "DEMO", "DEMO2", "r", "2R", "R-2", "ABCDEFG", "R\n", "Ä"])
def test_it_takes_no_series_that_could_not_stand_before_a_number(series):
    with pytest.raises(ValidationError):
        known_series(series)


def test_it_proposes_a_tax_sentence_beside_the_field_and_fills_in_none():
    row = Organisation.load()
    row.legal_name, row.registration_number, row.tax_statement = "Road Out Inc", "12-3456789", ""
    row.save()
    form = signed_in("Administrator").get(f"/admin/settings/organisation/organisation/{row.pk}/").context["form"]
    told = str(form.fields["tax_statement"].help_text)
    assert "Road Out Inc is exempt from tax under section 501(c)(3)" in told and "EIN 12-3456789" in told
    assert form["tax_statement"].value() == "" and form["religious_benefits"].value() is False

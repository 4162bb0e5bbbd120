"""The settings of the organisation: what asks for a new series of receipts, and what is only written otherwise."""

import pytest
from django.core.exceptions import ValidationError

from donations.books import receipts
from foundation.organisation.models import Organisation, known_series
from tests.donations.rules import given
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
BEFORE = {"legal_name": "Road Out Inc", "registration_number": "", "receipt_series": "R", "is_sample": False}


@pytest.fixture(autouse=True)
def named() -> None:
    Organisation.load()
    Organisation.objects.update(name="The Road Out")


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
        ({"legal_name": ""}, {"name": "The Road-Out"}),
        ({"legal_name": ""}, {"name": "Another Way", "same_entity": "on"}),
        ({"legal_name": ""}, {"name": "Another Way", "legal_name": "The Road Out"}),
        ({"legal_name": "The Road Out"}, {"legal_name": ""}),
        ({}, {"name": "Another Way"}),
    ],
)
def test_it_goes_on_in_the_same_series_or_takes_the_new_one(before, typed):
    assert saved(before, **typed) == []
    assert Organisation.load().legal_name == typed.get("legal_name", {**BEFORE, **before}["legal_name"])


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


@pytest.mark.parametrize(
    ("before", "typed", "printed"),
    [
        ({"legal_name": ""}, {"name": "Another Way"}, "The Road Out"),
        ({"legal_name": ""}, {"name": "Another Way", "legal_name": "Another Way Inc"}, "The Road Out"),
        ({}, {"legal_name": ""}, "Road Out Inc"),
    ],
)
def test_it_asks_for_a_new_series_when_the_name_that_is_printed_becomes_another(before, typed, printed):
    (words,) = saved(before, **typed)
    assert f"numbered for {printed}" in words


@pytest.fixture
def issued(settings):
    """Real receipts of two entities: the first in the series R, the second, which we are now, in R2."""
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "sk_live_of_these_tests"
    for name, series in (("Road Out Inc", "R"), ("Road Out Trust", "R2")):
        given.charity(legal_name=name, receipt_series=series)
        receipts.issue(given.gift())
    return {"legal_name": "Road Out Trust", "receipt_series": "R2"}


@pytest.mark.parametrize("tick", [{}, {"same_entity": "on"}])
def test_it_gives_nobody_a_series_that_has_receipts_of_another_entity(issued, tick):
    (words,) = saved(issued, receipt_series="R", **tick)
    assert "The series R has receipts of Road Out Inc." in words
    assert saved(issued, receipt_series="R3") == []


def test_it_gives_an_entity_its_own_series_back(issued):
    assert saved(issued, receipt_series="R", legal_name="Road Out, Inc.") == []


def test_it_asks_a_sample_too_once_it_has_issued_real_receipts(issued):
    (words,) = saved({**issued, "is_sample": True}, legal_name="Another Way")
    assert "numbered for Road Out Trust" in words


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


def errors(**typed: str) -> dict[str, list[str]]:
    """What the form has against each field of a charity that issued receipts in the United States."""
    row = Organisation.load()
    form = signed_in("Administrator").get(f"/admin/settings/organisation/organisation/{row.pk}/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | typed
    sent = {name: value for name, value in sent.items() if value is not False}
    bound = type(form)(sent, instance=row, for_user=None)
    return {name: [str(each) for each in some] for name, some in bound.errors.items()}


def test_it_asks_for_a_new_series_when_the_country_changes_under_receipts(issued):
    assert "numbered for Road Out Trust" in errors(country="GB")["receipt_series"][0]
    assert errors(country="GB", receipt_series="GB") == errors(country="GB", same_entity="on") == {}


def test_it_takes_no_american_sentence_into_another_country_and_no_reference_of_hmrc_out_of_britain(db):
    sentence = "Road Out is exempt under section 501(c)(3)."
    assert list(errors(country="GB", tax_statement=sentence)) == ["tax_statement"]
    assert list(errors(country="ZZ", hmrc_reference="AB12345")) == ["hmrc_reference"]
    assert list(errors(country="GB", hmrc_reference="12345AB")) == ["hmrc_reference"]
    assert errors(country="GB", hmrc_reference="AB12345") == errors(country="US", tax_statement=sentence) == {}


def test_it_proposes_a_sentence_of_the_charitys_own_country_and_none_where_we_know_no_law():
    for country, told in (("GB", "recognised by HM Revenue &amp; Customs"), ("ZZ", "")):
        row = given.charity(country=country, registration_number="1234567")
        page = signed_in("Administrator").get(f"/admin/settings/organisation/organisation/{row.pk}/").content.decode()
        assert told in page and "501(c)(3) of the" not in page

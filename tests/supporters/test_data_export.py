"""A person takes with them all that we know of them: every column of every row, as JSON and as tables."""

import csv
import io
import zipfile
from collections import Counter

import pytest
from django.apps import apps
from django.db import models

from foundation.letters.models import Letter
from staff.cells import FORMULA
from supporters import moving, privacy_registry
from supporters.data_export import Facts, every_row, every_text
from supporters.models import Supporter
from tests.donations.conftest import charity, donor, till  # noqa: F401 - fixtures
from tests.supporters.test_privacy import EMAIL, FIRM, FRIEND, generous, known  # noqa: F401 - fixtures
from tests.supporters.visitor import come_in
from tests.supporters.whole_person import NOW, SECOND, STREET, WORDS, whole  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both]
# Rows that name a gift of somebody's, and are about something else.
ABOUT_ELSE = {"donations.Campaign": "staff wrote it; it names the gift that opens it"}
# An address stands there too, and it is staff's or the organisation's own.
OF_OTHERS = {"staff.User", "account.EmailAddress", "organisation.Organisation", "awareness.JobPage", "awareness.Reason"}
# Columns that are not told, each with why. All others are: one that is added later is told by itself.
NOT_TOLD = {
    ("awareness.Answer", "by"): "which member of staff it was",
    ("donations.Gift", "session_url"): "whoever has it stands before a payment page; blank after two days",
    ("donations.Dedication", "gift"): "it stands within its gift",
    ("donations.RefundRequest", "asked_by"): "which member of staff it was",
    ("donations.GiftAidDeclaration", "taken_by"): "which member of staff it was",
    ("supporters.StaffNote", "by"): "which member of staff it was",
    ("letters.Letter", "html"): "it says what the text says",
    ("pledges.SignatureEvent", "pledge"): "its signature says so",
    ("wagtailcore.ModelLogEntry", "user"): "which member of staff it was",
    ("wagtailcore.ModelLogEntry", "content_type"): "our own number",
    ("wagtailcore.ModelLogEntry", "object_id"): "our own number",
    ("wagtailcore.ModelLogEntry", "revision"): "of pages alone",
    ("wagtailcore.ModelLogEntry", "uuid"): "our own number",
}
PLAIN = {("supporters.FormerAddress", "email"), ("supporters.FormerAddress", "number")}  # told as lists


def all_facts(told) -> list[Facts]:
    found = [told] if isinstance(told, Facts) else []
    if isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            found += all_facts(part)
    return found


def pointing_at(model: type[models.Model], seen: set[str]) -> set[str]:
    """Every model whose rows lead to one of this model's, over however many others."""
    for relation in model._meta.related_objects:
        other = relation.related_model
        label = other._meta.label
        if other._meta.proxy or label in seen or label in ABOUT_ELSE or relation.many_to_many:
            continue
        seen.add(label)
        pointing_at(other, seen)
    return seen


def not_told() -> set[str]:
    return {label for app in privacy_registry.APPS.values() for label in app.not_told}


def test_it_tells_every_row_about_a_person(whole):  # noqa: F811
    """There is nobody else in this database: what is not told is missing."""
    told = Counter(row._meta.label for row in every_row(privacy_registry.export(whole)))
    about = pointing_at(Supporter, {"supporters.Supporter"})
    assert not_told() <= about, "what is not told on purpose is about a person"
    expected = about - not_told() - {"supporters.FormerAddress"}
    there = {label: apps.get_model(label)._default_manager.count() for label in expected}
    assert [label for label, count in there.items() if not count] == [], "the person of these tests has one of each"
    assert {label: told[label] for label in there} == there
    addressed = {
        model._meta.label
        for model in apps.get_models()
        if any(isinstance(field, models.EmailField) for field in model._meta.concrete_fields)
    }
    missing = {label for label in addressed if not told[label]} - {"supporters.FormerAddress"}
    assert missing <= OF_OTHERS, "a model with an address that no export tells of"


def test_it_tells_every_column_of_those_rows(whole):  # noqa: F811
    told = privacy_registry.export(whole)
    left_out, names = set(), {"id", "supporter"}
    for each in all_facts(told):
        for field in each.row._meta.concrete_fields:
            if field.name not in names and field.name.replace("_", " ") not in each:
                left_out.add((each.row._meta.label, field.name))
    assert left_out == set(NOT_TOLD)
    columns = {("supporters.FormerAddress", f.name) for f in apps.get_model("supporters.FormerAddress")._meta.fields}
    assert {pair for pair in columns if pair[1] not in names} == PLAIN
    assert told["supporters"]["former addresses"] == [SECOND, EMAIL] and told["supporters"]["numbers of merged rows"]
    texts = list(every_text(told))
    letter = "Letters about your giving went to"
    for word in (NOW, FIRM, FRIEND, STREET, WORDS, "You may write to me.", "Please write to me.", letter):
        assert any(word in text for text in texts), word


def test_it_gives_the_same_as_tables_that_no_program_takes_for_formulas(whole):  # noqa: F811
    Supporter.objects.update(name="=HYPERLINK(1)", email=NOW)
    visitor = come_in(NOW)
    answer = visitor.get("/my/data.zip")
    assert answer["Content-Type"] == "application/zip" and "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        tables = {
            name: list(csv.reader(io.StringIO(packed.read(name).decode("utf-8-sig")))) for name in packed.namelist()
        }
    known_ = visitor.get("/my/data.json").json()
    lists = {key.replace(" ", "-"): value for part in known_.values() for key, value in part.items()
             if isinstance(value, list) and value and isinstance(value[0], dict)}  # fmt: skip
    assert set(tables) == {"about-me.csv", *(f"{name}.csv" for name in lists)}
    assert {name: len(table) - 1 for name, table in tables.items() if name != "about-me.csv"} == {
        f"{name}.csv": len(rows) for name, rows in lists.items()
    }
    assert ["name", "'=HYPERLINK(1)"] in tables["about-me.csv"]
    cells = [cell for table in tables.values() for row in table for cell in row]
    assert [cell for cell in cells if FORMULA.search(cell)] == ["-1"], "a number stays one"
    assert any(STREET in cell for cell in cells) and any(WORDS in cell for cell in cells)
    head, *gifts = tables["gifts.csv"]
    assert len({len(row) for row in gifts}) == 1 and "$25.00 USD" in [row[head.index("sum")] for row in gifts]


def test_it_tells_nothing_of_others_whose_letters_came_to_the_same_mailbox_or_to_a_mistyped_one(known):  # noqa: F811
    Letter.objects.create(key="message:1", template="message_waits", to=EMAIL, subject="x", text="Of somebody else.")
    Letter.objects.create(key="r", template="receipt", to="typed@donor.example", subject="x", text="Hers alone.")
    moving.move(known, "typed@donor.example", proved=True)
    moving.move(known, NOW, proved=True)
    Supporter.objects.create(email="typed@donor.example", canonical="typed@donor.example")
    texts = list(every_text(privacy_registry.export(known)))
    assert not [text for text in texts if text in ("Of somebody else.", "Hers alone.")]


def test_it_gives_it_to_nobody_without_a_session(client):
    assert client.get("/my/data.zip")["Location"] == "/my/"

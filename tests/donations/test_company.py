"""Gifts of a company: its receipts name it, and the person who gave in its name stays the supporter."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from django.core import mail
from wagtail.models import ModelLogEntry

from donations.books import receipts
from donations.giving import gifts, offline
from donations.letters import papers, statements, year_end
from donations.models import Gift, Receipt
from foundation.letters.models import Letter
from supporters.models import Supporter
from tests.answers import streamed
from tests.donations.test_books import gift
from tests.donations.test_offline import entry
from tests.donations.test_offline_panel import ENTER, typed
from tests.donations.truth import disagreements_with_stripe
from tests.drawing import reading
from tests.narrowing import not_none
from tests.staff.users import signed_in
from tests.supporters.visitor import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FIRM = "Analytical Engines & Sons Ltd"
DAY = 86400


def printed() -> list[str]:
    """The words of each file that was mailed, the oldest first."""
    return [reading.text(content) for message in mail.outbox for _name, content, _kind in message.attachments]


def test_it_makes_out_the_receipt_of_each_month_to_the_company_and_greets_the_person(donor, till):
    donor.pay(donor.give("monthly", "30", company=FIRM), name="Ada Lovelace")
    till.tell()
    till.advance(32 * DAY)
    till.tell()
    assert list(Gift.objects.values_list("name", "company")) == [("Ada Lovelace", FIRM)] * 2
    assert list(Receipt.objects.values_list("name", flat=True)) == [FIRM] * 2
    assert Supporter.objects.get().name == "Ada Lovelace"
    letters = Letter.objects.filter(template="receipt_monthly")
    assert letters.count() == 2
    for letter in letters:
        assert f"Received from: {FIRM}" in letter.text and "Dear Ada Lovelace," in letter.text
    files = printed()
    assert len(files) == 2
    for words in files:
        assert reading.squeezed(f"Received from {FIRM}") in words and "Lovelace" not in words
    assert FIRM.replace("&", "&amp;") in come_in("ada@donor.example").get("/my/").content.decode()


def test_it_makes_another_gift_of_the_form_with_another_company():
    one = gifts.GiftRequest("attempt", "once", "USD", 2500, 0, "ada@donor.example", "Ada")
    keys = {replace(one, company=company).key for company in ("", FIRM, "Difference Engines")}
    assert len(keys) == 3
    assert replace(one, name=FIRM).key not in keys


@pytest.mark.parametrize(
    ("company", "says"),
    [("Win at https://spam.example", "without a web address"), ("x" * 201, "at most 200 characters")],
)
def test_it_refuses_a_company_as_it_does_a_name_and_shows_the_field_open(donor, company, says):
    page = donor.give("once", "25", company=company).content.decode()
    assert says in page and 'href="#id_company"' in page and not Gift.objects.exists()
    assert '<details class="drop mt4" open><summary>Give in a company’s name' in page


def test_it_hides_the_field_until_somebody_wants_it_and_keeps_what_was_typed(donor):
    assert '<details class="drop mt4"><summary>Give in a company’s name' in donor.client.get("/give/").content.decode()
    donor.give("once", "25", company=FIRM)
    page = donor.client.get("/give/").content.decode()
    assert "You began this gift" in page and f'value="{FIRM.replace("&", "&amp;")}"' in page
    assert '<details class="drop mt4" open><summary>Give in a company’s name' in page


@pytest.mark.parametrize("name", ["Ada King", ""])
def test_it_takes_an_offline_gift_of_a_company_with_and_without_a_person(charity, name):
    assert signed_in("Donor care").post(ENTER, typed(name=name, company=f" {FIRM} ")).status_code == 302
    entered = Gift.objects.get()
    assert (entered.name, entered.company, not_none(entered.supporter).name) == (name, FIRM, name)
    assert Receipt.objects.get().name == FIRM
    text = Letter.objects.get().text
    assert f"Received from: {FIRM}" in text and text.count("Dear") == text.count("Dear Ada King,") == bool(name)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "", "company": ""}, "Please write who gave it"),
        ({"company": "https://spam.example"}, "without a web address"),
        ({"company": "4242 4242 4242 4242"}, "looks like the number of a card"),
    ],
)
def test_it_refuses_an_offline_gift_of_nobody_and_of_what_is_no_name(charity, wrong, says):
    page = signed_in("Finance").post(ENTER, typed(**wrong))
    assert page.status_code == 422 and says in page.content.decode() and not Gift.objects.exists()


def test_it_shows_staff_both_names_finds_both_and_exports_both(charity):
    paid, staff = gift(1, name="Ada King", company=FIRM), signed_in("Finance")
    shown, other = FIRM.replace("&", "&amp;"), gift(2, name="Grace Hopper")
    for words in ("analytical", "Ada King"):
        page = staff.get("/admin/gift/", {"q": words}).content.decode()
        assert shown in page and other.email not in page, words
    page = staff.get(f"/admin/gift/inspect/{paid.pk}/").content.decode()
    assert shown in page and "Ada King" in page
    file = b"".join(streamed(staff.get("/admin/gift/?export=csv"))).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file, newline="")))
    assert {(row["Name"], row["Company"]) for row in rows} == {("Ada King", FIRM), ("Grace Hopper", "")}


# A mistyped name, put right by staff

TYPO = "Analytical Engins Ltd"


def put_right(paid: Gift, role: str = "Donor care", **names: str):
    return signed_in(role).post(f"/admin/gift/inspect/{paid.pk}/giver/", {"name": "Ada Lovelace", **names})


def test_it_writes_corrected_receipts_when_staff_put_a_company_right(donor, till):
    donor.pay(donor.give("monthly", "30", company=TYPO), name="Ada Lovelace")
    till.tell()
    till.advance(32 * DAY)
    till.tell()
    first = Gift.objects.earliest("pk")
    asked = signed_in("Donor care").get(f"/admin/gift/inspect/{first.pk}/giver/").content.decode()
    assert f'value="{TYPO}"' in asked and 'value="Ada Lovelace"' in asked
    for _ in range(2):  # a double click
        assert put_right(first, company=FIRM).status_code == 302
    assert list(Gift.objects.values_list("name", "company")) == [("Ada Lovelace", FIRM)] * 2
    olds, news = Receipt.objects.filter(replaces=None), Receipt.objects.exclude(replaces=None)
    assert {each.name for each in olds} == {TYPO} and {each.name for each in news} == {FIRM}
    assert {each.replaces for each in news} == set(olds) and {each.total for each in news} == {3000}
    letters = Letter.objects.filter(template="receipt_corrected")
    assert letters.count() == 2 and all(f"Received from: {FIRM}" in letter.text for letter in letters)
    assert all("Amount: $30.00 USD" in letter.text and "What remains" not in letter.text for letter in letters)
    said = ModelLogEntry.objects.filter(action="staff.action").earliest("timestamp").data["sentence"]
    assert "2 corrected receipts" in said and FIRM not in said
    till.refund(first.payment_intent_id, amount=1000)
    till.tell()
    newest = first.receipts.get(replaced_by=None)
    assert (newest.name, newest.total) == (FIRM, 2000)
    assert disagreements_with_stripe(till) == []


def test_it_writes_no_receipt_anew_where_it_names_the_company_still(charity):
    paid = gift(1, name="Ada Kng", company=FIRM)
    receipts.issue(paid)
    assert put_right(paid, company=FIRM).status_code == 302 and Gift.objects.get().name == "Ada Lovelace"
    assert put_right(paid, name="", company="").status_code == 422 and put_right(paid, "Editor").status_code in (
        302,
        403,
    )
    assert Gift.objects.get().company == FIRM and not Receipt.objects.exclude(replaces=None).exists()


# The statement of a year


def given_by(*companies: str) -> Supporter:
    """One person's cheques of 10, 20, 30 … dollars, each for one of these; their own where it is empty."""
    for number, company in enumerate(companies, start=1):
        offline.record(
            entry(f"form-{number}", amount=number * 1000, company=company, received_on=date(2026, number, 1))
        )
    return Supporter.objects.get()


def test_it_states_what_a_company_gave_apart_from_what_the_person_did(charity):
    ada = given_by("", FIRM, "", FIRM)
    found = statements.of(ada.pk, 2026)
    assert (found.name, found.givers) == ("Ada King", ["Ada King", FIRM])
    assert [(part.giver, part.totals) for part in found.parts] == [("Ada King", ["$40.00 USD"]), (FIRM, ["$60.00 USD"])]
    words = reading.text(papers.statement(found).content)
    for part in (f"Ada King, {FIRM}", "Ada King to The Road Out Inc.", f"{FIRM} to The Road Out Inc."):
        assert reading.squeezed(part) in words
    head, *rows = csv.reader(io.StringIO(papers.statement_csv(found)))
    assert head[-1] == "received from" and [row[-1] for row in rows] == ["Ada King", "Ada King", FIRM, FIRM]


def test_it_says_in_the_letter_of_a_year_whose_each_gift_and_sum_is(charity):
    given_by("", FIRM)
    year_end.write(2026)
    text = Letter.objects.get(template="statement").text
    assert "Dear Ada King," in text and f"Total: $10.00 USD (Ada King), $20.00 USD ({FIRM})" in text
    assert f"-000002 ({FIRM})" in text and "Received by: The Road Out Inc.\n" in text


def test_it_states_a_year_in_which_only_a_company_gave_in_its_name(charity):
    found = statements.of(given_by(FIRM, FIRM).pk, 2026)
    assert (found.name, found.givers) == ("Ada King", [FIRM])
    words = reading.text(papers.statement(found).content)
    assert words.count(reading.squeezed(FIRM)) == 1 and "AdaKing" not in words
    year_end.write(2026)
    text = Letter.objects.get(template="statement").text
    assert "Dear Ada King," in text and "Total: $30.00 USD\n" in text

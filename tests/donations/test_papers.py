"""Receipts and statements as files: tagged, with the facts of the letter, whatever a donor is called."""

import csv
import io
import shutil
from datetime import date

import pytest
import typst
from django.core import mail
from django.test import Client
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from donations.books import receipts
from donations.giving import offline
from donations.letters import gift_letters, papers, receipt_facts, statements
from donations.models import Fund, Receipt
from foundation.drawing import pdf
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from supporters.supporters import get_or_create_supporter
from tests.donations import appeal
from tests.donations.test_books import gift
from tests.donations.test_offline import entry, no_sum, thing
from tests.drawing import reading
from tests.narrowing import not_none

pytestmark = pytest.mark.django_db
ODD = "#panic() *x* $y$ @ref _z_ `code` \\u{41} <a> // \" 'b'"
TAX = "The Road Out Inc. is tax-exempt under section 501(c)(3) (EIN 12-3456789)."


@pytest.fixture
def registered(charity):
    charity.registration_number, charity.tax_statement = "12-3456789", TAX
    charity.address = "12 Harbor Street\nPortland"
    charity.save()
    return charity


@pytest.fixture
def live(settings) -> None:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "sk_live_of_these_tests"


def documents(charity) -> dict[str, bytes]:
    offline.record(entry(name="Ada King"))
    corrected = offline.record(entry("form-9", name="Ada King"))
    offline.take_back(corrected)
    described = offline.record(thing())
    ada = get_or_create_supporter("ada@donor.example")
    return {
        "receipt": papers.receipt(not_none(Receipt.objects.first())).content,
        "corrected": papers.receipt(corrected.receipts.get(replaced_by=None)).content,
        "in kind": papers.receipt(described.receipts.get()).content,
        "statement": papers.statement(statements.of(ada.pk, 2026)).content,
    }


def test_it_is_tagged_for_screen_readers_and_a_checker_finds_nothing(registered):
    for name, content in documents(registered).items():
        found = reading.promises(content)
        title = found.pop("title")
        assert found == {"tags": True, "marked": True, "language": "en", "title shown": True, "part": "1"}, name
        assert title, name
        assert reading.findings(content) == [], name
        wanted = {"H1", "TH", "TD"} if name == "statement" else {"H1", "L", "LI", "Lbl", "LBody"}
        assert wanted <= reading.roles(content), name


def test_it_says_the_facts_of_the_letter_and_the_letter_says_those_of_the_file(registered):
    fund = Fund.objects.create(name="Safe houses")
    paid = gift(name="Ada King", amount=2500, fee_cover=103, total=2603, fund=fund)
    document = receipts.issue(paid)
    letter = gift_letters.receipt(document)
    printed = reading.text(papers.receipt(document).content)
    for words in [word for line in receipt_facts.lines(document) for word in (line.label, line.value, line.note)]:
        assert reading.squeezed(words) in printed, words
        assert words in letter.text, words
    for sentence in receipt_facts.statements(document):
        assert reading.squeezed(sentence) in printed and sentence in letter.text
    for fact in ("$26.03USD", "Safehouses", "AdaKing", "12-3456789", "TheRoadOutInc.", document.code, paid.reference):
        assert fact in printed
    assert "NOTARECEIPT" in printed, "no money moves here"


@pytest.mark.parametrize(("restricted", "named"), [(False, "A house by the sea"), (True, "Safe houses")])
def test_it_names_what_the_gift_is_for_in_the_letter_and_in_the_file(charity, restricted, named):
    fund = Fund.objects.create(name="Safe houses") if restricted else None
    document = receipts.issue(gift(campaign=appeal.make(), fund=fund))
    assert f"For: {named}" in gift_letters.receipt(document).text
    assert reading.squeezed(f"For {named}") in reading.text(papers.receipt(document).content)


def test_it_says_nothing_of_tax_before_the_registration_is_entered(charity):
    charity.tax_statement = TAX
    charity.save()
    printed = reading.text(papers.receipt(receipts.issue(gift())).content)
    assert "501(c)(3)" not in printed and "Registration" not in printed
    assert "Nogoodsorserviceswereprovidedinexchangeforthisgift." in printed


@pytest.mark.parametrize("name", [ODD, "Zoë Ångström", "Ελένη", "Юлия", "Nguyễn Thị Hà"])
def test_it_prints_a_name_as_it_was_typed(charity, name):
    drawn = papers.receipt(receipts.issue(gift(name=name)))
    assert drawn.accessible and reading.squeezed(name) in reading.text(drawn.content)


def test_it_breaks_a_name_without_a_space_where_the_line_ends(charity):
    drawn = papers.receipt(receipts.issue(gift(name="W" * 120)))
    assert drawn.accessible and "W" * 120 in reading.text(drawn.content).replace("\u200b", "")
    assert reading.longest_line(drawn.content) < 90


def test_it_leads_from_a_statement_to_my_page(charity):
    offline.record(entry())
    found = papers.statement(statements.of(get_or_create_supporter("ada@donor.example").pk, 2026)).content
    assert set(reading.links(found)) == {papers.my_page()} and reading.findings(found) == []


UNKNOWN = "\U0010fffd"  # for private use: no typeface has it


def test_it_draws_a_letter_that_no_typeface_has_as_a_box_and_says_so(charity, monkeypatch):
    logged = []
    monkeypatch.setattr(pdf.log, "warning", lambda *line: logged.append(str(line)))
    document = receipts.issue(gift(name=f"Yamada {UNKNOWN}", email="yamada@donor.example"))
    drawn = papers.receipt(document)
    assert drawn.content.startswith(b"%PDF") and not drawn.accessible
    assert len(logged) == 1 and "no typeface" in logged[0] and "Yamada" not in logged[0]
    assert "$25.00USD" in reading.text(drawn.content)


def test_it_asks_the_machines_typefaces_for_letters_that_ours_lack(charity, monkeypatch, tmp_path):
    """As on a machine with Chinese typefaces: ours are cut down to one without Vietnamese, and the machine has it."""
    ours = tmp_path / "ours"
    ours.mkdir()
    shutil.copy(pdf.PAPERS / "fonts" / "besley-500.ttf", ours)

    def typefaces(machine: bool) -> typst.Fonts:
        paths = [str(ours), *([str(pdf.PAPERS / "fonts")] if machine else [])]
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)

    asked: list[bool] = []

    def noted(machine: bool) -> typst.Fonts:
        asked.append(machine)
        return typefaces(machine)

    monkeypatch.setattr(pdf, "_typefaces", noted)
    pdf._compiler.cache_clear()
    try:
        latin = papers.receipt(receipts.issue(gift(1, name="Ada King")))
        assert latin.accessible and asked == [False]
        vietnamese = papers.receipt(receipts.issue(gift(2, name="Nguyễn")))
    finally:
        pdf._compiler.cache_clear()
    assert asked == [False, True]
    assert (
        vietnamese.accessible
        and "Nguyễn" in reading.text(vietnamese.content)
        and reading.findings(vietnamese.content) == []
    )


def test_it_draws_the_same_bytes_for_the_same_receipt(charity):
    document = receipts.issue(gift())
    assert papers.receipt(document) == papers.receipt(Receipt.objects.get())


def test_it_names_the_receipt_that_it_takes_the_place_of(registered):
    offline.take_back(offline.record(entry()))
    first, second = Receipt.objects.order_by("id")
    printed = reading.text(papers.receipt(second).content)
    assert f"Takestheplaceof{first.label}" in printed and "Whatremainsofthegift$0.00USD" in printed
    assert "Thankyouforyourgift" not in printed


def test_it_describes_what_was_given_in_kind_and_prints_no_sum(registered):
    printed = reading.text(papers.receipt(offline.record(thing()).receipts.get()).content)
    assert "Fortyfoldingchairs,used" in printed and "Westatenovalueforit." in printed
    assert no_sum(printed)


def test_it_attaches_the_file_to_the_letter_when_the_letter_is_sent(charity):
    document = receipts.issue(gift())
    gift_letters.receipt(document)
    run_due()
    (message,) = mail.outbox
    ((name, content, kind),) = message.attachments
    assert (name, kind) == (f"{document.label}.pdf", "application/pdf")
    assert content == papers.receipt(document).content


def test_it_sends_the_letter_when_the_file_cannot_be_drawn(charity, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no typefaces")

    monkeypatch.setattr(pdf, "draw", broken)
    gift_letters.receipt(receipts.issue(gift()))
    run_due()
    assert Letter.objects.get().state == "sent" and mail.outbox[0].attachments == []


def test_it_hands_the_file_to_whoever_has_the_mailed_link(charity):
    document = receipts.issue(gift())
    text = gift_letters.receipt(document).text
    address = next(line for line in text.splitlines() if "/receipts/file/" in line)
    answer = Client().get("/" + address.split("/", 3)[3])
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", ")) and answer["X-Robots-Tag"] == "noindex"
    assert not answer.cookies
    assert Client().get("/receipts/file/guessed.pdf").status_code == 404


def test_it_keeps_the_file_from_a_browser_that_the_gift_did_not_come_from(charity):
    document = receipts.issue(gift())
    assert Client().get(f"/give/receipt/{document.gift.reference}.pdf").status_code == 404


def test_it_states_a_year_by_the_days_of_the_gifts_and_leaves_out_what_went_back(registered):
    offline.record(entry("a", received_on=date(2025, 12, 31), amount=1000))
    offline.record(entry("b", received_on=date(2026, 1, 1), amount=2000))
    offline.record(entry("c", received_on=date(2026, 2, 1), amount=300, currency="EUR"))
    offline.take_back(offline.record(entry("d", amount=9900)))
    gone = offline.record(thing("e"))
    offline.record(entry("f", email="other@donor.example", amount=777))
    ada = get_or_create_supporter("ada@donor.example")
    found = statements.of(ada.pk, 2026)
    assert [part.totals for part in found.parts] == [["€3.00 EUR", "$20.00 USD"]]
    assert [row.amount for row in found.parts[0].rows] == ["$20.00 USD", "€3.00 EUR", "in kind"]
    assert statements.years(ada.pk) == [2026, 2025]
    printed = reading.text(papers.statement(found).content)
    for part in ("Statement2026", "Total$20.00USD", gone.description, "exchangeforthesegifts", TAX):
        assert reading.squeezed(part) in printed, part
    assert "$99.00" not in printed and "$7.77" not in printed and "$10.00" not in printed


def test_it_writes_a_table_that_no_spreadsheet_runs(registered):
    offline.record(entry(amount=123_456))
    offline.record(thing(description='=HYPERLINK("x")'))
    found = statements.of(get_or_create_supporter("ada@donor.example").pk, 2026)
    head, money, kind = csv.reader(io.StringIO(papers.statement_csv(found)))
    assert money[0] == "2026-03-01" and money[3:5] == ["1234.56", "USD"]
    assert kind[3:5] == ["", ""] and kind[6] == '\'=HYPERLINK("x")' and len(head) == 8


def test_it_wears_the_charitys_logo_and_colours_and_says_the_logos_words(registered, live):
    plain = papers.receipt(receipts.issue(gift(1, livemode=True))).content
    assert "Figure" not in reading.roles(plain)
    picture = get_image_model().objects.create(title="logo", file=get_test_image_file(size=(600, 200), colour="red"))
    registered.logo, registered.band_colour, registered.button_colour = picture, "#3C145A", "#F0A0C0"
    registered.save()
    document = Receipt.objects.get()
    worn = papers.receipt(document).content
    assert reading.findings(worn) == [] and reading.promises(worn)["part"] == "1"
    assert reading.figures(worn) == ["Logo of The Road Out"]
    assert worn != plain and worn == papers.receipt(document).content
    registered.legal_name, registered.receipt_series = "Another Way", "W"
    registered.save()
    assert "Figure" not in reading.roles(papers.receipt(document).content), "it was never that entity's"

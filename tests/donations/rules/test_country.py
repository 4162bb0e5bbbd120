"""The wording of receipts and statements goes by the country of the charity, and a receipt keeps the one it was issued
under.
"""

from datetime import UTC, date, datetime

import pytest

from donations.books import ledger, receipts
from donations.letters import papers, receipt_facts, statements, year_end
from donations.models import LedgerEntry, Receipt
from foundation.letters.models import Letter
from foundation.organisation import tax_years
from foundation.organisation.models import Organisation
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given
from tests.drawing import reading

pytestmark = pytest.mark.django_db
NUMBER, TAX = "1234567", "Road Out is a charity of England and Wales."
NOTHING = "No goods or services were provided in exchange for this gift."
DINNER = {"benefit": "two seats at a dinner.", "benefit_value": 950}
LAST_OF_2025, FIRST_OF_2026 = datetime(2026, 4, 5, 22, 30, tzinfo=UTC), datetime(2026, 4, 5, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def real_money(settings):
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_of_these_tests"


def charity(country: str = "GB", **fields) -> Organisation:
    said = {"registration_number": NUMBER, "tax_statement": TAX, "time_zone": "Europe/London"}
    return given.charity(country=country, **said, **fields)


def pounds(**fields):
    return given.gift(**{"currency": "GBP", **fields})


def labels(document: Receipt) -> dict[str, str]:
    return {line.label: line.value for line in receipt_facts.lines(document)}


def booked(gift, amount: int, name: str) -> None:
    kind = LedgerEntry.Kind.CHARGE if amount > 0 else LedgerEntry.Kind.REFUND
    ledger.book(name, kind, given.NOON, gift=gift, amount=amount, currency=gift.currency, livemode=True)


def test_it_says_in_the_united_kingdom_the_charity_number_and_no_sentence_of_american_law():
    charity(religious_benefits=True)
    document = receipts.issue(pounds())
    assert labels(document)["Charity number"] == NUMBER and "Registration" not in labels(document)
    assert receipt_facts.statements(document) == [TAX]
    described = receipts.issue(pounds(**DINNER)).goods_statement
    assert described.endswith("worth £9.50 GBP.") and "tax" not in described


def test_it_says_nothing_of_any_law_elsewhere():
    charity("ZZ")
    document = receipts.issue(given.gift())
    assert labels(document)["Registration"] == NUMBER
    assert receipt_facts.statements(document) == [TAX]


def test_it_says_in_the_united_states_what_it_always_said():
    charity("US")
    document = receipts.issue(given.gift(**DINNER))
    assert labels(document)["Registration"] == NUMBER
    assert "For tax, only what you gave beyond that can be a gift." in document.goods_statement
    assert receipt_facts.statements(receipts.issue(given.gift())) == [NOTHING, TAX]


def test_it_prints_the_same_words_in_the_file_as_in_the_letter_and_on_the_page_that_checks(client):
    charity()
    document = receipts.issue(pounds(name="Ada Lovelace"))
    printed = reading.text(papers.receipt(document).content)
    assert reading.squeezed(f"Charity number {NUMBER}") in printed
    assert reading.squeezed(NOTHING) not in printed
    answer = client.get(f"/receipts/check/{document.label}/{document.code}/")
    assert "<td>1234567</td>" in answer.content.decode() and "Charity number" in answer.content.decode()


def test_it_corrects_a_receipt_in_the_words_that_it_was_issued_with():
    charity("US", address="1 Old Road")
    gift = given.gift()
    booked(gift, 2606, "ch")
    first = receipts.issue(gift)
    given.charity(country="GB", registration_number="99", tax_statement="Otherwise.", address="2 New Road")
    booked(gift, -606, "re")
    second = receipts.correct(gift)
    assert second.replaces == first and second.country == "US"
    assert receipt_facts.statements(second) == [NOTHING, TAX]
    assert (second.registration_number, second.entity_address) == (NUMBER, "1 Old Road")
    first.refresh_from_db()
    assert receipt_facts.statements(first) == [NOTHING, TAX]


def test_it_states_the_british_tax_year_by_the_days_of_our_own_calendar():
    charity()
    ada = get_or_create_supporter("ada@donor.example")
    before = receipts.issue(pounds(supporter=ada, paid_at=LAST_OF_2025))
    after = receipts.issue(pounds(supporter=ada, paid_at=FIRST_OF_2026))
    assert (before.day, after.day) == (date(2026, 4, 5), date(2026, 4, 6))
    assert statements.years(ada.pk) == [2026, 2025]
    for year, document in ((2025, before), (2026, after)):
        found = statements.of(ada.pk, year)
        assert [row.receipt for row in found.parts[0].rows] == [document.label]
        assert found.parts[0].sentences == [TAX]
    assert reading.squeezed("Statement 2025/26") in reading.text(papers.statement(statements.of(ada.pk, 2025)).content)


def test_it_mails_the_statement_of_the_british_year_beside_one_of_a_calendar_year():
    charity("US")
    ada = get_or_create_supporter("ada@donor.example")
    receipts.issue(pounds(supporter=ada, paid_at=LAST_OF_2025))
    year_end.write(2026)
    given.charity(country="GB")
    year_end.write(2025)
    letters = {letter.document: letter.key for letter in Letter.objects.filter(template="statement")}
    american, british = f"statement:2026:{ada.pk}", f"statement:2025-26:{ada.pk}"
    assert letters == {american: f"statement:real:2026:{ada.pk}", british: f"statement:real:2025-26:{ada.pk}"}
    names = [found[0] for found in map(papers.attachment, (american, british)) if found]
    assert names == ["statement-2026.pdf", "statement-2025-26.pdf"]


def test_it_sums_what_repeats_by_the_tax_year_of_the_country():
    charity()
    plan = given.plan()
    for number, moment in enumerate((LAST_OF_2025, FIRST_OF_2026)):
        gift = pounds(plan=plan, frequency="monthly", paid_at=moment)
        booked(gift, gift.total, f"ch_{number}")
        document = receipts.issue(gift)
        assert labels(document)[f"In {2025 + number}/{26 + number} so far"] == "£26.06 GBP"


@pytest.mark.parametrize(
    ("day", "country", "slug"),
    [
        (date(2026, 4, 5), "GB", "2025-26"),
        (date(2026, 4, 6), "GB", "2026-27"),
        (date(2000, 1, 1), "GB", "1999-00"),
        (date(2026, 4, 5), "US", "2026"),
        (date(2026, 12, 31), "ZZ", "2026"),
    ],
)
def test_it_knows_in_which_tax_year_a_day_lies(day, country, slug):
    year = tax_years.holding(day, country)
    assert year.slug == slug and year.first <= day <= year.last and tax_years.named(slug) == year


@pytest.mark.parametrize("slug", ["", "26", "2026-26", "2026-28", "2026/27", "0000", "2026-27-28"])
def test_it_knows_no_year_by_another_name(slug):
    assert tax_years.named(slug) is None

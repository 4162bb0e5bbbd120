"""Which gifts a Gift Aid declaration covers, and that a receipt says so."""

from datetime import UTC, datetime, timedelta

import pytest

from donations.books import ledger, receipts
from donations.gift_aid import declarations, in_return, wording
from donations.gift_aid.declarations import Declared, covers
from donations.letters import receipt_facts, statements
from donations.models import Gift, GiftAidDeclaration, LedgerEntry
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given

pytestmark = pytest.mark.django_db
TOLD = "You told us that we can claim Gift Aid on this gift of £26.06 GBP."
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def british(settings):
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_of_these_tests"
    given.charity(country="GB", hmrc_reference="AB12345")


@pytest.fixture
def ada():
    return get_or_create_supporter("ada@donor.example")


def gift(**fields) -> Gift:
    return given.gift(**{"currency": "GBP", "name": "Ada King-Noël", **fields})


def declared(way: str = "my", scope: str = "past", at: datetime = given.NOON, **fields) -> GiftAidDeclaration:
    last = fields.pop("last_name", "King Noel")
    who = {
        "title": "Mrs",
        "first_name": "Ada",
        "last_name": last,
        "home": "12",
        "postcode": "S19 2BD",
        "language": "en",
    }
    if way == "oral":
        fields.setdefault("record_on", at.date())
    return declarations.write(Declared(scope=scope, text=wording.whole(scope), **who), way, declared_at=at, **fields)


def test_it_keeps_the_whole_wording_with_its_language_and_a_digest(ada):
    row = declared(supporter=ada)
    assert "The Road Out Inc." in row.text and "it is my responsibility to pay any difference" in row.text
    assert "in the past four years" in row.text and row.digest == wording.digest(row.text)


@pytest.mark.parametrize(
    ("scope", "apart", "covered"),
    [
        ("gift", timedelta(0), False),
        ("future", -DAY, False),
        ("future", timedelta(0), True),
        ("future", 400 * DAY, True),
        ("past", -1460 * DAY, True),
        ("past", -1462 * DAY, False),
    ],
)
def test_it_covers_the_gifts_of_its_giver_that_it_speaks_of(ada, scope, apart, covered):
    row = declared(scope=scope, supporter=ada)
    assert covers(row, gift(supporter=ada, paid_at=given.NOON + apart)) is covered


def test_it_reaches_back_four_years_from_a_leap_day_too(ada):
    row = declared(supporter=ada, at=datetime(2028, 2, 29, 12, tzinfo=UTC))
    assert covers(row, gift(supporter=ada, paid_at=datetime(2024, 2, 29, 12, tzinfo=UTC)))
    assert not covers(row, gift(supporter=ada, paid_at=datetime(2024, 2, 28, 12, tzinfo=UTC)))


@pytest.mark.parametrize(
    "other",
    [
        {"currency": "EUR"},
        {"company": "Engines Ltd"},
        {"currency": "XXX", "method": "in_kind", "description": "Chairs", "amount": 0, "fee_cover": 0, "total": 0},
        {"benefit": "a dinner", "benefit_value": 652},
        {"supporter": None},
        {"name": "Charles Babbage"},
        {"name": ""},
    ],
)
def test_it_covers_no_gift_of_a_company_or_somebody_else_or_for_much_in_return(ada, other):
    row = declared(supporter=ada)
    assert covers(row, gift(supporter=ada, benefit="a card", benefit_value=651))
    assert not covers(row, gift(**{"supporter": ada, **other}))


@pytest.mark.parametrize(
    ("pounds", "most"), [(0, 0), (10, 2_50), (100, 25_00), (300, 35_00), (2_500, 145_00), (1_000_000, 2_500_00)]
)
def test_it_knows_how_much_may_be_given_in_return(pounds, most):
    assert in_return.most_for(pounds * 100) == most


def test_it_covers_the_gift_it_was_made_with_and_each_payment_of_what_repeats(ada):
    plan = given.plan(supporter=ada)
    first = gift(plan=plan, supporter=ada, frequency="monthly")
    second = gift(plan=plan, supporter=ada, frequency="monthly", paid_at=given.NOON + 30 * DAY, name="")
    row = declared("form", "gift", gift=first)
    assert covers(row, first) and covers(row, second)
    assert not covers(row, gift(supporter=ada))


def test_it_takes_nothing_from_a_form_whose_gift_never_came(ada):
    begun = gift(status="started", paid_at=None)
    declared("form", gift=begun)
    assert declarations.covering(gift(supporter=ada)) is None
    Gift.objects.filter(pk=begun.pk).update(status="paid", paid_at=given.NOON, supporter=ada)
    assert declarations.covering(gift(supporter=ada)) is not None


def test_it_covers_nothing_that_came_after_it_was_cancelled(ada):
    row = declared(supporter=ada)
    before, after = gift(supporter=ada), gift(supporter=ada, paid_at=given.NOON + 100 * DAY)
    GiftAidDeclaration.objects.update(cancelled_at=given.NOON + 50 * DAY)
    row.refresh_from_db()
    assert (covers(row, before), covers(row, after)) == (True, False)


@pytest.mark.parametrize(("days", "covered"), [(30, False), (31, True)])
def test_it_takes_a_spoken_one_back_as_a_whole_within_thirty_days(ada, days, covered):
    row = declared("oral", supporter=ada, cancelled_at=given.NOON + days * DAY)
    assert covers(row, gift(supporter=ada)) is covered


def test_it_goes_by_the_newest_home_and_cancels_all_at_once(ada):
    declared(supporter=ada, last_name="King")
    newer = declared(supporter=ada, at=given.NOON + DAY)
    assert declarations.covering(gift(supporter=ada)) == newer
    assert declarations.cancel(ada) == 2 and not declarations.standing(ada).exists()
    assert declarations.cancel(ada) == 0


def test_it_says_on_the_receipt_and_in_the_statement_of_the_year_that_it_was_declared(ada):
    with_it, without = gift(supporter=ada, paid_at=given.NOON + DAY), gift(supporter=ada)
    declared(scope="future", supporter=ada, at=given.NOON + DAY / 2)
    document = receipts.issue(with_it)
    assert receipt_facts.statements(document) == [TOLD]
    assert receipt_facts.statements(receipts.issue(without)) == []
    (part,) = statements.of(ada.pk, 2026).parts
    assert part.sentences == [f"You told us that we can claim Gift Aid on these: {document.label}"]


def test_it_says_it_no_more_once_money_went_back_and_never_while_the_tax_office_does_not_know_us(ada):
    given.charity(hmrc_reference="")
    row = gift(supporter=ada)
    declared(supporter=ada)
    ledger.book("ch", LedgerEntry.Kind.CHARGE, given.NOON, gift=row, amount=2606, currency="GBP", livemode=True)
    assert receipt_facts.statements(receipts.issue(row)) == []
    given.charity(hmrc_reference="AB12345")
    other = gift(supporter=ada)
    ledger.book("ch2", LedgerEntry.Kind.CHARGE, given.NOON, gift=other, amount=2606, currency="GBP", livemode=True)
    assert receipt_facts.statements(receipts.issue(other)) == [TOLD]
    ledger.book("re", LedgerEntry.Kind.REFUND, given.NOON, gift=other, amount=-606, currency="GBP", livemode=True)
    assert receipt_facts.statements(receipts.correct(other)) == []


def test_it_states_what_was_declared_later_and_no_more_what_was_taken_back(ada):
    row, repeated = gift(supporter=ada), gift(supporter=ada, plan=given.plan(supporter=ada), frequency="monthly")
    documents = [receipts.issue(row), receipts.issue(repeated)]
    assert receipt_facts.statements(documents[0]) == []
    later = declared("oral", supporter=ada, at=given.NOON + 5 * DAY)
    (part,) = statements.of(ada.pk, 2026).parts
    labels = ", ".join(document.label for document in documents)
    assert part.sentences == [f"You told us that we can claim Gift Aid on these: {labels}"]
    GiftAidDeclaration.objects.filter(pk=later.pk).update(cancelled_at=given.NOON + 6 * DAY)
    (part,) = statements.of(ada.pk, 2026).parts
    assert part.sentences == []

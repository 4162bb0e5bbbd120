"""What a receipt says was given in return: nothing, intangible religious benefits alone, or what is described with our
estimate; and nothing of tax before the registration is entered.
"""

import pytest

from donations.books import ledger, receipts
from donations.letters import receipt_facts, statements
from donations.models import LedgerEntry, Receipt
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given
from tests.narrowing import not_none

pytestmark = pytest.mark.django_db
NOTHING = "No goods or services were provided in exchange for this gift."
FAITH = "In return for this gift you received nothing but intangible religious benefits."
ESTIMATE = "In good faith we estimate that this is worth $9.50 USD."
DINNER = f"In return for this gift you received: two seats at a dinner. {ESTIMATE}"
BEYOND = "For tax, only what you gave beyond that can be a gift."
TAX = "As far as the law allows."
Goods = Receipt.Goods


@pytest.fixture(autouse=True)
def real_money(settings):
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_of_these_tests"


@pytest.fixture
def ada():
    return get_or_create_supporter("ada@donor.example")


def dinner(**fields) -> Receipt:
    return receipts.issue(given.gift(benefit="two seats at a dinner.", benefit_value=950, **fields))


def test_it_says_that_nothing_was_given_unless_something_was_chosen():
    given.charity()
    plain = receipts.issue(given.gift())
    assert (plain.goods, receipt_facts.statements(plain)) == (Goods.NONE, [NOTHING])
    given.charity(religious_benefits=True)
    chosen = receipts.issue(given.gift())
    assert (chosen.goods, receipt_facts.statements(chosen)) == (Goods.RELIGIOUS, [FAITH])
    assert (dinner().goods, dinner().goods_statement) == (Goods.DESCRIBED, DINNER)


def test_it_says_what_may_count_for_tax_only_once_the_registration_is_entered():
    given.charity(tax_statement=TAX)
    assert receipt_facts.statements(dinner()) == [DINNER]
    given.charity(registration_number="12-3456789")
    assert receipt_facts.statements(dinner()) == [f"{DINNER} {BEYOND}", TAX]


def test_it_keeps_on_a_correction_what_was_said_of_the_gift():
    gift = given.gift()
    ledger.book("ch", LedgerEntry.Kind.CHARGE, given.NOON, gift=gift, amount=2606, currency="USD", livemode=True)
    receipts.issue(gift)
    given.charity(religious_benefits=True)
    ledger.book("re", LedgerEntry.Kind.REFUND, given.NOON, gift=gift, amount=-606, currency="USD", livemode=True)
    assert receipt_facts.statements(receipts.correct(gift)) == [NOTHING]


def test_it_says_nothing_of_tax_for_an_entity_before_that_had_no_registration():
    given.charity()
    gift = given.gift()
    receipts.issue(gift)
    given.charity(legal_name="Another Inc.", receipt_series="B", registration_number="12-3456789", tax_statement=TAX)
    gift.benefit, gift.benefit_value = "two seats at a dinner", 950
    gift.save()
    document = not_none(receipts.restate(gift))
    assert (document.series, document.entity) == ("R", "The Road Out Inc.")
    assert receipt_facts.statements(document) == [DINNER]


def stated(person) -> list[str]:
    (part,) = statements.of(person.pk, 2026).parts
    return part.sentences


def test_it_states_for_a_year_what_holds_for_all_gifts_and_what_for_one(ada):
    given.charity()
    receipts.issue(given.gift(supporter=ada))
    assert stated(ada) == ["No goods or services were provided in exchange for these gifts."]
    document = dinner(supporter=ada)
    others = "No goods or services were provided in exchange for the other gifts."
    assert stated(ada) == [f"{document.label}: {DINNER}", others]


def test_it_states_a_year_of_religious_benefits_in_one_sentence(ada):
    given.charity(religious_benefits=True)
    receipts.issue(given.gift(supporter=ada))
    receipts.issue(given.gift(supporter=ada))
    assert stated(ada) == ["In return for these gifts you received nothing but intangible religious benefits."]

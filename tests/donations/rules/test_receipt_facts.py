"""What a receipt says of a gift beside its sum: how it was paid, for whom, through what, and what its year came to."""

from datetime import UTC, datetime

import pytest
import time_machine

from donations.books import ledger, receipts
from donations.letters import gift_letters, papers, receipt_facts
from donations.models import Dedication, Fund, LedgerEntry, Receipt
from donations.stripe import parse
from tests.donations.rules import given
from tests.drawing import reading

pytestmark = pytest.mark.django_db
Kind = LedgerEntry.Kind
PAID_WITH = [
    ({"type": "card", "card": {"brand": "visa", "last4": "4242", "wallet": None}}, "Visa, ending in 4242"),
    ({"type": "card", "card": {"brand": "cartes_bancaires", "last4": "0055"}}, "Cartes Bancaires, ending in 0055"),
    ({"type": "card", "card": {"brand": "new_brand", "last4": "1111"}}, "New Brand, ending in 1111"),
    ({"type": "card", "card": {"brand": "unknown", "last4": None}}, "card"),
    (
        {
            "type": "card",
            "card": {"brand": "amex", "last4": "8431", "wallet": {"type": "apple_pay", "dynamic_last4": "9"}},
        },
        "Apple Pay, American Express, ending in 8431",
    ),
    ({"type": "link", "link": {"country": "US"}}, "Link"),
    ({"type": "us_bank_account", "us_bank_account": {"last4": "6789"}}, "bank debit, ending in 6789"),
    ({"type": "sepa_debit", "sepa_debit": {"last4": "3000"}}, "bank debit, ending in 3000"),
    ({"type": "something_new", "something_new": {}}, ""),
    (None, ""),
]


@pytest.fixture(autouse=True)
def real_money(settings):
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_of_these_tests"


def said(document: Receipt) -> dict[str, str]:
    return {line.label: line.value for line in receipt_facts.lines(document)}


@pytest.mark.parametrize(("details", "words"), PAID_WITH)
def test_it_names_the_card_wallet_or_account_by_its_last_four_digits(details, words):
    charge = parse.charge(given.raw_charge(payment_method_details=details))
    document = receipts.issue(given.gift(), charge)
    assert said(document).get("Paid with", "") == words


def test_it_says_of_a_cheque_by_which_road_it_came_and_no_card():
    facts = said(receipts.issue(given.gift(method="cheque")))
    assert facts["Given"] == "once, by cheque" and "Paid with" not in facts


def test_it_has_the_lines_of_a_plain_gift_and_no_other():
    given.charity(registration_number="12-3456789")
    gift = given.gift(name="Ada Lovelace")
    labels = ["Receipt", "Received by", "Registration", "Received from", "Date", "Amount", "Given"]
    assert list(said(receipts.issue(gift))) == [*labels, "Reference", "Check code"]


def test_it_names_the_fund_the_campaign_and_the_dedication_in_letter_and_file():
    given.charity()
    gift = given.gift(fund=Fund.objects.create(name="Safe houses"), campaign=given.campaign(), livemode=True)
    Dedication.objects.create(gift=gift, kind="memory", name="Anne Isabella")
    document = receipts.issue(gift)
    facts = said(document)
    assert (facts["For"], facts["Campaign"], facts["Dedication"]) == (
        "Safe houses",
        "Roof",
        "in memory of Anne Isabella",
    )
    letter, printed = gift_letters.receipt(document).text, reading.text(papers.receipt(document).content)
    for label in ("For", "Campaign", "Dedication"):
        assert f"{label}: {facts[label]}" in letter and reading.squeezed(label + facts[label]) in printed


def month(plan, number: int, reference: str, *, day: int = 3) -> Receipt:
    """The payment of one month of 2026, of 26.06 dollars, and its receipt."""
    at = datetime(2026, number, day, 12, tzinfo=UTC)
    gift = given.gift(frequency="monthly", plan=plan, paid_at=at)
    ledger.book(f"ch_{reference}", Kind.CHARGE, at, gift=gift, amount=2606, currency="USD", livemode=True)
    return receipts.issue(gift)


def test_it_says_when_the_next_payment_is_and_what_the_year_came_to_less_what_went_back():
    given.charity(time_zone="Pacific/Auckland")
    plan = given.plan(current_period_end=datetime(2026, 5, 2, 20, tzinfo=UTC))
    given.plan(subscription_id="sub_other")
    month(given.plan(subscription_id="sub_third"), 2, "of_another")
    january = month(plan, 1, "january")
    ledger.book("re_one", Kind.REFUND, given.NOON, gift=january.gift, amount=-1000, currency="USD", livemode=True)
    at = datetime(2025, 12, 31, 10, tzinfo=UTC)  # in Auckland, too, it is still the old year
    old = given.gift(frequency="monthly", plan=plan, paid_at=at)
    ledger.book("ch_old", Kind.CHARGE, at, gift=old, amount=2606, currency="USD", livemode=True)
    march = month(plan, 3, "march")
    facts = said(march)
    assert facts["In 2026 so far"] == "$42.12 USD"
    assert facts["Next payment"] == "3 May 2026"
    assert said(january)["In 2026 so far"] == "$26.06 USD"
    assert {"Next payment"}.isdisjoint(said(receipts.issue(given.gift())))


def test_it_says_no_next_day_once_the_gift_was_stopped_and_none_on_a_correction():
    plan = given.plan(current_period_end=datetime(2026, 5, 3, tzinfo=UTC))
    first = month(plan, 2, "february")
    ledger.book("re_one", Kind.REFUND, given.NOON, gift=first.gift, amount=-606, currency="USD", livemode=True)
    correction = receipts.correct(first.gift)
    assert "Next payment" not in said(correction)
    assert said(correction)["In 2026 so far"] == "$20.00 USD"
    plan.cancel_at = given.NOON
    plan.save()
    assert "Next payment" not in said(month(plan, 3, "march"))


def test_it_is_the_same_document_whatever_became_of_the_facts_since():
    charity = given.charity(address="12 Harbor Street")
    plan = given.plan(current_period_end=datetime(2026, 5, 3, tzinfo=UTC))
    gift = given.gift(
        frequency="monthly", plan=plan, fund=Fund.objects.create(name="Safe houses"), campaign=given.campaign()
    )
    dedication = Dedication.objects.create(gift=gift, kind="honour", name="Anne")
    receipts.issue(gift, given.charge(way="card", brand="visa", last_four="4242"))
    before = papers.receipt(Receipt.objects.get()).content
    dedication.delete()
    type(gift.fund).objects.update(name="Other houses")
    type(gift.campaign).objects.update(title="Other roof")
    type(plan).objects.update(current_period_end=None)
    given.charity(address="1 Other Road", tax_statement="Otherwise.", religious_benefits=True)
    assert papers.receipt(Receipt.objects.get()).content == before
    assert charity.pk


def test_it_keeps_on_a_correction_how_the_gift_was_paid():
    gift = given.gift()
    ledger.book("ch_one", Kind.CHARGE, given.NOON, gift=gift, amount=2606, currency="USD", livemode=True)
    first = receipts.issue(gift, given.charge(way="google_pay", brand="visa", last_four="4242"))
    ledger.book("re_one", Kind.REFUND, given.NOON, gift=gift, amount=-606, currency="USD", livemode=True)
    with time_machine.travel(given.NOON, tick=False):
        second = receipts.correct(gift)
    assert second.replaces == first
    assert said(second)["Paid with"] == said(first)["Paid with"] == "Google Pay, Visa, ending in 4242"

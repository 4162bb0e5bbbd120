"""The ledger's rules, each by itself: what stands in a row, what names it, and which share of a return is fee cover."""

from datetime import UTC, datetime

import pytest

from donations.books import ledger
from donations.models import LedgerEntry
from tests.donations.rules import given

pytestmark = pytest.mark.django_db
Kind = LedgerEntry.Kind
SHOWN = ("stripe_object", "kind", "amount", "cover", "currency", "settled", "settled_currency")
REST = ("gift_id", "balance_transaction", "occurred_at", "day", "livemode")


def rows(*fields: str) -> list[tuple]:
    return list(LedgerEntry.objects.order_by("id").values_list(*(fields or SHOWN)))


def test_it_books_a_charge_and_its_fee_in_both_currencies():
    gift = given.gift()
    ledger.record_charge(gift, given.charge())
    assert rows() == [
        ("ch_one", "charge", 2606, 106, "USD", 2300, "EUR"),
        ("ch_one", "fee", -97, 0, "EUR", -97, "EUR"),
    ]
    assert set(rows(*REST)) == {(gift.pk, "txn_charge", given.NOON, given.NOON.date(), True)}


def test_it_books_a_charge_in_test_money_as_such():
    ledger.record_charge(given.gift(), given.charge(livemode=False))
    assert set(rows("livemode")) == {(False,)}


def test_it_books_a_charge_before_stripe_knows_what_it_did_to_the_balance():
    gift = given.gift()
    for _ in range(2):
        ledger.record_charge(gift, given.charge(settlement=None))
    assert rows() == [("ch_one", "charge", 2606, 106, "USD", None, "")]
    assert rows(*REST) == [(gift.pk, "", given.NOON, given.NOON.date(), True)]


def test_it_adds_the_settlement_once_when_it_is_known():
    gift = given.gift()
    for settled in (None, given.settlement(), given.settlement(), None):
        ledger.record_charge(gift, given.charge(settlement=settled))
    assert rows()[1:] == [
        ("ch_one", "settlement", 0, 0, "USD", 2300, "EUR"),
        ("ch_one", "fee", -97, 0, "EUR", -97, "EUR"),
    ]
    assert set(rows(*REST)[1:]) == {(gift.pk, "txn_charge", given.NOON, given.NOON.date(), True)}


def test_it_writes_nothing_when_a_settled_charge_is_told_again():
    gift = given.gift()
    for settled in (given.settlement(), given.settlement(), None):
        ledger.record_charge(gift, given.charge(settlement=settled))
    assert rows("kind") == [("charge",), ("fee",)]


def test_it_books_each_charge_of_a_gift():
    gift = given.gift()
    ledger.record_charge(gift, given.charge())
    ledger.record_charge(gift, given.charge(id="ch_two"))
    assert rows("stripe_object", "kind")[2:] == [("ch_two", "charge"), ("ch_two", "fee")]


def test_it_books_a_charge_whose_return_was_told_first():
    gift = given.gift()
    ledger.record_refund_or_dispute(gift, "ch_one", Kind.REFUND, -2606, given.txn())
    ledger.record_charge(gift, given.charge())
    assert ("ch_one", "charge", 2606, 106, "USD", 2300, "EUR") in rows()


def test_it_takes_all_for_the_gift_when_another_sum_was_charged():
    ledger.record_charge(given.gift(), given.charge(amount=3000))
    assert rows("amount", "cover")[0] == (3000, 0)


def test_it_writes_no_fee_of_nothing():
    ledger.record_charge(given.gift(), given.charge(settlement=given.settlement(fee=0)))
    assert rows("kind") == [("charge",)]


@pytest.mark.parametrize(("fee", "kind", "sum"), [(1, "fee", -1), (-1, "fee_returned", 1), (-80, "fee_returned", 80)])
def test_it_tells_a_fee_from_a_fee_given_back(fee, kind, sum):
    ledger.record_charge(given.gift(), given.charge(settlement=given.settlement(fee=fee)))
    assert rows()[1] == ("ch_one", kind, sum, 0, "EUR", sum, "EUR")


def test_it_books_a_refund_with_its_share_of_the_fee_cover():
    gift = given.gift()
    ledger.record_charge(gift, given.charge())
    assert ledger.record_refund_or_dispute(gift, "re_one", Kind.REFUND, -1000, given.txn(gross=-880)) is True
    assert rows()[2:] == [("re_one", "refund", -1000, -41, "USD", -880, "EUR")]
    assert rows(*REST)[2:] == [(gift.pk, "txn_back", given.NOON, given.NOON.date(), True)]


def test_it_takes_the_last_of_the_fee_cover_with_the_last_of_the_gift():
    gift = given.gift()
    ledger.record_charge(gift, given.charge())
    for name, amount in (("re_1", -1000), ("re_2", -1000), ("re_3", -606)):
        ledger.record_refund_or_dispute(gift, name, Kind.REFUND, amount, given.txn())
    assert rows("amount", "cover")[2:] == [(-1000, -41), (-1000, -41), (-606, -24)]
    assert LedgerEntry.objects.kept(gift) == (0, 0)


def test_it_gives_back_no_more_fee_cover_than_there_was():
    gift = given.gift()
    ledger.record_charge(gift, given.charge())
    ledger.record_refund_or_dispute(gift, "re_one", Kind.REFUND, -3000, given.txn())
    assert rows("amount", "cover", "beyond")[2:] == [(-2606, -106, -394)]


def test_it_counts_no_more_fee_cover_than_there_was_when_more_comes_back():
    gift = given.gift()
    ledger.record_charge(gift, given.charge())
    ledger.record_refund_or_dispute(gift, "du_one", Kind.DISPUTE_REVERSAL, 1000, given.txn(gross=1000))
    assert rows("amount", "cover")[2:] == [(1000, 0)]


def test_it_brings_the_fee_cover_back_with_the_money():
    gift = given.gift()
    ledger.record_charge(gift, given.charge())
    ledger.record_refund_or_dispute(gift, "du_one", Kind.DISPUTE, -2606, given.txn("txn_out"))
    ledger.record_refund_or_dispute(gift, "du_one", Kind.DISPUTE_REVERSAL, 2606, given.txn("txn_in", gross=2606))
    assert rows("kind", "cover")[2:] == [("dispute", -106), ("dispute_reversal", 106)]


def test_it_books_a_return_once_and_says_whether_it_was_new():
    gift = given.gift()
    told = [ledger.record_refund_or_dispute(gift, "re_one", Kind.REFUND, -1000, given.txn()) for _ in range(2)]
    assert told == [True, False] and len(rows()) == 1


@pytest.mark.parametrize(
    ("kind", "amount", "named"),
    [
        (Kind.REFUND, -1000, "xx_one"),
        (Kind.DISPUTE, -1000, "xx_one"),
        (Kind.REFUND_REVERSAL, 1000, "txn_back"),
        (Kind.DISPUTE_REVERSAL, 1000, "txn_back"),
    ],
)
def test_it_names_the_fee_of_a_return_so_that_a_reversal_has_one_of_its_own(kind, amount, named):
    gift = given.gift(livemode=False)
    at = datetime(2026, 7, 2, 20, tzinfo=UTC)
    ledger.record_refund_or_dispute(gift, "xx_one", kind, amount, given.txn(gross=amount, fee=1500, created=at))
    assert rows()[1:] == [(named, "fee", -1500, 0, "EUR", -1500, "EUR")]
    assert rows(*REST)[1:] == [(gift.pk, "txn_back", at, at.date(), False)]


@pytest.mark.parametrize("livemode", [True, False])
def test_it_books_what_belongs_to_no_gift_as_it_moved_the_balance(livemode):
    told = [ledger.record_without_gift(given.txn(gross=-500, fee=20), Kind.STRIPE_FEE, livemode) for _ in range(2)]
    assert told == [True, False]
    assert rows() == [("txn_back", "stripe_fee", -520, 0, "EUR", -520, "EUR")]
    assert rows(*REST) == [(None, "txn_back", given.NOON, given.NOON.date(), livemode)]


def test_it_dates_a_row_on_the_charitys_own_calendar():
    given.charity(time_zone="Pacific/Auckland")
    ledger.record_without_gift(given.txn(created=datetime(2026, 1, 31, 20, tzinfo=UTC)), Kind.PAYOUT, True)
    assert str(LedgerEntry.objects.get().day) == "2026-02-01"


def test_it_keeps_the_first_row_of_an_object_and_a_kind():
    fields = {"currency": "USD", "settled_currency": "USD", "livemode": True}
    assert ledger.book("txn_x", Kind.ADJUSTMENT, given.NOON, amount=5, settled=5, **fields)
    assert not ledger.book("txn_x", Kind.ADJUSTMENT, given.NOON, amount=9, settled=9, **fields)
    assert ledger.book("txn_x", Kind.FOREIGN, given.NOON, amount=9, settled=9, **fields)
    assert rows("kind", "amount") == [("adjustment", 5), ("foreign", 9)]

"""An offline gift that was entered wrongly is put right by further rows and a further receipt; the first ones stay."""

import re
from datetime import date
from decimal import Decimal

import pytest

from donations.books import published
from donations.giving import offline
from donations.giving.offline_corrections import Right, put_right
from donations.letters import papers
from donations.models import Fund, Gift, LedgerEntry, Receipt
from foundation.letters.models import Letter
from tests.donations import appeal
from tests.donations.test_offline import entry, thing, wrong
from tests.donations.test_offline_roads import SPONSOR, of_a_fund, of_shares
from tests.drawing.reading import text as read
from tests.foundation.crowd import together
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)


def rows() -> list[tuple]:
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", "amount", "day"))


def test_it_puts_a_wrong_sum_right_by_two_further_rows_and_a_receipt_that_names_the_first(charity):
    gift = offline.record(entry())
    before = list(LedgerEntry.objects.values())
    for _again in range(2):
        put_right(gift, Right(MARCH, 15_200))
    assert list(LedgerEntry.objects.order_by("pk").values())[:1] == before
    assert rows() == [("offline", 12_500, MARCH), ("correction", -12_500, MARCH), ("offline", 15_200, MARCH)]
    first, second = Receipt.objects.order_by("pk")
    assert (first.total, second.total, second.replaces) == (12_500, 15_200, first)
    assert LedgerEntry.objects.raised() == {"USD": 15_200} and wrong() == []
    letter = Letter.objects.get(template="receipt_corrected")
    assert first.label in letter.text and "Amount: $152.00 USD" in letter.text and "What remains" not in letter.text
    assert "Amount$125.00USD" in read(papers.receipt(first).content), "the old one is as it was"


def test_it_moves_a_wrong_day_into_its_own_month_and_year(charity):
    gift = offline.record(entry(received_on=date(2026, 1, 2)))
    put_right(gift, Right(date(2025, 12, 30), 12_500))
    assert {(row.month, row.sum) for row in published.raised() if row.sum} == {(date(2025, 12, 1), 12_500)}
    assert Receipt.objects.current().get().day == date(2025, 12, 30) and wrong() == []


def test_it_puts_fund_and_campaign_right_and_their_totals_with_them(charity):
    wrong_fund, right_fund = (Fund.objects.create(name=name) for name in ("Safe houses", "Training"))
    campaign = appeal.make()
    gift = offline.record(entry(), fund=wrong_fund)
    put_right(gift, Right(MARCH, 12_500, {"fund": right_fund, "campaign": campaign}))
    assert [row[0] for row in rows()] == ["offline"], "the ledger says nothing of a fund"
    document = Receipt.objects.current().get()
    assert document.designation == "Training" and document.campaign == campaign.title and document.replaces
    assert LedgerEntry.objects.of_campaign(campaign).count() == 1 and wrong() == []


def test_it_puts_a_reference_right_without_a_receipt_that_never_said_it(charity):
    gift = offline.record(entry(bank_reference="41"))
    assert put_right(gift, Right(MARCH, 12_500, {"bank_reference": "0041"})) == (True, None)
    assert Gift.objects.get().bank_reference == "0041" and Receipt.objects.count() == 1


def test_it_puts_again_right_what_was_put_right_and_takes_it_back_in_the_end(charity):
    gift = offline.record(entry())
    for amount in (15_200, 1_520, 12_500):
        put_right(gift, Right(MARCH, amount))
    offline.take_back(gift)
    assert LedgerEntry.objects.kept(gift) == (0, 0) and Receipt.objects.count() == 5 and wrong() == []
    with pytest.raises(ValueError, match="still there"):
        put_right(gift, Right(MARCH, 100))


def test_it_puts_shares_a_fund_and_a_thing_right_each_by_its_own_paper(charity):
    shares, fund, chairs = (offline.record(each) for each in (of_shares(), of_a_fund(), thing()))
    put_right(shares, Right(MARCH, 999, {"shares": Decimal(20)}))
    put_right(fund, Right(MARCH, 12_500, {"sponsor": "Another Fund"}))
    put_right(chairs, Right(date(2026, 3, 2), 0, {"description": "Four chairs"}))
    assert [paper.description for paper in shares.receipts.order_by("pk")] == [
        "25.5 shares of Example Corporation (EXMP)",
        "20 shares of Example Corporation (EXMP)",
    ]
    letter = Letter.objects.get(template="acknowledgment_corrected")
    assert "Another Fund made this gift" in letter.text and "no receipt for tax" in letter.text
    assert SPONSOR not in letter.text
    assert chairs.receipts.latest("pk").description == "Four chairs" and chairs.receipts.latest("pk").day.day == 2
    assert LedgerEntry.objects.raised() == {"USD": 999 + 12_500} and wrong() == []


@pytest.mark.django_db(transaction=True)
def test_it_is_put_right_once_however_many_press(charity):
    gift = offline.record(entry())
    together(6, lambda number: put_right(gift, Right(MARCH, 15_200)))
    assert [row[:2] for row in rows()] == [("offline", 12_500), ("correction", -12_500), ("offline", 15_200)]
    assert Receipt.objects.count() == 2 and wrong() == []


def address(gift: Gift) -> str:
    return f"/admin/gift/inspect/{gift.pk}/correct/"


def test_staff_are_shown_what_it_will_say_before_anything_is_written(charity):
    gift, staff = offline.record(entry(bank_reference="0041")), signed_in("Donor care")
    page = staff.get(address(gift)).content.decode()
    assert 'value="125"' in page and 'value="2026-03-01"' in page and 'value="0041"' in page
    typed = {"amount": "152", "received_on": "2026-03-02", "bank_reference": "0041"}
    question = staff.post(address(gift), typed).content.decode()
    assert "$152.00 USD" in question and LedgerEntry.objects.count() == 1
    done = staff.post(address(gift), {**typed, "sure": "yes"}, follow=True).content.decode()
    assert "It is put right" in done and "donor-care@example.org" in done
    assert Gift.objects.get().total == 15_200 and wrong() == []


def test_it_says_so_when_the_gift_was_put_right_meanwhile_by_a_colleague_or_from_the_same_form(charity):
    gift, first, second = offline.record(entry()), signed_in("Donor care"), signed_in("Finance")
    (seen,) = re.findall(r'name="seen" value="(\w+)"', second.get(address(gift)).content.decode())
    typed = {"amount": "152", "received_on": "2026-03-01", "seen": seen, "sure": "yes"}
    for said in ("It is put right", "It says so already"):  # a double click is no colleague
        assert said in first.post(address(gift), typed, follow=True).content.decode()
    late = {**typed, "amount": "125", "received_on": "2026-03-02"}
    for staff in (first, second):  # who went back to the form, and who had it open all the while
        assert "Nothing was changed now" in staff.post(address(gift), late, follow=True).content.decode()
    assert Gift.objects.get().total == 15_200 and Receipt.objects.count() == 2 and wrong() == []


@pytest.mark.parametrize(
    "typed",
    [
        *({"amount": each} for each in ("0", "", "ten")),
        *({"received_on": each} for each in ("", "2199-01-01", "0026-03-02")),
    ],
    ids=str,
)
def test_it_takes_nothing_that_makes_no_sense(charity, typed):
    gift, staff = offline.record(entry()), signed_in("Finance")
    sent = {"amount": "152", "received_on": "2026-03-02", "sure": "yes", **typed}
    assert staff.post(address(gift), sent).status_code == 422 and LedgerEntry.objects.count() == 1

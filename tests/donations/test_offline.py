"""Gifts that came without Stripe: cheques, cash, transfers, and things that nobody here values."""

import re
from datetime import date

import pytest

from donations.books import audit
from donations.giving import offline
from donations.models import Gift, LedgerEntry, Receipt, ReceiptCounter
from donations.models.gifts import Method
from foundation.letters.models import Letter
from tests.foundation.crowd import together

pytestmark = pytest.mark.django_db


def entry(attempt: str = "form-1", **fields) -> offline.Entry:
    known = {"method": Method.CHEQUE, "received_on": date(2026, 3, 1), "amount": 12_500, "currency": "USD"}
    return offline.Entry(attempt, **{**known, "name": "Ada King", "email": "ada@donor.example", **fields})


def thing(attempt: str = "form-2", **fields) -> offline.Entry:
    known = {"method": Method.IN_KIND, "amount": 0, "currency": "XXX", "description": "Forty folding chairs, used"}
    return entry(attempt, **{**known, **fields})


def no_sum(text: str) -> bool:
    """Whether no currency and no sum stands in it. References and check codes are random and may spell anything."""
    random = [*Gift.objects.values_list("reference", flat=True), *Receipt.objects.values_list("code", flat=True)]
    for each in random:
        text = text.replace(each, "")
    return not any(sign in text for sign in ("$", "¤", "USD", "XXX", "0.00"))


def wrong() -> list[str]:
    return [line for check in audit.CHECKS for line in check()]


def test_it_books_a_cheque_once_with_its_receipt_and_letter(charity):
    first, again = offline.record(entry()), offline.record(entry())
    assert first == again and Gift.objects.count() == 1
    row = LedgerEntry.objects.get()
    assert (row.kind, row.amount, row.currency, row.day) == ("offline", 12_500, "USD", date(2026, 3, 1))
    assert row.settled is None, "it never was on the balance at Stripe"
    assert LedgerEntry.objects.raised() == {"USD": 12_500}
    receipt = Receipt.objects.get()
    assert (receipt.total, receipt.day, receipt.year) == (12_500, date(2026, 3, 1), 2026)
    text = Letter.objects.get().text
    assert "Amount: $125.00 USD" in text and "Given: once, by cheque" in text
    assert wrong() == []


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Los_Angeles"])
def test_it_dates_an_offline_gift_on_the_day_that_staff_typed_in_every_zone(charity, zone):
    charity.time_zone = zone
    charity.save()
    offline.record(entry(received_on=date(2025, 12, 31)))
    receipt = Receipt.objects.get()
    assert (receipt.day, receipt.year) == (date(2025, 12, 31), 2025)


def test_it_describes_what_was_given_in_kind_and_never_values_it(charity):
    gift = offline.record(thing())
    receipt = Receipt.objects.get()
    assert (receipt.description, receipt.total) == ("Forty folding chairs, used", 0)
    assert not LedgerEntry.objects.exists() and LedgerEntry.objects.raised() == {}
    letter = Letter.objects.get()
    for part in (letter.text, letter.html):
        assert "Forty folding chairs, used" in part and "We state no value for it." in part
        assert no_sum(re.sub(r"https?://[^\s\"<]+", "", part))  # the letters of a token are random too
    assert gift.total_text() == receipt.total_text() == "in kind"
    assert wrong() == []


def test_it_takes_a_gift_entered_by_mistake_back_with_a_receipt_that_names_the_first(charity):
    gift = offline.record(entry())
    offline.take_back(gift)
    offline.take_back(gift)
    first, second = Receipt.objects.order_by("id")
    assert second.replaces == first and second.total == 0 and first.total == 12_500
    assert LedgerEntry.objects.raised() == {"USD": 0} and wrong() == []


def test_it_takes_nothing_back_that_came_through_stripe_or_has_no_sum(charity):
    with pytest.raises(ValueError, match="without Stripe"):
        offline.take_back(offline.record(thing()))


def test_it_writes_to_nobody_without_an_address(charity):
    gift = offline.record(entry(email=""))
    assert gift.supporter is None and Receipt.objects.count() == 1 and not Letter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_numbers_gifts_entered_at_the_same_moment_without_a_gap(charity):
    together(12, lambda number: offline.record(entry(f"form-{number // 2}", email=f"a{number // 2}@donor.example")))
    assert sorted(Receipt.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert ReceiptCounter.objects.get().last == 6 and wrong() == []

"""The books: rows that only grow, numbers without a gap."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connections, transaction

from donations.books import ledger, receipts
from donations.models import Currency, Gift, LedgerEntry, Receipt
from foundation.append_only.models import AppendOnlyError
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from tests.donations.test_events import charged

pytestmark = [pytest.mark.django_db, pytest.mark.finding]


def gift(number: int = 1, **fields) -> Gift:
    known = {"frequency": "once", "currency": "USD", "amount": 2500, "total": 2500, "email": f"a{number}@donor.example"}
    paid = {"status": "paid", "paid_at": datetime(2026, 6, 1, 12, tzinfo=UTC), "livemode": False}
    return Gift.objects.create(**{**known, **paid, **fields})


@pytest.fixture
def entry(charity) -> LedgerEntry:
    ledger.record_charge(gift(), charged("one"))
    return LedgerEntry.objects.get()


def test_it_changes_no_row_of_the_ledger(entry):
    entry.amount = 1
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        LedgerEntry.objects.update(amount=1)
    with pytest.raises(AppendOnlyError), transaction.atomic():
        LedgerEntry.objects.bulk_update([entry], ["amount"])
    assert LedgerEntry.objects.get().amount == 2500


def test_it_deletes_no_row_of_the_ledger(entry):
    with pytest.raises(AppendOnlyError):
        entry.delete()
    with pytest.raises(AppendOnlyError):
        LedgerEntry.objects.all().delete()
    with pytest.raises(Exception, match="protected"):
        entry.gift.delete()


def test_it_changes_and_deletes_no_receipt(charity):
    receipt = receipts.issue(gift())
    receipt.name = "Somebody else"
    for change in (receipt.save, receipt.delete, Receipt.objects.all().delete, lambda: Receipt.objects.update(total=1)):
        with pytest.raises(AppendOnlyError):
            change()


def test_it_writes_each_movement_once(entry):
    ledger.record_charge(entry.gift, charged("one"))
    assert LedgerEntry.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.pk = None
        entry._state.adding = True
        entry.save()


@pytest.mark.parametrize(
    "wrong",
    [{"amount": -5}, {"kind": "fee", "amount": 5}, {"settled": 5, "settled_currency": ""}, {"settled_currency": "USD"}],
)
def test_it_refuses_a_row_that_cannot_be(entry, wrong):
    fields = {"kind": "charge", "stripe_object": "ch_x", "amount": 5, "currency": "USD", "livemode": False}
    moment = {"occurred_at": datetime.now(UTC), "day": "2026-01-01"}
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(**{**fields, **moment, **wrong})


@pytest.mark.parametrize("wrong", [{"total": 1}, {"amount": 0, "total": 0}, {"paid_at": None}])
def test_it_refuses_a_gift_that_cannot_be(db, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        gift(**wrong)


def test_it_keeps_stripes_ids_apart(db):
    gift(1, payment_intent_id="pi_1")
    with pytest.raises(IntegrityError), transaction.atomic():
        gift(2, payment_intent_id="pi_1")
    gift(3), gift(4)  # none yet: any number of them


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Los_Angeles", "2025-12-31"), ("UTC", "2026-01-01"), ("Pacific/Auckland", "2026-01-01")]
)
def test_it_dates_a_gift_on_the_charitys_own_calendar(charity, zone, day):
    charity.time_zone = zone
    charity.save()
    moment = datetime(2026, 1, 1, 3, tzinfo=UTC)
    one = gift(paid_at=moment)
    ledger.record_charge(one, charged("one", created=moment))
    assert str(LedgerEntry.objects.get().day) == str(receipts.issue(one).day) == day
    assert receipts.issue(one).label == f"DEMO-{day[:4]}-000001"


def test_it_issues_one_receipt_for_a_gift(charity):
    one = gift()
    assert receipts.issue(one) == receipts.issue(one)
    assert Receipt.objects.count() == 1


def test_it_issues_none_for_a_gift_that_is_not_paid(charity):
    with pytest.raises(ValueError, match="not paid"):
        receipts.issue(gift(status="started", paid_at=None))


def test_it_begins_each_year_at_one_and_goes_on_under_another_name(charity):
    moment = datetime(2027, 6, 1, tzinfo=UTC)
    labels = [
        receipts.issue(gift(1)).label,
        receipts.issue(gift(2)).label,
        receipts.issue(gift(3, paid_at=moment)).label,
    ]
    charity.legal_name = "The Road Out Foundation"
    charity.save()
    labels.append(receipts.issue(gift(4)).label)
    assert labels == ["DEMO-2026-000001", "DEMO-2026-000002", "DEMO-2027-000001", "DEMO-2026-000003"]


def test_it_counts_demonstrations_apart_from_real_money(charity, settings):
    demo = receipts.issue(gift(1))
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_x"
    still_test_money = receipts.issue(gift(2, livemode=False))
    real = receipts.issue(gift(3, livemode=True))
    assert [demo.label, still_test_money.label, real.label] == ["DEMO-2026-000001", "DEMO-2026-000002", "R-2026-000001"]
    settings.STRIPE_SECRET_KEY = "rk_test_x"
    assert receipts.issue(gift(4, livemode=True)).is_demo


def test_it_gives_a_number_back_when_the_transaction_fails(charity):
    with pytest.raises(RuntimeError), transaction.atomic():
        receipts.issue(gift(1))
        raise RuntimeError
    assert receipts.issue(gift(2)).number == 1


@pytest.mark.django_db(transaction=True)
def test_it_leaves_no_gap_and_repeats_nothing_when_many_issue_at_once(charity):
    rows = [gift(number) for number in range(40)]

    def issue(row: Gift) -> None:
        try:
            with transaction.atomic():
                receipts.issue(row)
                if row.pk % 5 == 0:
                    raise ArithmeticError
        except ArithmeticError:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(issue, rows))
    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) == 32


def test_it_keeps_the_words_of_the_day_it_was_issued(charity):
    charity.registration_number, charity.tax_statement = "12-3456789", "Deductible as far as the law allows."
    charity.save()
    receipt = receipts.issue(gift(1))
    charity.legal_name = "Another"
    charity.tax_statement = "Other words"
    charity.save()
    receipt.refresh_from_db()
    assert (receipt.entity, receipt.tax_statement) == ("The Road Out Inc.", "Deductible as far as the law allows.")


def letter_of(donor, till, *args, **more) -> Letter:
    donor.gave(*args, **more)
    return Letter.objects.get()


def plain(html: str) -> str:
    html = re.sub(r"<(style|title)>.*?</\1>", "", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_it_says_all_facts_in_both_parts_of_the_letter(donor, till, charity):
    charity.registration_number, charity.tax_statement = "12-3456789", "Deductible as far as the law allows."
    charity.save()
    letter = letter_of(donor, till, "monthly", "30", name="Ada Lovelace", cover_fee="on")
    receipt = Receipt.objects.get()
    wanted = [
        *[receipt.label, "The Road Out Inc.", "12-3456789", "Ada Lovelace", f"{receipt.day:%B %Y}", "$31.20 USD"],
        *["$30.00 USD", "$1.20 USD", "every month", Gift.objects.get().reference, "No goods or services were provided"],
        *["Deductible as far as the law allows.", "hello@charity.example", receipt.code],
    ]
    for fact in wanted:
        assert fact in " ".join(letter.text.split()), fact
        assert fact in plain(letter.html), fact


def test_it_says_nothing_about_tax_before_the_registration_is_entered(donor, till, charity):
    charity.tax_statement = "Deductible as far as the law allows."
    charity.save()
    letter = letter_of(donor, till, "once", "30")
    assert "Deductible" not in letter.text + letter.html and "Registration" not in letter.text
    assert Receipt.objects.get().tax_statement == ""


def test_it_says_that_no_money_moved_and_that_this_is_no_receipt(donor, till):
    letter = letter_of(donor, till, "once", "30")
    assert letter.text.startswith("NOT A RECEIPT") and "NOT A RECEIPT" in letter.html
    assert "not a receipt" in letter.subject and letter.text.count("NOT A RECEIPT") == 2


def test_it_says_how_to_stop_a_monthly_gift_and_only_that(donor, till):
    assert "To stop" not in letter_of(donor, till, "once", "30").text
    Letter.objects.all().delete()
    assert "To stop" in letter_of(donor, till, "monthly", "30").text


def test_it_tells_nothing_of_the_cause_in_the_subject(donor, till):
    subject = letter_of(donor, till, "once", "30").subject.lower()
    assert not any(word in subject for word in ("traffick", "slave", "road out", "donat", "gift"))


def test_it_offers_currencies_in_the_order_staff_chose(charity):
    Currency.objects.filter(code="JPY").update(position=0)
    Currency.objects.filter(code="EUR").update(shown=False)
    assert [row.code for row in Currency.objects.shown()] == ["JPY", "USD", "GBP", "CAD", "AUD"]


def test_it_dates_by_a_zone_that_exists(charity):
    assert Organisation.load().zone.key == "America/Los_Angeles"

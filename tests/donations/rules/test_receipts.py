"""The rules of receipts, each by itself: what stands on one, its number, and when a new one takes its place."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction

from donations.books import audit, ledger, receipts
from donations.models import Fund, LedgerEntry, Receipt
from tests.donations.rules import given

pytestmark = pytest.mark.django_db
Kind = LedgerEntry.Kind
UNPAID = "^A gift that is not paid has no receipt.$"
NEW_YEARS_EVE = datetime(2026, 12, 31, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def real_money(settings):
    """Money moves, as on the day the charity opens. Nothing is asked of Stripe here."""
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_of_these_tests"


def moved(gift, amount: int, cover: int, name: str = "xx_one", kind: LedgerEntry.Kind = Kind.CHARGE) -> None:
    sums = {"amount": amount, "cover": cover, "currency": "USD"}
    ledger.book(name, kind, given.NOON, gift=gift, livemode=True, **sums)


def sums(receipt: Receipt) -> tuple[int, int, int]:
    return receipt.amount, receipt.fee_cover, receipt.total


def test_it_writes_every_fact_of_the_gift_and_the_charity():
    given.charity(registration_number="12-3456789", tax_statement="As far as the law allows.")
    fund = Fund.objects.create(name="Safe houses")
    gift = given.gift(frequency="monthly", name="Ada Lovelace", fund=fund, description="As agreed")
    receipt = receipts.issue(gift)
    assert sums(receipt) == (2500, 106, 2606)
    assert (receipt.entity, receipt.series, receipt.year, receipt.number) == ("The Road Out Inc.", "R", 2026, 1)
    assert (receipt.label, receipt.gift, receipt.replaces) == ("R-2026-000001", gift, None)
    assert (receipt.name, receipt.day, receipt.frequency) == ("Ada Lovelace", given.NOON.date(), "monthly")
    assert (receipt.currency, receipt.designation, receipt.description) == ("USD", "Safe houses", "As agreed")
    assert (receipt.registration_number, receipt.tax_statement) == ("12-3456789", "As far as the law allows.")
    assert receipt.goods_statement == "No goods or services were provided in exchange for this gift."
    assert receipt.livemode is True


def test_it_names_the_company_whose_gift_it_is_also_once_money_went_back():
    gift = given.gift(name="Ada Lovelace", company="Engines Ltd")
    moved(gift, 2606, 106)
    first = receipts.issue(gift)
    moved(gift, -2606, -106, "xx_back", Kind.REFUND)
    assert (first.name, receipts.correct(gift).name) == ("Engines Ltd", "Engines Ltd")


def test_it_writes_the_charitys_name_where_no_legal_name_is_entered():
    given.charity(legal_name="")
    assert receipts.issue(given.gift()).entity == "The Road Out"


def test_it_leaves_empty_what_is_not_known():
    given.charity(registration_number="", tax_statement="As far as the law allows.")
    receipt = receipts.issue(given.gift())
    assert (receipt.registration_number, receipt.tax_statement, receipt.designation) == ("", "", "")


def test_it_gives_every_gift_one_receipt_of_its_own():
    first, second = given.gift(), given.gift()
    assert receipts.issue(first) == receipts.issue(first)
    assert receipts.issue(second).gift == second
    assert [receipts.issue(first).number, receipts.issue(second).number] == [1, 2]


def test_it_has_no_receipt_for_what_is_not_paid():
    unpaid = given.gift(status="started", paid_at=None)
    with pytest.raises(ValueError, match=UNPAID):
        receipts.issue(unpaid)


def test_it_corrects_none_for_a_gift_that_lost_its_day():
    gift = given.gift()
    receipts.issue(gift)
    gift.paid_at = None
    with pytest.raises(ValueError, match=UNPAID):
        receipts.correct(gift)


def test_it_dates_and_numbers_by_the_day_of_the_gift_on_the_charitys_calendar():
    given.charity(time_zone="Pacific/Auckland")
    receipt = receipts.issue(given.gift(paid_at=NEW_YEARS_EVE))
    assert (str(receipt.day), receipt.label) == ("2027-01-01", "R-2027-000001")


@pytest.mark.parametrize(
    ("key", "livemode", "series"),
    [("rk_live_x", True, "R"), ("rk_live_x", False, "DEMO"), ("sk_test_x", True, "DEMO"), ("sk_test_x", False, "DEMO")],
)
def test_it_spends_a_real_number_only_when_money_moved(settings, key, livemode, series):
    settings.STRIPE_SECRET_KEY = key
    receipt = receipts.issue(given.gift(livemode=livemode))
    assert (receipt.series, receipt.label, receipt.livemode) == (series, f"{series}-2026-000001", livemode)


def test_it_counts_each_series_and_each_year_by_itself():
    organisation = given.charity()
    labels = [receipts.issue(given.gift()).label for _ in range(2)]
    labels.append(receipts.issue(given.gift(paid_at=given.NOON.replace(year=2027))).label)
    labels.append(receipts.issue(given.gift(livemode=False)).label)
    organisation.receipt_series = "R2"
    organisation.save()
    labels.append(receipts.issue(given.gift()).label)
    given.charity(receipt_series="R")
    labels.append(receipts.issue(given.gift()).label)
    first = ["R-2026-000001", "R-2026-000002", "R-2027-000001", "DEMO-2026-000001"]
    assert labels == [*first, "R2-2026-000001", "R-2026-000003"]


def test_it_goes_on_counting_when_the_legal_name_is_put_right():
    """Seven gifts under two spellings are numbers one to seven, a refund is the next, and the books find nothing."""
    names = ["Road Out Inc"] * 3 + ["Road Out, Inc."] * 2 + ["Road Out Inc"] * 2
    papers = [(given.charity(legal_name=name), receipts.issue(given.gift()))[1] for name in names]
    assert [paper.label for paper in papers] == [f"R-2026-{number:06d}" for number in range(1, 8)]
    with time_machine.travel(given.NOON.replace(year=2027), tick=False):
        assert receipts.correct(papers[0].gift).label == "R-2027-000001"
    assert papers[3].entity == "Road Out, Inc."
    assert not [line for line in audit.receipts() if line.startswith("receipts ")]
    twin = {field.attname: getattr(papers[0], field.attname) for field in Receipt._meta.concrete_fields}
    twin |= {"id": None, "code": "X" * 16, "replaces_id": papers[1].pk, "year": 2031}
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.bulk_create([Receipt(**twin)])


def test_it_lets_the_entity_that_received_a_gift_correct_its_receipt():
    given.charity(registration_number="12-3456789", tax_statement="As far as the law allows.")
    gift = given.gift()
    receipts.issue(gift)
    given.charity(legal_name="Another Way", receipt_series="W", registration_number="99", tax_statement="Otherwise.")
    correction = receipts.correct(gift)
    assert correction.label.startswith("R-") and correction.entity == "The Road Out Inc."
    assert (correction.registration_number, correction.tax_statement) == ("12-3456789", "As far as the law allows.")


def test_it_leaves_a_receipt_as_it_is_while_the_ledger_says_the_same():
    gift = given.gift()
    moved(gift, 2606, 106)
    assert receipts.correct(gift) == receipts.correct(gift) == receipts.issue(gift)
    assert Receipt.objects.count() == 1


def test_it_replaces_a_receipt_when_the_ledger_keeps_another_sum():
    gift = given.gift()
    moved(gift, 2606, 106)
    first = receipts.issue(gift)
    moved(gift, -1000, -41, "re_one", Kind.REFUND)
    second = receipts.correct(gift)
    assert second.replaces == first and sums(second) == (1541, 65, 1606)
    assert receipts.correct(gift) == second and receipts.issue(gift) == first
    moved(gift, -606, -24, "re_two", Kind.REFUND)
    third = receipts.correct(gift)
    assert third.replaces == second and sums(third) == (959, 41, 1000)
    first.refresh_from_db()
    assert sums(first) == (2500, 106, 2606)


def test_it_numbers_a_correction_in_the_year_in_which_it_is_written():
    given.charity(time_zone="Pacific/Auckland")
    gift = given.gift()
    receipts.issue(gift)
    moved(gift, 1000, 0)
    with time_machine.travel(NEW_YEARS_EVE, tick=False):
        correction = receipts.correct(gift)
    assert (str(correction.day), correction.label) == ("2026-06-02", "R-2027-000001")


@pytest.mark.parametrize(
    ("kept", "cover", "written"),
    [(0, 0, (0, 0, 0)), (-50, -9, (0, 0, 0)), (6, 106, (0, 6, 6)), (900, -5, (900, 0, 900)), (1, 0, (1, 0, 1))],
)
def test_it_writes_no_sum_below_zero_and_no_cover_above_the_total(kept, cover, written):
    gift = given.gift()
    moved(gift, 2606, 106)
    moved(gift, kept - 2606, cover - 106, "re_one", Kind.REFUND)
    assert sums(receipts.correct(gift)) == written


def test_it_keeps_the_day_of_the_gift_on_a_correction_after_the_zone_became_another():
    given.charity(time_zone="UTC")
    gift = given.gift(paid_at=datetime(2027, 1, 1, 2, tzinfo=UTC))
    moved(gift, 2606, 106)
    first = receipts.issue(gift)
    given.charity(time_zone="America/Los_Angeles")  # where it was New Year's Eve
    moved(gift, -606, -6, "xx_back", Kind.REFUND)
    second = receipts.correct(gift)
    assert second.replaces == first and second.day == first.day == datetime(2027, 1, 1, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("wrong", "kept", "right"),
    [
        ({}, 2500, None),
        ({"name": "Ada King"}, 2500, ("Ada King", "2026-06-01", (2500, 0, 2500))),
        ({"paid_at": datetime(2026, 3, 5, 12, tzinfo=UTC)}, 2500, ("Ada", "2026-03-05", (2500, 0, 2500))),
        ({"amount": 3100, "total": 3100}, 3100, ("Ada", "2026-06-01", (3100, 0, 3100))),
        ({}, -50, ("Ada", "2026-06-01", (0, 0, 0))),
    ],
    ids=["nothing", "giver", "day", "sum", "less than nothing"],
)
def test_it_puts_a_receipt_right_that_says_otherwise_than_gift_and_books(wrong, kept, right):
    gift = given.gift(name="Ada", fee_cover=0, total=2500)
    moved(gift, 2500, 0, kind=Kind.OFFLINE)
    first = receipts.issue(gift)
    for name, value in wrong.items():
        setattr(gift, name, value)
    gift.save()
    if kept != 2500:
        moved(gift, kept - 2500, 0, "xx_more", Kind.OFFLINE if kept > 2500 else Kind.CORRECTION)
    with time_machine.travel(datetime(2028, 2, 3, tzinfo=UTC), tick=False):
        new = receipts.put_right(gift)
    assert (new and (new.name, str(new.day), sums(new))) == right
    if new:
        assert (new.replaces, new.label) == (first, "R-2028-000001") and receipts.put_right(gift) is None


def test_it_puts_shares_right_in_the_words_of_their_giver():
    """They are compared in that language too, or each correction would be followed by another."""
    shares = {"method": "shares", "shares": Decimal(3), "security": "ACME", "fee_cover": 0, "total": 2500}
    gift = given.gift(language="es", **shares)
    moved(gift, 2500, 0, kind=Kind.OFFLINE)
    receipts.issue(gift)
    assert receipts.put_right(gift) is None
    gift.security = "Other"
    assert "acciones de Other" in receipts.put_right(gift).description and receipts.put_right(gift) is None


def test_it_corrects_a_receipt_whose_giver_has_another_name_and_leaves_the_sums():
    gift = given.gift(name="Ada")
    assert receipts.rename(gift) is None, "there is none yet"
    moved(gift, 2606, 106)
    first = receipts.issue(gift)
    moved(gift, -606, -6, "re_one", Kind.REFUND)
    second = receipts.correct(gift)
    assert receipts.rename(gift) is None, "it says so already"
    gift.name = "Ada Lovelace"
    another_year = second.year + 2
    with time_machine.travel(NEW_YEARS_EVE.replace(year=another_year), tick=False):
        third = receipts.rename(gift)
    assert third is not None and (third.name, third.replaces, third.year) == ("Ada Lovelace", second, another_year)
    assert sums(third) == sums(second) != sums(first) and (third.number, third.gift) == (1, gift)
    assert receipts.rename(gift) is None


def test_it_says_whom_the_last_receipt_of_a_series_names():
    assert receipts.last_of_series("R") is None
    given.charity(registration_number="12-3456789", legal_name="First Inc.")
    receipts.issue(given.gift())
    given.charity(registration_number="98-7654321", legal_name="Second Inc.")
    receipts.issue(given.gift(payment_intent_id="pi_two"))
    given.charity(receipt_series="S", legal_name="Third Inc.")
    receipts.issue(given.gift(payment_intent_id="pi_three"))
    assert receipts.last_of_series(series="R") == ("Second Inc.", "98-7654321")
    assert receipts.last_of_series(series="S") == ("Third Inc.", "98-7654321")

"""What becomes of what was claimed: money that comes back, second thoughts, another giver, much in return."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from donations.books import receipts
from donations.gift_aid import claims, declarations
from donations.models import Gift, GiftAidDeclaration, GiftAidLine, LedgerEntry
from donations.privacy import merge
from foundation.organisation.models import Organisation
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given
from tests.donations.test_gift_aid_claims import NOW, book, british, claimable, declared, gift, lines, refund
from tests.foundation.crowd import together
from tests.narrowing import not_none
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
Kind = LedgerEntry.Kind
__all__ = ["british"]  # a fixture for each test here


@pytest.fixture(autouse=True)
def a_day():
    with time_machine.travel(NOW, tick=True):
        yield


def claim() -> list[tuple[str, int, int]]:
    """Claim what can be claimed now; the lines of that."""
    return lines(claim=not_none(claims.make(None, claims.last_number())))


def off() -> list[tuple[int, int]]:
    return [(each.line.gift_id, each.amount) for each in claims.standing().back]


def test_it_claims_once_more_what_was_taken_off_and_came_back():
    declared()
    row, paying = gift(), gift()
    claim()
    book(row, -2606, Kind.DISPUTE)
    gift(5000)
    assert claim()[-1] == ("back", row.pk, -2606)
    assert claimable() == []
    book(row, 2606, Kind.DISPUTE_REVERSAL)
    assert claimable() == [row] and claim() == [("gift", row.pk, 2606)]
    assert claimable() == [] and claims.standing().back == []
    assert list(GiftAidLine.objects.filter(gift=row).values_list("kind", "nth")) == [
        ("gift", 1), ("back", 1), ("gift", 2)
    ]  # fmt: skip
    book(row, -2606, Kind.REFUND)
    assert off() == [(row.pk, -2606)], "and is taken off once more"
    assert GiftAidLine.objects.filter(gift=paying).count() == 1


def test_it_claims_no_more_than_the_part_that_came_back():
    declared()
    row = gift()
    claim()
    refund(row, 606)
    gift()
    claim()
    assert (claimable(), claims.standing().left_out) == ([], 0)
    book(row, 606, Kind.REFUND_REVERSAL)
    assert claims.standing().total == 606 and claim() == [("gift", row.pk, 606)]


@pytest.mark.django_db(transaction=True)
def test_it_claims_once_what_came_back_when_two_of_staff_press_at_once():
    declared()
    row = gift()
    claim()
    book(row, -2606, Kind.DISPUTE)
    gift(5000)
    claim()
    book(row, 2606, Kind.DISPUTE_REVERSAL)

    def press(_number: int) -> str:
        try:
            return f"claim {claims.make(None, 2)}"
        except claims.ClaimedMeanwhileError:
            return "meanwhile"

    assert sorted(together(4, press)) == ["claim 3", "meanwhile", "meanwhile", "meanwhile"]
    assert sum(amount for _kind, _gift, amount in lines(gift=row)) == 2606


def test_it_makes_no_claim_that_comes_to_nothing_or_less_and_says_what_to_do():
    declared()
    row = gift()
    claim()
    refund(row, 2606)
    gift(pence=2606)
    assert claims.make(None, 1) is None
    page = signed_in("Finance").get("/admin/gift-aid/").content.decode()
    assert "takes no claim that comes to nothing or less" in page and "Claim these" not in page
    gift(pence=107)
    assert [kind for kind, _gift, _amount in claim()] == ["gift", "gift", "back"]


def test_it_takes_off_what_a_spoken_declaration_covered_that_was_taken_back():
    row = declared()
    GiftAidDeclaration.objects.filter(pk=row.pk).update(way="oral", record_on=NOW.date())
    covered = gift(paid_at=NOW + timedelta(minutes=1))
    claim()
    declarations.cancel(not_none(covered.supporter))
    assert off() == [(covered.pk, -2606)]


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=31)])
def test_it_takes_nothing_off_when_a_written_one_or_an_old_spoken_one_is_cancelled(after):
    row = declared()
    if after:
        GiftAidDeclaration.objects.filter(pk=row.pk).update(way="oral", record_on=NOW.date())
    gift()
    claim()
    with time_machine.travel(NOW + after + timedelta(hours=1)):
        declarations.cancel(not_none(row.supporter))
        assert off() == []


@pytest.mark.parametrize(
    "then",
    [
        {"benefit": "a dinner", "benefit_value": 652},
        {"company": "Engines Ltd"},
        {"name": "Charles Babbage"},
    ],
)
def test_it_takes_off_what_turns_out_to_be_none_of_gift_aid(then):
    declared()
    row = gift()
    receipts.issue(row)
    claim()
    Gift.objects.filter(pk=row.pk).update(**then)
    row.refresh_from_db()
    receipts.restate(row)
    assert off() == [(row.pk, -2606)]
    gift(), gift()
    assert claim()[-1] == ("back", row.pk, -2606) and off() == []


def test_it_leaves_claimed_what_an_erased_person_gave():
    declared()
    row = gift()
    receipts.issue(row)
    claim()
    refund(row, 606)
    receipts.correct(row)
    Gift.objects.filter(pk=row.pk).update(name="", email="")
    declarations.erase(declarations.of(not_none(row.supporter)))
    assert off() == [(row.pk, -606)]


def test_it_adds_up_what_a_donor_got_in_return_in_the_tax_year():
    declared()

    def dinner(worth: int, at: datetime, **fields) -> Gift:
        return gift(50_000_00, paid_at=at, benefit="a dinner", benefit_value=worth, **fields)

    last_year = dinner(2_400_00, datetime(2026, 4, 5, 22, 30, tzinfo=UTC))  # 23:30 in London
    first = dinner(2_400_00, datetime(2026, 4, 5, 23, 30, tzinfo=UTC))  # 6 April there
    too_much = dinner(2_501_00, datetime(2026, 5, 1, 12, tzinfo=UTC))
    over = dinner(101_00, datetime(2026, 6, 1, 12, tzinfo=UTC))
    fits = dinner(100_00, datetime(2026, 7, 1, 12, tzinfo=UTC))
    others = dinner(300_00, NOW, supporter=get_or_create_supporter("other@donor.example"))
    plain = gift(paid_at=NOW)
    assert claimable() == [last_year, first, fits, plain]
    declared("other@donor.example")
    assert others in claimable() and over not in claimable() and too_much not in claimable()


def test_it_says_to_staff_that_a_gift_is_none_of_gift_aid_for_what_was_given_in_return():
    declared()
    row = gift()
    receipts.issue(row)
    boss = signed_in("Finance")
    there = f"/admin/gift/inspect/{row.pk}/in-return/"
    words = "Gift Aid is not claimed on this gift: what was given in return is worth too much for that."
    for worth, said in (("6.51", False), ("6.52", True)):
        page = boss.post(there, {"benefit": "A dinner", "benefit_value": worth}, follow=True).content.decode()
        assert (words in page) is said


def test_it_claims_with_the_declarations_of_both_rows_once_they_are_merged():
    declared()
    one = gift()
    other = get_or_create_supporter("ada@work.example")
    two = gift(supporter=other, email="ada@work.example")
    assert claimable() == [one]
    merge(not_none(one.supporter), other)
    assert claimable() == [one, two]
    declarations.cancel(other)
    assert declarations.covering(gift(supporter=other, paid_at=NOW + timedelta(days=1))) is None


def test_it_claims_nothing_that_another_legal_entity_received_and_says_so(british: Organisation):
    declared()
    row = gift()
    given.charity(registration_number="1000001")
    receipts.issue(row)
    given.charity(legal_name="Road Out Trust", receipt_series="T")
    assert claimable() == [row], "the same charity number"
    given.charity(legal_name="Road Out Trust", registration_number="1200002")
    assert (claimable(), claims.standing().elsewhere) == ([], 1)
    page = signed_in("Finance").get("/admin/gift-aid/").content.decode()
    assert "Left out: 1 gift that another legal entity received." in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"declared_on": "0002-01-01"}, "year with all four digits"),
        ({"declared_on": "1985-01-01"}, "There was no Gift Aid then."),
        ({"way": "oral", "declared_on": "2026-08-20", "record_on": "2026-08-19"}, "sent after the words were spoken"),
    ],
)
def test_it_refuses_days_that_cannot_be(typed, words):
    row = gift()
    home = {"aid_first_name": "Ada", "aid_last_name": "King", "aid_home": "12", "aid_postcode": "S19 2BD"}
    sent = {"gift_aid": "on", "aid_scope": "past", **home, "way": "paper", "declared_on": "2026-08-20", **typed}
    answer = signed_in("Finance").post(f"/admin/gift/inspect/{row.pk}/gift-aid/", sent)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not GiftAidDeclaration.objects.exists()

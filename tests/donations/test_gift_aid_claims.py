"""Claims of Gift Aid: what can be claimed, each gift once, what is taken off, and the schedule as a file."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from wagtail.models import ModelLogEntry

from donations.books import ledger
from donations.gift_aid import claims, declarations
from donations.gift_aid.declarations import Declared
from donations.models import Gift, GiftAidClaim, GiftAidDeclaration, GiftAidLine, LedgerEntry
from donations.models.gift_aid import tax_on
from donations.models.gifts import Method
from foundation.organisation.models import Organisation
from staff.models import User
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given
from tests.foundation.crowd import together
from tests.narrowing import not_none
from tests.staff.test_files import body
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
HEADINGS = ("Title", "First name", "Last name", "House name or number", "Postcode")
HOME = {"title": "Mrs", "first_name": "Ada", "last_name": "King-Noel", "home": "=12", "postcode": "S19 2BD"}


@pytest.fixture(autouse=True)
def a_day():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture(autouse=True)
def british(settings) -> Organisation:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "rk_live_of_these_tests"
    return given.charity(country="GB", hmrc_reference="AB12345", time_zone="Europe/London")


def declared(email: str = "ada@donor.example", **fields) -> GiftAidDeclaration:
    said = Declared(scope="past", text="I want to.", language="en", **{**HOME, **fields})
    return declarations.write(said, "paper", supporter=get_or_create_supporter(email), declared_at=NOW)


def gift(pence: int = 2606, **fields) -> Gift:
    """Paid a week ago in pounds by somebody who declared, and booked."""
    sums = {"amount": pence - 106, "fee_cover": 106, "total": pence}
    ada = get_or_create_supporter("ada@donor.example")
    known = {"currency": "GBP", "name": "Ada King-Noel", "supporter": ada, "paid_at": NOW - timedelta(days=7), **sums}
    row = given.gift(**{**known, **fields})
    book(row, row.total, LedgerEntry.Kind.CHARGE)
    return row


def book(row: Gift, amount: int, kind: LedgerEntry.Kind, name: str = "") -> None:
    name = name or f"{kind}_{row.pk}"
    ledger.book(name, kind, given.NOON, gift=row, amount=amount, currency=row.currency, livemode=row.livemode)


def refund(row: Gift, amount: int, name: str = "") -> None:
    book(row, -amount, LedgerEntry.Kind.REFUND, name)


def claimable() -> list[Gift]:
    return [each.gift for each in claims.standing().gifts]


def lines(**wanted) -> list[tuple[str, int, int]]:
    rows = GiftAidLine.objects.filter(**wanted).order_by("pk")
    return [(row.kind, row.gift_id, row.amount) for row in rows]


def test_it_claims_what_was_given_with_its_fee_cover_the_oldest_first():
    declaration = declared()
    young, old = gift(), gift(paid_at=NOW - timedelta(days=300))
    assert claimable() == [old, young] and claims.standing().total == 5212
    claim = claims.make(None, 0)
    assert claim is not None and claim.number == 1
    assert lines() == [("gift", old.pk, 2606), ("gift", young.pk, 2606)]
    assert {row.declaration for row in GiftAidLine.objects.all()} == {declaration}


def test_it_leaves_out_what_went_back_is_doubted_or_nobody_declared():
    declared()
    refund(gift(), 1)
    disputed, doubted = gift(), gift()
    for row, kind, status in ((disputed, "inquiry", "warning_needs_response"), (doubted, "warning", "")):
        about = {"opened_at": NOW, "as_of": NOW, "livemode": True, "actionable": kind == "warning"}
        row.disputes.create(stripe_object=f"du_{row.pk}", kind=kind, status=status, **about)
    gift(company="Engines Ltd")
    gift(currency="EUR")
    gift(livemode=False)
    gift(name="Charles Babbage")
    gift(benefit="a dinner", benefit_value=652)
    gift(supporter=get_or_create_supporter("other@donor.example"))
    gift(paid_at=NOW - timedelta(days=6 * 366))
    gift(status="pending")
    assert claimable() == [] and claims.standing().left_out == 3
    assert claims.make(None, 0) is None and not GiftAidClaim.objects.exists()


def test_it_claims_no_gift_twice_and_the_rest_of_a_full_schedule_next(monkeypatch):
    monkeypatch.setattr(claims, "MOST", 2)
    declared()
    rows = [gift() for _number in range(3)]
    first = claims.make(None, 0)
    with pytest.raises(claims.ClaimedMeanwhileError):
        claims.make(None, 0)
    second = claims.make(None, 1)
    assert [kind_and[1] for kind_and in lines(claim=first)] == [rows[0].pk, rows[1].pk]
    assert lines(claim=second) == [("gift", rows[2].pk, 2606)]
    assert claims.make(None, 2) is None


@pytest.mark.django_db(transaction=True)
def test_it_claims_each_gift_once_when_two_of_staff_press_at_once():
    declared()
    for _number in range(3):
        gift()

    def press(_number: int) -> str:
        try:
            return f"claim {claims.make(None, 0)}"
        except claims.ClaimedMeanwhileError:
            return "meanwhile"

    assert sorted(together(4, press)) == ["claim 1", "meanwhile", "meanwhile", "meanwhile"]
    assert GiftAidClaim.objects.count() == 1 and GiftAidLine.objects.count() == 3


def test_it_takes_off_the_next_claim_what_went_back_since_once_and_only_then():
    declared()
    part, whole, kept = gift(), gift(), gift()
    claims.make(None, 0)
    refund(part, 606)
    refund(whole, 2606)
    assert claims.standing().off == 3212 and claims.make(None, 1) is None, "nothing to claim that it could come off"
    new = gift(5000)
    second = claims.make(None, 1)
    expected = [("gift", new.pk, 5000), ("back", part.pk, -606), ("back", whole.pk, -2606)]
    assert lines(claim=second) == expected and claims.standing().back == []
    refund(part, 100, "again")
    assert [(each.line.gift, each.amount) for each in claims.standing().back] == [(part, -100)]
    assert (tax_on(2606), tax_on(100_00)) == (651, 25_00)
    assert GiftAidLine.objects.filter(gift=kept).count() == 1


def claim_page(staff):
    return staff.get("/admin/gift-aid/")


def test_it_lets_finance_look_claim_and_take_the_schedule_and_the_log_says_who():
    declared()
    gift(paid_at=given.NOON)
    boss = signed_in("Finance")
    page = claim_page(boss).content.decode()
    assert "1 gift can be claimed, £26.06 GBP in all." in page and "£6.51 GBP of tax" in page
    assert not GiftAidClaim.objects.exists()
    answer = boss.post("/admin/gift-aid/", {"after": "0"}, follow=True)
    claim = GiftAidClaim.objects.get()
    assert claim.made_by == User.objects.get() and "The schedule as CSV" in answer.content.decode()
    assert ModelLogEntry.objects.filter(action="staff.action", object_id=claim.pk).exists()
    again = boss.post("/admin/gift-aid/", {"after": "0"}, follow=True).content.decode()
    assert "Nothing was claimed twice." in again and "No gift can be claimed." in again
    refund(GiftAidLine.objects.get().gift, 1)
    file = boss.get(f"/admin/giftaidline/?claim={claim.pk}&kind=gift&export=csv")
    rows = list(csv.reader(io.StringIO(body(file))))
    assert rows == [
        [*HEADINGS, "Aggregated donations", "Sponsored event", "Donation date", "Amount"],
        ["Mrs", "Ada", "King Noel", "'=12", "S19 2BD", "", "", "01/06/26", "26.06"],
    ]
    assert ModelLogEntry.objects.get(action="staff.export").data["list"] == "donations.GiftAidLine"


def test_it_puts_no_line_into_the_file_that_is_taken_off():
    declared()
    first = gift()
    claims.make(None, 0)
    refund(first, 2606)
    gift(5000)
    second = not_none(claims.make(None, 1))
    boss = signed_in("Finance")
    page = boss.get(f"/admin/giftaidclaim/inspect/{second.pk}/").content.decode()
    assert "£6.51 GBP" in page and "25/08/26" in page, "what to enter beside the schedule"
    file = boss.get(f"/admin/giftaidline/?claim={second.pk}&export=csv")
    assert body(file).count("50.00") == 1 and "26.06" not in body(file)


def test_it_writes_an_x_for_a_home_outside_of_the_country_and_names_the_day_of_our_calendar():
    declared(postcode="")
    gift(paid_at=given.NOON.replace(hour=23, minute=30))
    claims.make(None, 0)
    row = GiftAidLine.objects.get()
    assert (row.schedule_postcode(), row.day, row.schedule_date()) == ("X", date(2026, 6, 2), "02/06/26")


@pytest.mark.parametrize("role", ["Donor care", "Editor"])
def test_it_lets_nobody_else_claim_or_take_a_schedule(role):
    declared()
    gift()
    staff = signed_in(role)
    assert claim_page(staff).status_code in (302, 403)
    staff.post("/admin/gift-aid/", {"after": "0"})
    assert not GiftAidClaim.objects.exists()
    assert staff.get("/admin/giftaidline/?export=csv").status_code in (302, 403)


def test_it_offers_the_claim_in_the_menu_only_where_the_tax_office_knows_us(british):
    boss = signed_in("Finance")
    assert "Claim Gift Aid" in boss.get("/admin/").content.decode()
    british.hmrc_reference = ""
    british.save()
    assert "Claim Gift Aid" not in boss.get("/admin/").content.decode()


def test_it_keeps_the_proof_of_what_was_claimed_when_its_giver_is_erased():
    declaration, row = declared(), gift()
    claims.make(None, 0)
    unused = declared(last_name="Lovelace")
    declarations.erase(declarations.of(not_none(row.supporter)))
    declaration.refresh_from_db()
    assert declaration.cancelled_at is not None and declaration.last_name == "King-Noel"
    assert not GiftAidDeclaration.objects.filter(pk=unused.pk).exists()


def test_it_claims_nothing_of_what_a_fund_gave_or_of_shares():
    declared()
    gift(method=Method.DAF, sponsor="Community Giving Fund", attempt="fund")
    gift(method=Method.SHARES, shares=Decimal("2"), security="Example plc (EXM)", attempt="shares")
    assert claims.standing().gifts == []
    gift()
    assert len(claims.standing().gifts) == 1

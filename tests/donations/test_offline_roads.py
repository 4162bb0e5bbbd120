"""Each road of money without Stripe has the paper that fits it: a fund's sponsor gave, shares are never valued."""

from decimal import Decimal

import pytest
from django.test import Client

from donations.giving import givers, offline
from donations.letters import papers, statements
from donations.models import Gift, LedgerEntry, Receipt
from donations.models.gifts import Method
from foundation.letters.models import Letter
from supporters.models import Supporter
from tests.donations.test_offline import entry, thing, wrong
from tests.donations.test_offline_panel import ENTER, typed
from tests.drawing.reading import squeezed
from tests.drawing.reading import text as read
from tests.staff.users import signed_in
from tests.supporters.visitor import come_in

pytestmark = pytest.mark.django_db
SPONSOR, STREET_PRICE = "Community Giving Fund", 2_314_75


@pytest.fixture
def live(charity, settings):
    """Money moves, and the charity is registered: papers are real ones, and say what it may say of tax."""
    charity.registration_number, charity.tax_statement = "12-3456789", "What you gave is deductible."
    charity.save()
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "sk_live_of_these_tests"
    return charity


def of_a_fund(attempt: str = "fund-1", **fields) -> offline.Entry:
    return entry(attempt, **{"method": Method.DAF, "sponsor": SPONSOR, "bank_reference": "GRANT-77", **fields})


def of_shares(attempt: str = "shares-1", **fields) -> offline.Entry:
    known = {"method": Method.SHARES, "shares": Decimal("25.500000"), "security": "Example Corporation (EXMP)"}
    return entry(attempt, **{"amount": STREET_PRICE, **known, **fields})


def told(gift: Gift) -> list[str]:
    """Everything that the giver reads: the letter's two parts, the PDF and the page that checks it, without spaces."""
    document = gift.receipts.latest("pk")
    letter = Letter.objects.latest("pk")
    page = Client().get(papers.check_address(document).removeprefix("http://testserver"))
    pdf = read(papers.receipt(document).content)
    return [squeezed(text) for text in (letter.text, letter.html, pdf, page.content.decode())]


def test_it_thanks_who_recommended_a_gift_of_a_fund_and_gives_no_receipt_for_tax(live):
    gift = offline.record(of_a_fund())
    document = gift.receipts.get()
    assert document.series == f"THANKS{live.receipt_series}" and gift.supporter.email == "ada@donor.example"
    letter = Letter.objects.get()
    assert letter.template == "acknowledgment" and letter.to == "ada@donor.example"
    for text in told(gift):
        assert "noreceiptfortax" in text
        assert "deductible" not in text and "goodsorservices" not in text
    for text in told(gift)[:3]:
        assert "12-3456789" not in text, "the page has it at its foot, as each page has"
        assert squeezed(SPONSOR) in text and "AdaKing" in text and "$125.00USD" in text
    assert "Thisreceiptisgenuine" not in told(gift)[3] and "Thisacknowledgmentisgenuine" in told(gift)[3]
    assert LedgerEntry.objects.raised() == {"USD": 12_500} and wrong() == []


def test_it_puts_the_name_of_who_recommended_it_right_by_another_letter_of_thanks(live):
    gift = offline.record(of_a_fund())
    page = signed_in("Donor care").get(f"/admin/gift/inspect/{gift.pk}/giver/").content.decode()
    assert 'name="name"' in page and 'name="company"' not in page, "the giver is the sponsor"
    givers.correct(gift, "Ada Lovelace King", "")
    letter = Letter.objects.get(template="acknowledgment_corrected")
    assert "Recommended by: Ada Lovelace King" in letter.text and SPONSOR in letter.text and wrong() == []


def test_it_counts_acknowledgments_apart_from_receipts(live):
    offline.record(entry("first"))
    offline.record(of_a_fund())
    second = offline.record(entry("second"))
    assert second.receipts.get().label == f"{live.receipt_series}-2026-000002", (
        "no number is lost to a letter of thanks"
    )
    assert Receipt.objects.get(sponsor=SPONSOR).number == 1 and wrong() == []


def test_it_leaves_what_a_fund_gave_out_of_the_statement_of_a_year(live):
    offline.record(of_a_fund())
    person = Supporter.objects.get()
    assert list(statements.receivers(2026)) == [] and statements.years(person.pk) == []
    offline.record(entry())
    (part,) = statements.of(person.pk, 2026).parts
    assert part.totals == ["$125.00 USD"] and len(part.rows) == 1 and list(statements.receivers(2026)) == [person]


def test_it_books_a_fund_whose_recommender_is_not_known(live):
    gift = offline.record(of_a_fund(name="", email=""))
    assert gift.giver() == SPONSOR and gift.supporter is None and not Letter.objects.exists()
    text = read(papers.receipt(gift.receipts.get()).content)
    assert squeezed(SPONSOR) in text and "Recommendedby" not in text


def test_it_describes_shares_and_states_their_value_on_nothing_that_the_giver_reads(live):
    gift = offline.record(of_shares())
    for text in told(gift):
        assert "2,314.75" not in text and "2314.75" not in text and "$" not in text, text
    for text in told(gift)[:3]:
        assert "25.5sharesofExampleCorporation(EXMP)" in text and "1March2026" in text
        assert "Westatenovalueforit." in text and "Nogoodsorservices" in text
    assert "withoutastatedvalue" in told(gift)[3]
    assert LedgerEntry.objects.raised() == {"USD": STREET_PRICE} and wrong() == []
    (part,) = statements.of(gift.supporter.pk, 2026).parts
    assert part.totals == [] and part.rows[0].plain == "" and "25.5 shares" in part.rows[0].words
    assert "2,314.75" not in read(papers.statement(statements.of(gift.supporter.pk, 2026)).content)


def test_it_says_that_nothing_is_left_of_shares_that_were_taken_back(live):
    gift = offline.record(of_shares())
    offline.take_back(gift)
    letter, _html, paper, page = told(gift)
    assert "Whatremainsofthegift:nothing" in letter and "nothingisleftofit" in page
    assert "2,314.75" not in letter + paper + page and "$0.00" not in letter + paper + page
    assert statements.of(gift.supporter.pk, 2026).parts == [] and wrong() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"method": "daf"}, "sponsor"),
        ({"method": "daf", "sponsor": SPONSOR, "company": "King Ltd"}, "company"),
        ({"method": "daf", "sponsor": SPONSOR, "benefit": "Dinner", "benefit_value": "20"}, "benefit"),
        ({"sponsor": SPONSOR}, "sponsor"),
        ({"method": "shares", "shares": "25"}, "security"),
        ({"method": "shares", "security": "Example"}, "shares"),
        ({"method": "shares", "security": "Example", "shares": "-2"}, "shares"),
        ({"method": "shares", "security": "Example", "shares": "2", "amount": ""}, "amount"),
        ({"shares": "25"}, "shares"),
    ],
)
def test_it_asks_for_what_a_road_needs_and_for_nothing_else(charity, more, field):
    answer = signed_in("Finance").post(ENTER, typed(**more))
    assert answer.status_code == 422 and answer.context["form"].has_error(field) and not Gift.objects.exists()


def test_staff_enter_a_fund_and_shares_and_find_them_by_what_their_bank_calls_them(charity):
    staff = signed_in("Donor care")
    fund = typed(method="daf", sponsor=SPONSOR, name="", email="", bank_reference="GRANT-77")
    shares = typed(method="shares", shares="3", security="Example Corporation (EXMP)", bank_reference="DTC-9")
    for form in (fund, shares, typed(bank_reference="000417")):
        assert staff.post(ENTER, form).status_code == 302, form
    for word, method in (("grant-77", "daf"), ("giving fund", "daf"), ("exmp", "shares"), ("000417", "cheque")):
        found = staff.get("/admin/gift/", {"q": word}).context["object_list"]
        assert [gift.method for gift in found] == [method], word
    assert [gift.method for gift in staff.get("/admin/gift/?method=daf").context["object_list"]] == ["daf"]


def test_my_page_says_who_gave_what_was_recommended_and_values_no_shares(charity, till):
    offline.record(entry())
    offline.record(of_a_fund(amount=70_000))
    offline.record(of_shares())
    page = come_in("ada@donor.example").get("/my/").content.decode()
    assert f"given by {SPONSOR} as you recommended" in page and "25.5 shares of Example Corporation (EXMP)" in page
    assert "You have given $125.00 USD since" in page and "2,314.75" not in page


def test_a_supporters_page_has_what_was_recommended_apart(charity):
    gift = offline.record(entry())
    offline.record(of_a_fund(amount=70_000))
    text = signed_in("Donor care").get(f"/admin/supporter/inspect/{gift.supporter.pk}/").content.decode()
    assert "given by donor-advised funds as recommended" in text and "$700.00 USD" in text and "$825.00" not in text


def test_it_keeps_a_thing_in_kind_as_it_was(live):
    gift = offline.record(thing())
    assert gift.receipts.get().is_in_kind and gift.thing == "Forty folding chairs, used" and wrong() == []

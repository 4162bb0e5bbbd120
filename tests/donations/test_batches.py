"""Cheques of one paying-in slip: typed by keyboard, held against its control total, booked together or not at all."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from wagtail.models import ModelLogEntry

from config import retention_rules
from donations.books import audit
from donations.giving import batches
from donations.models import Batch, Currency, Fund, Gift, LedgerEntry, Receipt
from foundation.letters.models import Letter
from supporters import privacy_registry
from supporters.supporters import get_or_create_supporter
from tests.foundation.crowd import together
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
NEW = "/admin/gifts/batches/new/"


def sheet(*rows: dict[str, str], total: str = "175.50", count: str = "2", **more: str) -> dict[str, str]:
    """What the page posts: a slip of two cheques, $175.50 together."""
    slip = {"banked_on": "2026-03-02", "currency": str(Currency.objects.get(code="USD").pk), "total": total}
    found = {f"slip-{name}": text for name, text in {**slip, "count": count}.items()}
    for number, row in enumerate(rows or (ADA, BEA)):
        found |= {f"row-{number}-{name}": text for name, text in row.items()}
    return found | more


ADA = {"amount": "125.50", "name": "Ada King", "email": "ada@donor.example", "number": "000417"}
BEA = {"amount": "50", "name": "Bea Lind", "number": "88"}


def begun(staff, **posted: str) -> Batch:
    answer = staff.post(NEW, {"attempt": str(uuid.uuid4()), **posted})
    assert answer.status_code == 302
    return Batch.objects.get()


def address(batch: Batch) -> str:
    return f"/admin/gifts/batches/{batch.pk}/"


def press(staff, batch: Batch, **posted: str):
    batch.refresh_from_db()
    return staff.post(address(batch), {"version": str(batch.version), **posted})


def wrong() -> list[str]:
    return [line for check in audit.CHECKS for line in check()]


@pytest.mark.both
def test_it_books_a_slip_with_receipts_letters_and_one_line_in_the_log(charity):
    fund, staff = Fund.objects.create(name="Safe houses"), signed_in("Donor care")
    batch = begun(staff, **sheet(ADA, BEA | {"fund": str(fund.pk)}))
    assert not Gift.objects.exists(), "saved, and not booked"
    for _again in range(2):
        assert press(staff, batch, **sheet(ADA, BEA | {"fund": str(fund.pk)}), book="yes").status_code == 302
    ada, bea = Gift.objects.order_by("pk")
    assert (ada.total, ada.bank_reference, ada.supporter.email, ada.method) == (
        12_550, "000417", "ada@donor.example", "cheque")  # fmt: skip
    assert (bea.total, bea.fund, bea.supporter, bea.batch) == (5_000, fund, None, batch)
    assert LedgerEntry.objects.raised() == {"USD": 17_550} and Receipt.objects.count() == 2
    assert Letter.objects.get().to == "ada@donor.example" and wrong() == []
    batch.refresh_from_db()
    assert (batch.total, batch.count, batch.typed) == (17_550, 2, {}), "what was typed is in the gifts now"
    assert ModelLogEntry.objects.filter(action="staff.action").count() == 1
    page = staff.get(address(batch)).content.decode()
    for word in (ada.reference, bea.reference, "$175.50 USD", "000417", "Safe houses", "no address: print it"):
        assert word in page, word
    assert address(batch) in staff.get("/admin/gifts/batches/").content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"total": "200"}, ["$24.50 USD are missing."]),
        ({"total": "170"}, ["$5.50 USD are too much."]),
        ({"count": "3"}, ["1 too few cheques."]),
        ({"count": "1"}, ["1 too many cheques."]),
        ({"slip-banked_on": "0026-03-02"}, ["The slip is not filled in."]),
        ({"total": "", "count": "x"}, ["The slip is not filled in."]),
        ({"row-1-amount": "fifty"}, ["These rows cannot be read: 2.", "$50.00 USD are missing."]),
        ({"row-0-email": "ada@", "row-1-name": ""}, ["These rows cannot be read: 1, 2."]),
    ],
    ids=str,
)
def test_it_says_how_far_it_is_from_the_slip_books_nothing_and_keeps_all_that_was_typed(charity, change, said):
    staff = signed_in("Finance")
    batch = begun(staff, **sheet())
    slip = {f"slip-{name}" if name in ("total", "count") else name: text for name, text in change.items()}
    answer = press(staff, batch, **(sheet() | slip), book="yes")
    page = answer.content.decode()
    assert answer.status_code == 422 and "Nothing was booked" in page and not Gift.objects.exists()
    for sentence in said:
        assert sentence in page, sentence
    again = staff.get(address(batch)).content.decode()
    for text in (sheet() | slip).values():
        assert text == "" or f'value="{text}"' in again, text


def test_enter_saves_and_leads_to_the_next_empty_row_without_a_script(charity):
    staff = signed_in("Finance")
    page = staff.get(NEW).content.decode()
    assert page.count('name="row-') == 20 * 7 and re.search(r'name="slip-banked_on"[^>]*autofocus', page)
    assert "aria-invalid" not in page, "what nobody typed is not wrong"
    first = page.index('type="submit"', page.index('name="attempt"'))
    assert 'name="save"' in page[first : first + 120], "the first button of a form is what Enter presses"
    batch = begun(staff, **sheet())
    page = staff.get(address(batch)).content.decode()
    assert re.search(r'name="row-2-amount"[^>]*autofocus', page) and page.count("autofocus") == 1
    assert "Sum and number are those of the slip." in page and "$175.50 USD" in page


def test_it_shows_more_rows_at_a_press_and_keeps_what_was_typed(charity):
    staff = signed_in("Finance")
    batch = begun(staff, **sheet())
    answer = press(staff, batch, **sheet(), more="yes", rows="20")
    page = staff.get(answer["Location"]).content.decode()
    assert page.count('name="row-') == 40 * 7 and 'value="125.50"' in page


def test_it_finds_a_known_giver_by_the_address(charity):
    get_or_create_supporter("ada@donor.example", "Ada King")
    staff = signed_in("Finance")
    batch = begun(staff, **sheet(ADA | {"name": "", "email": "Ada@donor.example"}, BEA))
    assert press(staff, batch, **sheet(ADA | {"name": "", "email": "Ada@donor.example"}, BEA), book="yes")
    assert Gift.objects.order_by("pk").first().name == "Ada King" and Gift.objects.count() == 2


def test_it_loses_nothing_of_who_goes_back_to_the_empty_page_and_types_on(charity):
    staff, attempt = signed_in("Finance"), str(uuid.uuid4())
    staff.post(NEW, {"attempt": attempt, **sheet(ADA)})
    answer = staff.post(NEW, {"attempt": attempt, **sheet(ADA, BEA)})
    page, batch = answer.content.decode(), Batch.objects.get()
    assert answer.status_code == 409 and 'value="Bea Lind"' in page and f'action="{address(batch)}"' in page
    assert press(staff, batch, **sheet(ADA, BEA), book="yes").status_code == 302 and Gift.objects.count() == 2


@pytest.mark.both
def test_it_keeps_no_card_number_and_nothing_that_a_database_refuses(charity):
    batch = begun(signed_in("Finance"), **sheet(ADA | {"name": "4242 4242 4242 4242", "company": "a\0b" + "c" * 999}))
    row = batch.rows[0]
    assert "4242 4242" not in row["name"] and row["company"] == "ab" + "c" * 397


def test_a_form_that_is_sent_twice_begins_one_batch(charity):
    staff, attempt = signed_in("Finance"), str(uuid.uuid4())
    for _again in range(2):
        assert staff.post(NEW, {"attempt": attempt, **sheet()}).status_code == 302
    assert Batch.objects.count() == 1


def test_it_loses_nothing_when_two_type_into_one_batch(charity):
    staff = signed_in("Finance")
    batch = begun(staff, **sheet())
    press(staff, batch, **sheet(ADA, BEA | {"amount": "60"}))
    stale = {**sheet(ADA, BEA | {"amount": "70"}), "version": "1"}
    answer = staff.post(address(batch), stale)
    assert answer.status_code == 409 and 'value="70"' in answer.content.decode()
    batch.refresh_from_db()
    assert batch.rows[1]["amount"] == "60", "nobody’s rows are replaced unasked"
    assert staff.post(address(batch), stale | {"version": str(batch.version)}).status_code == 302
    batch.refresh_from_db()
    assert batch.rows[1]["amount"] == "70"


def test_it_says_of_a_booked_batch_what_became_of_its_gifts(charity):
    staff = signed_in("Finance")
    batch = begun(staff, **sheet())
    press(staff, batch, **sheet(), book="yes")
    staff.post(f"/admin/gift/inspect/{Gift.objects.last().pk}/take-back/", {"sure": "yes"})
    assert "together they are" in staff.get(address(batch)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_it_is_booked_once_as_a_whole_by_however_many(charity):
    usd = Currency.objects.get_or_create(code="USD")[0]
    batch = batches.begin("one", {"slip": {}, "rows": []}, None)
    slip = batches.Slip(timezone.now().date(), usd.code, 300, 3)
    cheques = [batches.Cheque(row, 100, f"Giver {row}") for row in range(3)]
    done = together(5, lambda number: batches.book(batch, slip, cheques))
    assert sorted(done) == [False] * 4 + [True]
    assert Gift.objects.count() == Receipt.objects.count() == 3 and wrong() == []
    other = batches.begin("two", {"slip": {}, "rows": []}, None)
    broken = [*cheques[:2], batches.Cheque(2, 100, "Giver", campaign=object())]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Campaign"):
        batches.book(other, slip, broken)
    assert Gift.objects.count() == Receipt.objects.count() == LedgerEntry.objects.count() == 3, "all or none"


@pytest.mark.both
def test_it_forgets_who_stood_in_a_batch_that_nobody_booked(charity):
    staff = signed_in("Finance")
    batch = begun(staff, **sheet())
    ada = get_or_create_supporter("ada@donor.example", "Ada King")
    assert "000417" in str(privacy_registry.export(ada)["donations"]["cheques being typed"])
    privacy_registry.erase(ada)
    batch.refresh_from_db()
    assert [row["name"] for row in batch.rows] == ["", "Bea Lind"] and batch.rows[0]["amount"] == "125.50"
    Batch.objects.update(saved_at=timezone.now() - timedelta(days=31))
    assert {rule.name: count for rule, count in retention_rules.run()}["drafts"] == 1
    assert not Batch.objects.exists()


def test_it_is_open_to_nobody_who_may_enter_no_gift(charity):
    staff, batch = signed_in("Editor"), batches.begin("one", {"slip": {}, "rows": []}, None)
    for path in ("/admin/gifts/batches/", NEW, address(batch)):
        assert staff.get(path).status_code in (302, 403) and staff.post(path, sheet()).status_code in (302, 403, 405)
    assert Batch.objects.get().rows == []

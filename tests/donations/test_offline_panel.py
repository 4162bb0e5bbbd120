"""Staff enter gifts that came without Stripe, take them back, print receipts, and send the statements of a year."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from wagtail.models import ModelLogEntry

from donations.books import audit
from donations.giving import offline
from donations.models import Currency, Fund, Gift, LedgerEntry, Receipt
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from tests.donations.test_offline import entry, thing
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
ENTER = "/admin/gifts/enter/"


def typed(**more: object) -> dict[str, object]:
    known = {"attempt": str(uuid.uuid4()), "method": "cheque", "received_on": "2026-03-01", "amount": "1,250.00"}
    return {
        **known,
        "currency": Currency.objects.get(code="USD").pk,
        "name": "Ada King",
        "email": "ada@donor.example",
    } | more


def in_kind(**more: object) -> dict[str, object]:
    return typed(method="in_kind", amount="", currency="", description="Forty folding chairs, used") | more


@pytest.mark.parametrize("role", ["Donor care", "Finance", "Administrator"])
@pytest.mark.parametrize("method", ["cheque", "cash", "transfer"])
def test_it_enters_a_gift_once_with_its_receipt_and_a_line_in_the_log(charity, role, method):
    fund, staff = Fund.objects.create(name="Safe houses"), signed_in(role)
    assert 'name="attempt"' in staff.get(ENTER).content.decode()
    form = typed(method=method, fund=fund.pk)
    for _again in range(2):
        assert staff.post(ENTER, form).status_code == 302
    gift = Gift.objects.get()
    assert (gift.total, gift.currency, gift.method, gift.fund) == (125_000, "USD", method, fund)
    assert Receipt.objects.get().designation == "Safe houses" and Letter.objects.count() == 1
    line = ModelLogEntry.objects.get(action="staff.action")
    assert line.user.email.startswith(role.lower().replace(" ", "-")) and "$1,250.00 USD" in line.message
    assert [wrong for check in audit.CHECKS for wrong in check()] == []


def test_it_describes_a_gift_in_kind_and_keeps_no_sum(charity):
    assert signed_in("Finance").post(ENTER, in_kind()).status_code == 302
    assert Receipt.objects.get().description == "Forty folding chairs, used" and not LedgerEntry.objects.exists()


def test_it_refuses_what_makes_no_sense_and_keeps_what_was_typed(charity):
    staff, tomorrow = signed_in("Finance"), Organisation.load().today() + timedelta(days=1)
    wrong = [
        *[typed(amount=amount) for amount in ("", "0", "-5", "ten", "1.000")],
        *[typed(currency=""), typed(received_on=tomorrow.isoformat()), typed(received_on="soon"), typed(name="")],
        typed(received_on="0026-03-01"),  # what a browser makes of a year of two digits
        *[typed(method="stripe"), typed(description="chairs"), typed(attempt="")],
        *[in_kind(amount="40"), in_kind(description="")],
    ]
    for form in wrong:
        answer = staff.post(ENTER, form)
        assert answer.status_code == 422 and "ada@donor.example" in answer.content.decode(), form
    assert not Gift.objects.exists()


def test_it_lets_editors_neither_enter_nor_take_back_nor_read(charity):
    gift, staff = offline.record(entry()), signed_in("Editor")
    for address in (ENTER, f"/admin/gift/inspect/{gift.pk}/take-back/", "/admin/statements/2026/"):
        assert staff.post(address, typed()).status_code in (302, 403)
    assert staff.get(f"/admin/receipts/{gift.receipts.get().pk}.pdf").status_code in (302, 403)
    assert Gift.objects.count() == 1 and LedgerEntry.objects.raised() == {"USD": 12_500}


def test_it_takes_a_gift_back_after_asking_and_only_once(charity):
    gift, staff = offline.record(entry()), signed_in("Finance")
    address = f"/admin/gift/inspect/{gift.pk}/take-back/"
    assert "Take $125.00 USD back?" in staff.get(address).content.decode()
    assert LedgerEntry.objects.raised() == {"USD": 12_500}, "looking takes nothing back"
    for _again in range(2):
        assert staff.post(address, {"sure": "yes"}).status_code == 302
    assert LedgerEntry.objects.raised() == {"USD": 0} and Receipt.objects.count() == 2
    assert ModelLogEntry.objects.filter(action="staff.action").count() == 1


def test_it_takes_nothing_in_kind_back(charity):
    gift, staff = offline.record(thing()), signed_in("Finance")
    assert "take-back" not in staff.get(f"/admin/gift/inspect/{gift.pk}/").content.decode()


def test_it_hands_staff_the_receipt_to_print(charity):
    document, staff = offline.record(entry(email="")).receipts.get(), signed_in("Donor care")
    address = f"/admin/receipts/{document.pk}.pdf"
    assert address in staff.get(f"/admin/receipt/inspect/{document.pk}/").content.decode()
    answer = staff.get(address)
    assert answer.content.startswith(b"%PDF-") and document.label in answer["Content-Disposition"]


def test_it_sends_the_statements_of_a_year_by_one_button_and_shows_how_far_they_are(charity):
    offline.record(entry())
    offline.record(entry("second", email="bea@donor.example"))
    staff, address = signed_in("Finance"), "/admin/statements/2026/"
    run_due()
    mail.outbox.clear()
    page = staff.get(address)
    assert "Write and send 2 statements" in page.content.decode() and "Refresh" not in page
    for _again in range(2):
        assert staff.post(address).status_code == 302
    page = staff.get(address)
    assert "being written" in page.content.decode() and page["Refresh"]
    run_due()
    assert sorted(message.to[0] for message in mail.outbox) == ["ada@donor.example", "bea@donor.example"]
    after = staff.get(address).content.decode()
    assert 'max="2" value="2"' in after and "Nothing is left to write" in after and "Write and send" not in after
    assert ModelLogEntry.objects.filter(action="staff.action").count() == 1
    assert staff.get("/admin/statements/2199/").status_code == 404


def test_it_enters_what_the_giver_received_in_return_with_an_estimate_and_neither_alone(charity):
    staff, dinner = signed_in("Finance"), {"benefit": "Two seats at the dinner", "benefit_value": "80"}
    for wrong in (
        typed(benefit="Two seats"),
        typed(benefit_value="80"),
        typed(**dinner | {"benefit_value": "1,250"}),
        typed(**dinner | {"benefit_value": "much"}),
        in_kind(**dinner),
    ):
        assert staff.post(ENTER, wrong).status_code == 422, wrong
    assert not Gift.objects.exists()
    assert staff.post(ENTER, typed(**dinner)).status_code == 302
    said = "Two seats at the dinner. In good faith we estimate that this is worth $80.00 USD."
    assert said in Receipt.objects.get().goods_statement and said in Letter.objects.get().text
    page = staff.get(f"/admin/gift/inspect/{Gift.objects.get().pk}/").content.decode()
    assert "Two seats at the dinner" in page and "$80.00 USD" in page

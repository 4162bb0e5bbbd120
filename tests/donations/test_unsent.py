"""Weeks without Stripe's events: staff see it, and one act mails every donor the receipt that is missing."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from donations.models import Gift, Receipt
from donations.reconcile import runs, unsent
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from tests.donations.test_comparison import figure
from tests.staff.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.finding, pytest.mark.usefixtures("unhurried")]
UNSENT, SILENT = "paid gifts without a receipt letter", "payments since Stripe&#x27;s last event"


@pytest.fixture
def silence(donor, till):
    """One gift of which we were told, then none: three gifts, one given back whole and one in part."""
    donor.gave("once", "20", email="told@donor.example")
    till.advance(60)
    for number in range(3):
        donor.paid("once", str(25 + number), email=f"a{number}@donor.example")
    donor.pay(donor.give("monthly", "30", email="m@donor.example"))
    _told, whole, part, _left, _monthly = [intent["id"] for intent in till.objects("payment_intent")]
    till.refund(whole)
    till.refund(part, amount=600)
    runs.run(apply=True)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        yield till


def receipts() -> list[tuple[str, str]]:
    return sorted(Letter.objects.filter(template__startswith="receipt").values_list("to", "template"))


WRITTEN = [
    ("a1@donor.example", "receipt_corrected"),
    ("a2@donor.example", "receipt"),
    ("m@donor.example", "receipt_monthly"),
    ("told@donor.example", "receipt"),
]


def test_it_shows_on_the_front_page_that_stripe_went_silent(silence):
    unsent.count()  # as the worker does each hour
    assert (figure(UNSENT), figure(SILENT)) == ("3", "4")
    silence.tell()
    assert figure(SILENT) == "0"


def test_it_shows_nothing_while_all_is_told(donor, till):
    donor.gave("once", "25")
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert (figure(UNSENT), figure(SILENT)) == ("0", "0")


@pytest.mark.both
def test_it_sends_by_one_press_what_was_shown_before_it_and_nothing_twice(silence):
    staff = signed_in("Donor care")
    page = staff.get("/admin/unsent-receipts/").content.decode()
    assert "3 receipts would be sent" in page and len(receipts()) == 1
    shown = {name for name in ("told", "a0", "a1", "a2", "m") if f"{name}@donor.example" in page}
    assert shown == {"a1", "a2", "m"}
    unsent.count()
    assert unsent.last_count() == 3
    for _double_click in range(2):
        assert staff.post("/admin/unsent-receipts/").status_code == 302
    run_due()
    assert receipts() == WRITTEN and unsent.gifts().count() == unsent.last_count() == 0
    corrected = Letter.objects.get(template="receipt_corrected")
    assert Receipt.objects.get(gift__email="a1@donor.example", total=2000).label in corrected.subject
    staff.post("/admin/unsent-receipts/")
    run_due()
    silence.tell()  # the events come after all
    assert receipts() == sorted([*WRITTEN, ("a0@donor.example", "receipt")]), "beside the letter that it went back"
    assert signed_in("Editor").get("/admin/unsent-receipts/").status_code in (302, 403)


def test_it_sends_by_hand_only_when_told_to(silence, monkeypatch):
    monkeypatch.setattr(unsent, "STEP", 2)
    out = StringIO()
    call_command("send_receipts", stdout=out)
    assert "3 receipts to write" in out.getvalue() and len(receipts()) == 1
    assert Gift.objects.get(email="m@donor.example").reference in out.getvalue()
    call_command("send_receipts", "--send", stdout=out)
    assert receipts() == WRITTEN and "0 are left" in out.getvalue()


def test_it_leaves_alone_whom_it_cannot_or_may_not_write_to(silence):
    Gift.objects.filter(email="m@donor.example").update(email="")
    Gift.objects.filter(email="a1@donor.example").update(livemode=True)
    Gift.objects.filter(email="a2@donor.example").update(method="cheque")
    assert unsent.gifts().count() == 0

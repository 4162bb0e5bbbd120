"""The whole way of a gift, through real HTTP to the offline Stripe and back."""

import pytest

from donations.models import Gift, LedgerEntry, Plan, Receipt
from foundation.letters.models import Letter
from tests.stripe_sandbox.driver import Declined

pytestmark = [pytest.mark.django_db, pytest.mark.finding]


def test_it_takes_a_gift_once_from_the_form_to_the_receipt(donor, till):
    thanks = donor.pay(donor.give("once", "25", name="Ada Lovelace"))
    assert "Your gift has arrived" in thanks.content.decode()

    till.tell()

    gift = Gift.objects.get()
    assert (gift.status, gift.frequency, gift.total, gift.currency) == ("paid", "once", 2500, "USD")
    rows = {entry.kind: (entry.amount, entry.settled) for entry in LedgerEntry.objects.all()}
    assert rows == {"charge": (2500, 2500), "fee": (-103, -103)}
    receipt = Receipt.objects.get()
    assert receipt.label.startswith("DEMO-") and receipt.label.endswith("-000001")
    letter = Letter.objects.get()
    assert letter.to == "ada@donor.example"
    assert "$25.00 USD" in letter.text and "$25.00 USD" in letter.html
    assert gift.supporter.email == "ada@donor.example"
    assert "Your gift has arrived" in donor.client.get(f"/give/thanks/?session={gift.session_id}").content.decode()


def test_it_takes_a_monthly_gift_and_each_month_is_a_gift(donor, till):
    donor.gave("monthly", "30", cover_fee="on")

    plan, gift = Plan.objects.get(), Gift.objects.get()
    assert (gift.status, gift.total, gift.fee_cover, gift.plan) == ("paid", 3120, 120, plan)
    assert (plan.status, plan.amount, plan.fee_cover, plan.supporter) == ("active", 3000, 120, gift.supporter)
    assert "every month" in Letter.objects.get().text or "monthly" in Letter.objects.get().text

    till.advance(32 * 86400)
    till.tell()

    gifts = list(Gift.objects.order_by("id"))
    assert [(each.status, each.total, each.fee_cover, each.plan_id) for each in gifts] == [
        ("paid", 3120, 120, plan.pk)
    ] * 2
    assert Receipt.objects.count() == 2 and Letter.objects.count() == 2
    assert LedgerEntry.objects.filter(kind="charge").count() == 2


def test_it_takes_a_gift_after_a_declined_card(donor, till):
    answer = donor.give("once", "40")
    with pytest.raises(Declined):
        donor.pay(answer, card="4000000000000002")
    till.tell()
    assert Gift.objects.get().status == "started" and not LedgerEntry.objects.exists()

    donor.pay(answer)
    till.tell()
    assert Gift.objects.get().status == "paid" and LedgerEntry.objects.filter(kind="charge").count() == 1

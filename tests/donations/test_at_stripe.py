"""What becomes of our books when things at Stripe are unlike what we expect: other currencies, archived, deleted."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from donations.letters import plan_letters
from donations.models import Dispute, Gift, LedgerEntry, Plan, Receipt, StripeTrouble
from donations.monthly import changes
from donations.stripe import account, client
from donations.stripe.errors import StripeRefusedError
from donations.webhooks import events
from foundation.letters.models import Letter
from tests.donations.agreement import disagreements
from tests.donations.test_refunds import balanced, rows
from tests.narrowing import not_none
from tests.staff.users import member

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DAY = 86400
ARRIVES = "000123456789"
# What $1 settles: the offline Stripe's fixed rates. 1 EUR is 1.08 USD, 1 JPY 0.0067 USD.
ABROAD = {"EUR": ("25", 2500, 2700), "JPY": ("3000", 3000, 2010)}


def abroad(donor, till, code: str) -> Gift:
    """A gift in another currency than the account's, whose money settles in dollars."""
    amount, total, settled = ABROAD[code]
    donor.gave("once", amount, code=code, name="Ada Lovelace")
    gift = Gift.objects.get()
    assert rows()["charge"] == (total, settled)
    return gift


@pytest.mark.both
@pytest.mark.parametrize("code", ABROAD)
def test_it_books_fee_and_refunds_in_both_currencies(donor, till, code):
    gift = abroad(donor, till, code)
    _amount, total, settled = ABROAD[code]
    fee = LedgerEntry.objects.get(kind="fee")
    assert (fee.currency, fee.settled_currency) == ("USD", "USD") and fee.amount == not_none(fee.settled) < 0
    till.refund(gift.payment_intent_id, amount=total // 3)
    till.tell()
    first = LedgerEntry.objects.get(kind="refund")
    assert (first.amount, first.currency, first.settled_currency) == (-(total // 3), code, "USD")
    assert first.settled == -(settled // 3) and LedgerEntry.objects.raised() == {code: total - total // 3}
    till.refund(gift.payment_intent_id)
    till.tell()
    assert LedgerEntry.objects.kept(gift) == (0, 0) and LedgerEntry.objects.raised() == {code: 0}
    assert sum(map(not_none, LedgerEntry.objects.filter(kind="refund").values_list("settled", flat=True))) == -settled
    assert Receipt.objects.get(replaced_by=None).currency == code and Receipt.objects.count() == 3
    assert balanced(till) and disagreements() == []


@pytest.mark.parametrize("code", ABROAD)
@pytest.mark.parametrize("ends", ["won", "lost"])
def test_it_books_a_dispute_in_both_currencies(donor, till, code, ends):
    gift = abroad(donor, till, code)
    _amount, total, settled = ABROAD[code]
    dispute = till.dispute(gift.payment_intent_id)
    till.tell()
    assert rows()["dispute"] == (-total, -settled)
    cost = LedgerEntry.objects.get(kind="fee", stripe_object=dispute["id"])
    assert (cost.amount, cost.currency, cost.settled_currency) == (-1500, "USD", "USD")
    till.sandbox.end_dispute(dispute["id"], ends, till.tenant)
    till.tell()
    left = total if ends == "won" else 0
    assert LedgerEntry.objects.raised() == {code: left} and Receipt.objects.get(replaced_by=None).total == left
    assert balanced(till) and disagreements() == []


def test_it_tells_staff_of_a_fraud_warning_once_and_no_donor(donor, till):
    member("Finance")
    donor.gave("once", "25", card="4000000000005423")
    till.tell([{**event, "id": event["id"] + "Twin"} for event in till.events()])
    told = Letter.objects.filter(template="staff_notice")
    assert told.count() == 1 and Gift.objects.get().reference in told.get().text
    assert "may spare a dispute" in told.get().text and "ada@donor.example" not in told.get().text
    assert Dispute.objects.waiting().get().kind == "warning"
    assert list(Letter.objects.exclude(template="staff_notice").values_list("template", flat=True)) == ["receipt"]


@pytest.mark.truths("debit_return")
@pytest.mark.parametrize("how", ["dispute", "failure"])
def test_it_corrects_the_receipt_of_a_bank_debit_that_was_taken_back_and_tells_once(donor, till, how):
    """After its receipt. Stripe tells it as a dispute that is lost at once, or as a charge that failed after all."""
    answer = donor.give("once", "25", name="Ada Lovelace", cover_fee="on")
    till.sandbox.debit(answer["Location"], ARRIVES)
    till.advance(5 * DAY)
    till.tell()
    gift, first = Gift.objects.get(), Receipt.objects.get()
    assert gift.is_paid and first.total == gift.total and Letter.objects.get().template == "receipt"
    if how == "dispute":
        dispute = till.dispute(gift.payment_intent_id, reason="debit_not_authorized")
        till.sandbox.end_dispute(dispute["id"], "lost", till.tenant)
    else:
        till.sandbox.return_debit(till.tenant, payment_intent=gift.payment_intent_id)
    till.tell()
    till.tell([{**event, "id": event["id"] + "Twin"} for event in till.events()])
    assert LedgerEntry.objects.kept(gift) == (0, 0) and LedgerEntry.objects.raised() == {"USD": 0}
    second = Receipt.objects.get(replaced_by=None)
    assert (second.total, second.replaces) == (0, first) and Receipt.objects.count() == 2
    first.refresh_from_db()
    assert first.total == gift.total
    letter = Letter.objects.get(template="debit_failed")
    assert letter.to == gift.email and first.label in letter.text and second.label in letter.text
    assert Letter.objects.count() == 2 and balanced(till) and disagreements() == []
    gift.refresh_from_db()
    assert gift.status == "paid", "a status never goes back; what came back is read from the ledger"


def test_it_takes_gifts_when_somebody_archived_our_products(donor, till):
    for frequency, ident in (("once", "road_out_gift_once"), ("monthly", "road_out_gift_monthly")):
        donor.paid(frequency, "30")
        client.request(client.v1().products.update, ident, {"active": False})
        donor.gave(frequency, "31", email="grace@donor.example")
    assert Gift.objects.paid().count() == 4 and balanced(till)


def test_it_takes_a_gift_when_somebody_deleted_our_product(donor, till):
    """Stripe deletes a product only before its first price: between setting up and the first gift."""
    account.set_up(events.HANDLERS)
    client.request(client.v1().products.delete, "road_out_gift_once")
    donor.gave("once", "31")
    assert Gift.objects.get().is_paid and balanced(till)


def test_it_still_says_no_where_stripe_refuses_for_another_reason(donor, till):
    """The product stands, so nothing is tried a second time."""
    donor.give("once", "30")
    assert donor.give("once", "30", email="ada@-.example").status_code == 200
    assert len(list(client.each(client.v1().checkout.sessions.list, {}))) == 1


@pytest.fixture
def plan(donor, till) -> Plan:
    donor.gave("monthly", "30", name="Ada Lovelace")
    return Plan.objects.get()


def test_it_renews_and_changes_a_monthly_gift_whose_price_and_product_were_archived(plan, till):
    subscription = client.get(client.v1().subscriptions.retrieve, plan.subscription_id)
    price = subscription["items"]["data"][0]["price"]
    client.request(client.v1().prices.update, price["id"], {"active": False})
    client.request(client.v1().products.update, price["product"], {"active": False})
    till.advance(32 * DAY)
    till.tell()
    assert Gift.objects.paid().count() == Receipt.objects.count() == 2
    assert changes.change_amount(plan, 4500).total == 4500
    with time_machine.travel(timezone.now() + timedelta(days=32)):
        till.advance(31 * DAY)
        till.tell()
    assert sorted(Gift.objects.paid().values_list("total", flat=True)) == [3000, 3000, 4500] and balanced(till)


def test_it_ends_a_monthly_gift_whose_customer_was_deleted_and_keeps_its_books(plan, till):
    client.request(client.v1().customers.delete, plan.customer_id)
    with pytest.raises(StripeRefusedError):
        client.request(client.v1().customers.update, plan.customer_id, {"name": "x"})
    till.tell()
    plan.refresh_from_db()
    assert plan.status == "ended" and Letter.objects.filter(template="plan_ended").count() == 1
    till.refund(Gift.objects.get().payment_intent_id, amount=500)
    till.tell()
    assert LedgerEntry.objects.raised() == {"USD": 2500} and balanced(till) and disagreements() == []


def test_it_says_that_the_gift_has_ended_when_the_card_page_is_asked_for_a_deleted_customer(plan, till):
    """The link was mailed before, and nobody told us of the deletion yet."""
    Plan.objects.update(status="past_due", past_due_since=timezone.now())
    plan.refresh_from_db()
    address = plan_letters.card_link(plan).text.split("/give/card/")[1].split()[0]
    client.request(client.v1().customers.delete, plan.customer_id)
    answer = Client().post(f"/give/card/{address}")
    assert answer.status_code == 404 and "This monthly gift has ended" in answer.content.decode()
    plan.refresh_from_db()
    assert plan.status == "ended" and not StripeTrouble.objects.exists()
    till.tell()
    assert Client().post(f"/give/card/{address}").status_code == 404
    assert Letter.objects.filter(template="plan_ended").count() == 1

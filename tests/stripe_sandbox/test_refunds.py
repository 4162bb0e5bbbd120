"""Refunds: slow ones, failed ones, those of the Dashboard, and money that is not there to be refunded."""

import pytest
import stripe

from tests.stripe_sandbox.shop import Shop, id_of

SLOW, FAILS = "4000000000007726", "4000000000005126"
TURNED = ["refund.updated", "charge.refund.updated"]


def net(shop: Shop) -> int:
    return sum(one.net for one in shop.v1.balance_transactions.list({"limit": 100}).data)


def test_it_refunds_some_cards_only_after_a_while(shop: Shop) -> None:
    gift = shop.give(card=SLOW)
    before = len(shop.events())
    made = shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent), "amount": 500})
    assert (made.status, made.pending_reason) == ("pending", "processing")
    shop.advance(1)
    found = shop.v1.refunds.retrieve(made.id)
    assert found.status == "succeeded" and "pending_reason" not in found
    assert shop.kinds(before) == ["charge.refunded", "refund.created", *TURNED]


def test_it_takes_a_refund_back_that_failed_later(shop: Shop) -> None:
    gift = shop.give(2500, "eur", card=FAILS)
    paid, before = net(shop), len(shop.events())
    made = shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent)})
    assert made.status == "succeeded" and net(shop) == paid - 2700
    shop.advance(1)
    failed = shop.v1.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction.source", "charge"]})
    back = failed.failure_balance_transaction
    assert (failed.status, failed.failure_reason) == ("failed", "unknown")
    assert (back.type, back.reporting_category, back.amount) == ("refund_failure", "refund_failure", 2700)
    assert back.source.id == made.id and net(shop) == paid
    assert (failed.charge.amount_refunded, failed.charge.refunded) == (0, False)
    assert shop.kinds(before) == ["charge.refunded", "refund.created", *TURNED, "refund.failed"]
    assert shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent)}).amount == 2500


def test_it_tells_what_a_refund_was_before(shop: Shop) -> None:
    gift = shop.give(card=SLOW)
    shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent)})
    shop.advance(1)
    updated = next(event for event in shop.events() if event["type"] == "refund.updated")
    assert updated["data"]["previous_attributes"]["status"] == "pending"


def test_it_makes_refunds_of_the_dashboard(shop: Shop) -> None:
    gift = shop.give()
    made = shop.sandbox.refund(shop.tenant, payment_intent=gift.payment_intent, amount=700, reason="duplicate")
    assert shop.v1.refunds.retrieve(made["id"]).reason == "duplicate"
    assert shop.events()[-1]["request"] == {"id": None, "idempotency_key": None}
    with pytest.raises(ValueError, match="greater than unrefunded"):
        shop.sandbox.refund(shop.tenant, charge=made["charge"], amount=1801)
    with pytest.raises(ValueError, match="refunds takes"):
        shop.sandbox.refund(shop.tenant, charge=made["charge"], sum=1)


def test_it_lets_a_refund_fail_on_order_whatever_the_card(shop: Shop) -> None:
    made = shop.sandbox.refund(shop.tenant, payment_intent=shop.give().payment_intent)
    shop.sandbox.turn_refund(made["id"], "failed", shop.tenant, reason="expired_or_canceled_card")
    assert shop.v1.refunds.retrieve(made["id"]).failure_reason == "expired_or_canceled_card"
    shop.sandbox.turn_refund(made["id"], "failed", shop.tenant)
    assert len(shop.v1.balance_transactions.list({"type": "refund_failure"}).data) == 1


def test_it_cancels_only_refunds_that_wait_for_somebody(shop: Shop) -> None:
    gift = shop.give()
    waits = shop.sandbox.refund(shop.tenant, payment_intent=gift.payment_intent, amount=900, status="requires_action")
    assert shop.v1.refunds.cancel(waits["id"]).status == "canceled"
    done = shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent)})
    assert done.amount == 2500
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        shop.v1.refunds.cancel(done.id)


def test_it_keeps_metadata_of_refunds(shop: Shop) -> None:
    made = shop.v1.refunds.create({"payment_intent": id_of(shop.give().payment_intent), "metadata": {"a": "1"}})
    found = shop.v1.refunds.update(made.id, {"metadata": {"b": "2"}})
    assert found.metadata.to_dict() == {"a": "1", "b": "2"} and shop.kinds()[-2:] == TURNED


def test_it_marks_a_charge_that_was_refunded_as_fraud(shop: Shop) -> None:
    made = shop.v1.refunds.create({"payment_intent": id_of(shop.give().payment_intent), "reason": "fraudulent"})
    assert shop.v1.charges.retrieve(id_of(made.charge)).fraud_details.user_report == "fraudulent"


def test_it_does_not_refund_what_was_never_paid(shop: Shop) -> None:
    session = shop.checkout()
    with pytest.raises(Exception, match="declined"):
        shop.sandbox.pay(session.url, "4000000000000002")
    failed = shop.v1.charges.list().data[0]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.refunds.create({"charge": failed.id})
    assert refusal.value.code == "charge_not_refundable"

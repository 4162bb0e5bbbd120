"""Disputes: money withdrawn with a fee, evidence, every ending; inquiries; early fraud warnings."""

import pytest
import stripe

from tests.stripe_sandbox.shop import Shop, id_of

FRAUD, NOT_RECEIVED, INQUIRY, WARNED = "4000000000000259", "4000000000002685", "4000000000001976", "4000000000005423"
BEGUN = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def disputed(shop: Shop, card: str = FRAUD, *gift: object) -> stripe.Dispute:
    intent = id_of(shop.give(*gift, card=card).payment_intent)
    return shop.v1.disputes.list({"payment_intent": intent}).data[0]


@pytest.mark.parametrize(("card", "reason"), [(FRAUD, "fraudulent"), (NOT_RECEIVED, "product_not_received")])
def test_it_withdraws_the_money_and_a_fee(shop: Shop, card: str, reason: str) -> None:
    dispute = disputed(shop, card, 2500, "eur")
    assert (dispute.status, dispute.reason, dispute.amount, dispute.currency) == (
        "needs_response", reason, 2500, "eur",
    )  # fmt: skip
    taken = shop.v1.balance_transactions.list({"source": dispute.id}, {}).data[0]
    assert (taken.type, taken.reporting_category, taken.currency) == ("adjustment", "dispute", "usd")
    assert (taken.amount, taken.fee, taken.net) == (-2700, 1500, -4200)
    assert [one.id for one in dispute.balance_transactions] == [taken.id]
    assert shop.kinds()[-2:] == BEGUN
    charge = shop.v1.charges.retrieve(id_of(dispute.charge))
    assert charge.disputed and charge.amount_refunded == 0
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.refunds.create({"charge": charge.id})
    assert refusal.value.code == "charge_disputed"


@pytest.mark.parametrize(
    ("words", "status", "events", "net"),
    [
        ("winning_evidence", "won", ["charge.dispute.closed", "charge.dispute.funds_reinstated"], 0),
        ("losing_evidence", "lost", ["charge.dispute.closed"], -4000),
    ],
)
def test_it_judges_evidence(shop: Shop, words: str, status: str, events: list[str], net: int) -> None:
    dispute = disputed(shop)
    before = len(shop.events())
    sent = shop.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    shop.advance(1)
    ended = shop.v1.disputes.retrieve(dispute.id, {"expand": ["charge"]})
    assert ended.status == status and sum(one.net for one in ended.balance_transactions) == net
    assert shop.kinds(before) == ["charge.dispute.updated", *events]


def test_it_keeps_evidence_that_is_not_sent_yet(shop: Shop) -> None:
    dispute = disputed(shop)
    kept = shop.v1.disputes.update(
        dispute.id, {"evidence": {"customer_name": "Ada"}, "submit": False, "metadata": {"case": "7"}}
    )
    assert (kept.status, kept.evidence_details.has_evidence, kept.metadata["case"]) == ("needs_response", True, "7")
    shop.advance(14)
    found = shop.v1.disputes.retrieve(dispute.id)
    assert (found.status, found.evidence_details.past_due) == ("lost", True)


def test_it_lets_a_dispute_go_only_once(shop: Shop) -> None:
    dispute = disputed(shop)
    assert shop.v1.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="closed"):
        shop.v1.disputes.close(dispute.id)
    with pytest.raises(stripe.InvalidRequestError, match="closed"):
        shop.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "late"}})


def test_it_takes_no_money_for_an_inquiry(shop: Shop) -> None:
    inquiry = disputed(shop, INQUIRY)
    assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])
    assert inquiry.is_charge_refundable and shop.kinds()[-1] == "charge.dispute.created"
    shop.v1.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    shop.advance(1)
    assert shop.v1.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert shop.v1.balance_transactions.list({"type": "adjustment"}).data == []


def test_it_ends_an_inquiry_by_a_full_refund(shop: Shop) -> None:
    inquiry = disputed(shop, INQUIRY)
    shop.v1.refunds.create({"charge": id_of(inquiry.charge)})
    assert shop.v1.disputes.retrieve(inquiry.id).status == "warning_closed"


def test_it_escalates_an_inquiry(shop: Shop) -> None:
    inquiry = disputed(shop, INQUIRY)
    before = len(shop.events())
    shop.v1.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    shop.advance(1)
    found = shop.v1.disputes.retrieve(inquiry.id)
    assert found.status == "needs_response" and found.balance_transactions[0].net == -4000
    assert shop.kinds(before) == ["charge.dispute.updated", "charge.dispute.updated", BEGUN[1]]


def test_it_disputes_any_charge_on_order(shop: Shop) -> None:
    gift = shop.give()
    shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent), "amount": 500})
    begun = shop.sandbox.dispute(shop.tenant, payment_intent=gift.payment_intent, reason="duplicate")
    assert (begun["amount"], begun["reason"]) == (2000, "duplicate")
    with pytest.raises(ValueError, match="cannot be disputed"):
        shop.sandbox.dispute(shop.tenant, charge=begun["charge"])
    with pytest.raises(ValueError, match="cannot become warning_closed"):
        shop.sandbox.end_dispute(begun["id"], "warning_closed", shop.tenant)
    shop.sandbox.end_dispute(begun["id"], "won", shop.tenant)
    assert shop.v1.refunds.create({"charge": begun["charge"]}).amount == 2000


def test_it_disputes_a_renewal_too(shop: Shop) -> None:
    shop.monthly(card=FRAUD)
    shop.advance(32)
    assert len(shop.v1.disputes.list().data) == 2


def test_it_warns_of_fraud_until_the_charge_is_dealt_with(shop: Shop) -> None:
    gift = shop.give(card=WARNED)
    warning = shop.v1.radar.early_fraud_warnings.list({"payment_intent": id_of(gift.payment_intent)}).data[0]
    assert warning.actionable and warning.fraud_type == "made_with_stolen_card"
    assert shop.kinds()[-1] == "radar.early_fraud_warning.created"
    shop.v1.refunds.create({"charge": id_of(warning.charge)})
    found = shop.v1.radar.early_fraud_warnings.retrieve(warning.id, {"expand": ["charge"]})
    assert not found.actionable and found.charge.refunded
    assert shop.kinds()[-1] == "radar.early_fraud_warning.updated"


def test_it_warns_of_any_charge_on_order(shop: Shop) -> None:
    gift = shop.give()
    warning = shop.sandbox.fraud_warning(shop.tenant, payment_intent=gift.payment_intent, fraud_type="misc")
    shop.sandbox.dispute(shop.tenant, charge=warning["charge"])
    assert not shop.v1.radar.early_fraud_warnings.retrieve(warning["id"]).actionable

"""Payouts: what each is made of, to the cent; fees, adjustments and other people's money; the balance."""

import pytest
import stripe

from tests.stripe_sandbox.shop import Shop, id_of

LIFE = ["payout.created", "payout.reconciliation_completed", "payout.paid"]


def parts(shop: Shop, payout: str) -> list[stripe.BalanceTransaction]:
    return shop.v1.balance_transactions.list({"payout": payout, "limit": 100, "expand": ["data.source"]}).data


def test_it_pays_out_by_itself_what_is_available(shop: Shop) -> None:
    shop.give(2500)
    shop.give(1000, "eur")
    shop.advance(5)
    payout = shop.v1.payouts.list({"expand": ["data.balance_transaction"]}).data[0]
    assert (payout.status, payout.reconciliation_status, payout.automatic) == ("paid", "completed", True)
    made_of = parts(shop, payout.id)
    assert sum(one.net for one in made_of) == 0
    assert sorted(one.type for one in made_of) == ["charge", "charge", "payout"]
    assert payout.amount == -payout.balance_transaction.amount == 2500 - 103 + 1080 - 72
    assert [kind for kind in shop.all_kinds() if kind.startswith("payout.")] == LIFE


def test_it_explains_every_payout_to_the_cent(shop: Shop) -> None:
    gift = shop.give(2500)
    shop.advance(4)
    shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent), "amount": 700})
    shop.monthly(1000, card="4000000000000259")
    shop.sandbox.foreign_charge(9000, tenant=shop.tenant)
    shop.sandbox.fee(250, shop.tenant, description="Radar")
    shop.sandbox.adjustment(-40, shop.tenant)
    shop.advance(40)
    payouts = shop.v1.payouts.list({"limit": 100}).data
    assert len(payouts) >= 2
    seen = []
    for payout in payouts:
        made_of = parts(shop, payout.id)
        assert sum(one.net for one in made_of if one.type != "payout") == payout.amount
        seen += [one.id for one in made_of]
    every = {one.id: one for one in shop.v1.balance_transactions.list({"limit": 100}).data}
    assert len(seen) == len(set(seen))
    left = [one for name, one in every.items() if name not in seen]
    balance = shop.v1.balance.retrieve()
    assert sum(one.net for one in left) == balance.available[0].amount + balance.pending[0].amount


def test_it_carries_a_debt_over_to_the_next_payout(shop: Shop) -> None:
    gift = shop.give(2500)
    shop.advance(4)
    shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent)})
    shop.advance(4)
    assert len(shop.v1.payouts.list().data) == 1
    shop.give(9000)
    shop.advance(4)
    newest = shop.v1.payouts.list().data[0]
    assert sorted(one.type for one in parts(shop, newest.id)) == ["charge", "payout", "refund"]
    assert newest.amount == 9000 - 291 - 2500


def test_it_gets_a_failed_payout_back_into_the_next_one(shop: Shop) -> None:
    shop.give(2500)
    shop.advance(5)
    first = shop.v1.payouts.list().data[0]
    shop.sandbox.fail_payout(first.id, shop.tenant, code="no_account")
    failed = shop.v1.payouts.retrieve(first.id, {"expand": ["failure_balance_transaction.source"]})
    back = failed.failure_balance_transaction
    assert (failed.status, failed.failure_code, back.type) == ("failed", "no_account", "payout_failure")
    assert back.reporting_category == "payout_reversal" and back.source.id == first.id
    assert shop.all_kinds()[-1] == "payout.failed"
    shop.advance(2)
    second = shop.v1.payouts.list().data[0]
    assert second.amount == first.amount and [one.type for one in parts(shop, second.id)] == [
        "payout",
        "payout_failure",
    ]


def test_it_pays_out_on_order_and_does_not_explain_manual_payouts(shop: Shop) -> None:
    shop.sandbox.payout_schedule("manual", shop.tenant)
    with pytest.raises(ValueError, match="Nothing is available"):
        shop.sandbox.payout(shop.tenant)
    shop.give(2500)
    shop.advance(5)
    assert shop.v1.payouts.list().data == []
    with pytest.raises(ValueError, match="insufficient funds"):
        shop.sandbox.payout(shop.tenant, amount=9999)
    manual = shop.sandbox.payout(shop.tenant, amount=1000)
    assert (manual["automatic"], manual["reconciliation_status"]) == (False, "not_applicable")
    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic"):
        parts(shop, manual["id"])
    assert shop.v1.balance.retrieve().available[0].amount == 2500 - 103 - 1000


def test_it_lists_payouts_by_status_and_arrival(shop: Shop) -> None:
    shop.give()
    shop.advance(3)
    payout = shop.v1.payouts.list().data[0]
    assert payout.status == "in_transit" or payout.status == "paid"
    listed = shop.v1.payouts.list({"arrival_date": {"gte": payout.arrival_date}, "status": payout.status}).data
    assert [one.id for one in listed] == [payout.id]
    assert shop.v1.payouts.list({"arrival_date": {"lt": payout.arrival_date}}).data == []


def test_it_books_what_is_not_a_gift(shop: Shop) -> None:
    charge = shop.sandbox.foreign_charge(800, "gbp", shop.tenant, description="Mugs", metadata={"shop": "mugs"})
    shop.sandbox.fee(250, shop.tenant)
    shop.sandbox.adjustment(33, shop.tenant)
    found = shop.v1.charges.retrieve(charge["id"], {"expand": ["balance_transaction", "payment_intent"]})
    assert (found.customer, found.metadata["shop"], found.balance_transaction.amount) == (None, "mugs", 1016)
    assert shop.v1.checkout.sessions.list({"payment_intent": id_of(found.payment_intent)}).data == []
    kinds = {
        one.type: (one.net, one.source, one.reporting_category) for one in shop.v1.balance_transactions.list().data
    }
    assert kinds["stripe_fee"] == (-250, None, "fee") and kinds["adjustment"] == (33, None, "other_adjustment")


@pytest.mark.parametrize(("price", "decimal"), [("tiered", None), ("fraction", 0.5)])
def test_it_has_monthly_sales_of_others_whose_price_has_no_amount(shop: Shop, price: str, decimal: float) -> None:
    made = shop.sandbox.foreign_subscription(price, shop.tenant, metadata={"shop": "mugs"})
    (found,) = shop.v1.subscriptions.list().data
    assert found.id == made["id"] and found.metadata["shop"] == "mugs"
    sold = found.items.data[0].price
    assert sold.unit_amount is None and (sold.unit_amount_decimal and float(sold.unit_amount_decimal)) == decimal
    assert shop.all_kinds() == ["customer.subscription.created"]


def test_it_says_what_is_available_and_what_is_pending(shop: Shop) -> None:
    shop.give(2500)
    assert shop.v1.balance.retrieve().pending[0].amount == 2397
    shop.sandbox.payout_schedule("manual", shop.tenant)
    shop.advance(2)
    balance = shop.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (2397, 0)


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("charges", {"currency": "xxx"}),
        ("charges", {"amount": 0}),
        ("charges", {"card": "1"}),
        ("charges", {"amount": True}),
        ("refunds", {}),
        ("refunds", {"charge": "ch_none"}),
        ("refunds", {"reason": "because"}),
        ("refunds/turn", {"refund": "re_1", "status": "pending"}),
        ("disputes", {"payment_intent": "pi_none"}),
        ("payouts/fail", {"payout": "po_none"}),
        ("payouts/schedule", {"interval": "yearly"}),
        ("retries", {"end": "soon"}),
        ("cards/renew", {"payment_method": "pm_none"}),
        ("debits", {"status": "maybe"}),
    ],
    ids=str,
)
def test_it_refuses_orders_that_make_no_sense(shop: Shop, address: str, body: dict) -> None:
    with pytest.raises(ValueError):
        shop.sandbox.control("POST", address, shop.tenant, body)
    assert shop.events() == []

"""Bank debits: on their way for days, then there or not; and what hangs on them."""

import pytest
import stripe

from tests.stripe_sandbox.driver import Declined, http
from tests.stripe_sandbox.shop import Shop, id_of

OK, EMPTY, CLOSED, FORBIDDEN, DISPUTED, STUCK = (
    "000123456789", "000222222227", "000111111113", "000333333335", "000555555559", "000000000009",
)  # fmt: skip
AUSTRIA = "AT61 1904 3002 3457 3201"
ON_ITS_WAY = ["payment_intent.created", "payment_intent.processing", "charge.pending", "checkout.session.completed"]


def debit(shop: Shop, account: str = OK, *order: object, **more: object) -> stripe.checkout.Session:
    session = shop.checkout(*order, **more)
    assert shop.sandbox.debit(session.url, account) == f"http://localhost:9/thanks?cs={session.id}"
    return shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})


def test_it_is_complete_but_unpaid_while_the_bank_decides(shop: Shop) -> None:
    gift = debit(shop)
    assert (gift.status, gift.payment_status) == ("complete", "unpaid")
    assert gift.payment_method_types == ["card", "us_bank_account"]
    charge = gift.payment_intent.latest_charge
    assert (gift.payment_intent.status, charge.status, charge.paid) == ("processing", "pending", False)
    assert charge.id.startswith("py_") and charge.payment_method_details.us_bank_account.last4 == "6789"
    assert charge.balance_transaction is None and shop.kinds() == ON_ITS_WAY


@pytest.mark.parametrize(("account", "order", "days", "fee"), [(OK, (2500,), 4, 20), (AUSTRIA, (2500, "eur"), 5, 22)])
def test_it_arrives_after_days(shop: Shop, account: str, order: tuple, days: int, fee: int) -> None:
    gift = debit(shop, account, *order)
    before = len(shop.events())
    shop.advance(days - 1)
    assert shop.kinds(before) == []
    shop.advance(1)
    paid = shop.v1.checkout.sessions.retrieve(gift.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]})
    money = paid.payment_intent.latest_charge.balance_transaction
    assert (paid.payment_status, paid.payment_intent.status) == ("paid", "succeeded")
    assert (money.type, money.reporting_category, money.fee) == ("payment", "charge", fee)
    assert shop.kinds(before) == [
        "charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded", "charge.updated",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("account", "code"),
    [(EMPTY, "insufficient_funds"), (CLOSED, "account_closed"), (FORBIDDEN, "debit_not_authorized")],
)
def test_it_comes_back_after_days(shop: Shop, account: str, code: str) -> None:
    gift = debit(shop, account)
    before = len(shop.events())
    shop.advance(4)
    lost = shop.v1.checkout.sessions.retrieve(gift.id, {"expand": ["payment_intent.latest_charge"]})
    assert (lost.status, lost.payment_status) == ("complete", "unpaid")
    assert (lost.payment_intent.status, lost.payment_intent.latest_charge.status) == (
        "requires_payment_method", "failed",
    )  # fmt: skip
    assert lost.payment_intent.latest_charge.failure_code == code
    assert shop.kinds(before) == [
        "charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed",
    ]  # fmt: skip
    assert shop.v1.balance_transactions.list().data == []


def test_it_stays_stuck_until_somebody_decides(shop: Shop) -> None:
    gift = debit(shop, STUCK)
    shop.advance(60)
    intent = gift.payment_intent.id
    assert shop.v1.payment_intents.retrieve(intent).status == "processing"
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        shop.v1.refunds.create({"payment_intent": intent})
    shop.sandbox.land_debit("succeeded", shop.tenant, payment_intent=intent)
    assert shop.v1.payment_intents.retrieve(intent).status == "succeeded"
    with pytest.raises(ValueError, match="not pending"):
        shop.sandbox.land_debit("failed", shop.tenant, payment_intent=intent)


def test_it_is_disputed_after_it_arrived_and_that_is_final(shop: Shop) -> None:
    gift = debit(shop, DISPUTED)
    shop.advance(4)
    dispute = shop.v1.disputes.list({"payment_intent": id_of(gift.payment_intent)}).data[0]
    assert (dispute.status, dispute.reason) == ("lost", "debit_not_authorized")
    assert sum(one.net for one in shop.v1.balance_transactions.list().data) == 2500 - 20 - 2500 - 1500


def test_it_refunds_debits_slowly(shop: Shop) -> None:
    gift = debit(shop)
    shop.advance(4)
    made = shop.v1.refunds.create({"payment_intent": id_of(gift.payment_intent)}, {})
    assert made.id.startswith("pyr_") and made.status == "pending"
    shop.advance(1)
    found = shop.v1.refunds.retrieve(made.id, {"expand": ["balance_transaction.source"]})
    assert found.status == "succeeded" and found.balance_transaction.source.id == made.id
    assert found.balance_transaction.type == "payment_refund"


def test_it_begins_a_monthly_gift_before_the_money_is_there(shop: Shop) -> None:
    gift = debit(shop, OK, 1000, "usd", "subscription")
    before = len(shop.events())
    sub = shop.v1.subscriptions.retrieve(id_of(gift.subscription), {"expand": ["latest_invoice"]})
    assert (gift.payment_status, sub.status, sub.latest_invoice.status) == ("unpaid", "active", "open")
    shop.advance(4)
    assert shop.v1.invoices.retrieve(sub.latest_invoice.id).status == "paid"
    assert shop.kinds(before) == [
        "charge.succeeded", "payment_intent.succeeded", "invoice_payment.paid", "invoice.paid",
        "invoice.payment_succeeded", "checkout.session.async_payment_succeeded", "charge.updated",
    ]  # fmt: skip
    before = len(shop.events())
    shop.advance(36)
    assert len(shop.v1.invoices.list({"status": "paid"}).data) == 2
    assert "checkout.session.async_payment_succeeded" not in shop.kinds(before)


def test_it_leaves_a_monthly_gift_past_due_when_the_debit_comes_back(shop: Shop) -> None:
    gift = debit(shop, EMPTY, 1000, "usd", "subscription")
    shop.advance(4)
    sub = shop.v1.subscriptions.retrieve(id_of(gift.subscription), {"expand": ["latest_invoice"]})
    assert (sub.status, sub.latest_invoice.status, sub.latest_invoice.attempt_count) == ("past_due", "open", 1)
    assert shop.kinds()[-3:] == [
        "invoice.payment_failed", "customer.subscription.updated", "checkout.session.async_payment_failed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"allowed_payment_method_types": ["card"]}, {"excluded_payment_method_types": ["us_bank_account"]}],
    ids=str,
)
def test_it_offers_no_debit_when_the_site_does_not_want_it(shop: Shop, change: dict) -> None:
    session = shop.checkout(**change)
    assert session.payment_method_types == ["card"]
    assert b'id="bank"' not in http("GET", session.url)[2]
    assert http("GET", f"{session.url}/bank")[0] == 303


def test_it_leads_from_the_card_to_the_bank_and_says_what_is_wrong(shop: Shop) -> None:
    session = shop.checkout()
    assert b'id="bank"' in http("GET", session.url)[2]
    with pytest.raises(Declined, match="no test bank account"):
        shop.sandbox.debit(session.url, "123")
    with pytest.raises(Declined, match="account holder"):
        shop.sandbox.debit(session.url, name="")
    assert shop.events() == []


def test_it_voids_no_bill_while_the_bank_decides(shop: Shop) -> None:
    gift = debit(shop, STUCK, 1000, "usd", "subscription")
    with pytest.raises(stripe.InvalidRequestError, match="is being processed"):
        shop.v1.invoices.void_invoice(id_of(gift.invoice))
    assert shop.v1.invoices.retrieve(id_of(gift.invoice)).status == "open"


def test_it_takes_back_a_debit_that_had_arrived(shop: Shop) -> None:
    gift = debit(shop)
    shop.advance(4)
    intent = gift.payment_intent.id
    before = len(shop.events())
    shop.sandbox.return_debit(shop.tenant, payment_intent=intent)
    charge = shop.v1.charges.retrieve(
        gift.payment_intent.latest_charge.id, {"expand": ["balance_transaction", "failure_balance_transaction"]}
    )
    back = charge.failure_balance_transaction
    assert (charge.status, charge.paid, back.amount) == ("failed", False, -2500)
    assert charge.balance_transaction.amount == 2500 and "charge.failed" in shop.kinds(before)
    with pytest.raises(ValueError, match="no bank debit"):
        shop.sandbox.return_debit(shop.tenant, payment_intent=intent)


def test_it_deletes_a_product_without_prices_and_archives_others(shop: Shop) -> None:
    product = shop.v1.products.create({"id": "gift", "name": "Gift"})
    assert shop.v1.products.delete(product.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.products.retrieve(product.id)
    shop.v1.products.create({"id": "gift", "name": "Gift"})
    price = {"currency": "usd", "unit_amount": 500, "product": "gift"}
    order = shop.order(line_items=[{"price_data": price, "quantity": 1}])
    shop.v1.checkout.sessions.create(order)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        shop.v1.products.delete("gift")
    shop.v1.products.update("gift", {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        shop.v1.checkout.sessions.create(order)

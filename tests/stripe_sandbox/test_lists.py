"""What reconciliation reads: windows of time, filters, expansion in lists, missed events; and search."""

import pytest
import stripe
from stripe.params import EventListParams

from tests.stripe_sandbox.receiver import Receiver
from tests.stripe_sandbox.shop import Shop, id_of
from tests.stripe_sandbox.test_webhooks import subscribe

READ = [
    ("charges", ["data.balance_transaction", "data.payment_intent"]),
    ("payment_intents", ["data.latest_charge.balance_transaction"]),
    ("refunds", ["data.balance_transaction", "data.charge"]),
    ("disputes", ["data.charge", "data.payment_intent"]),
    ("payouts", ["data.balance_transaction"]),
    ("balance_transactions", ["data.source"]),
    ("subscriptions", ["data.latest_invoice", "data.default_payment_method"]),
    ("invoices", ["data.payments", "data.customer"]),
    ("invoice_payments", ["data.invoice", "data.payment.payment_intent"]),
    ("events", []),
    ("customers", ["data.subscriptions"]),
]


def busy(shop: Shop) -> None:
    shop.monthly()
    gift = shop.give(card="4000000000000259")
    other = shop.give(3000)
    shop.v1.refunds.create({"payment_intent": id_of(other.payment_intent), "amount": 100})
    assert gift.payment_intent
    shop.advance(3)


@pytest.mark.parametrize(("noun", "paths"), READ, ids=lambda value: value if isinstance(value, str) else "")
def test_it_lists_by_window_with_expansion(shop: Shop, noun: str, paths: list[str]) -> None:
    busy(shop)
    middle = shop.sandbox.health(shop.tenant)["now"]
    service = getattr(shop.v1, noun)
    params = {"limit": 1, "created": {"gte": middle - 4 * 86400, "lt": middle + 1}, "expand": paths}
    if noun == "subscriptions":
        params["status"] = "all"
    found = list(service.list(params).auto_paging_iter())
    assert found and len({one.id for one in found}) == len(found)
    assert service.list({**params, "created": {"gt": middle + 1}}).data == []


def test_it_lists_the_events_that_were_not_delivered(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.sandbox.webhooks(shop.tenant, hold=True)
    shop.v1.products.create({"name": "one"})
    shop.sandbox.deliver(shop.tenant)
    delivered = shop.v1.events.list().data[0]
    shop.sandbox.webhooks(shop.tenant, drop=1, hold=True)
    shop.v1.products.create({"name": "two"})
    shop.v1.customers.create({"email": "a@example.org"})
    shop.sandbox.deliver(shop.tenant)
    missed = shop.v1.events.list({"delivery_success": False}).data
    assert [one.type for one in missed] == ["customer.created", "product.created"]
    since: EventListParams = {"delivery_success": False, "types": ["product.created"], "ending_before": delivered.id}
    assert [one.data.object["name"] for one in shop.v1.events.list(since).data] == ["two"]
    assert [one.id for one in shop.v1.events.list({"delivery_success": True}).data] == [delivered.id]


def test_it_forgets_events_after_thirty_days(shop: Shop) -> None:
    shop.v1.products.create({"name": "old"})
    shop.advance(29)
    assert [one.type for one in shop.v1.events.list({"type": "product.*"}).data] == ["product.created"]
    shop.advance(2)
    assert shop.v1.events.list().data == []


def test_it_filters_events_by_type_or_types(shop: Shop) -> None:
    shop.give()
    found = shop.v1.events.list({"types": ["charge.succeeded", "charge.updated"]}).data
    assert [one.type for one in found] == ["charge.updated", "charge.succeeded"]
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        shop.v1.events.list({"type": "charge.*", "types": ["charge.succeeded"]})
    with pytest.raises(stripe.InvalidRequestError, match="up to 20"):
        shop.v1.events.list({"types": [f"a.{number}" for number in range(21)]})


def test_it_searches_by_metadata_and_fields(shop: Shop) -> None:
    shop.give(2500, payment_intent_data={"metadata": {"gift": "7"}})
    shop.give(900, payment_intent_data={"metadata": {"gift": "8"}})
    search = shop.v1.payment_intents.search
    assert [one.amount for one in search({"query": "metadata['gift']:'7' AND status:'succeeded'"}).data] == [2500]
    assert [one.amount for one in search({"query": 'amount>900 OR metadata["gift"]:"8"'}).data] == [900, 2500]
    assert [one.amount for one in search({"query": "-metadata['gift']:'7'"}).data] == [900]
    pages = search({"query": "status:'succeeded'", "limit": 1})
    assert [one.amount for one in pages.auto_paging_iter()] == [900, 2500]


@pytest.mark.parametrize("query", ["", "gift", "shoe:'1'", "amount>1 AND amount<2 OR status:'x'", "status~'suc'"])
def test_it_refuses_searches_it_does_not_understand(shop: Shop, query: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.charges.search({"query": query})
    assert refusal.value.param == "query"


def test_it_searches_all_that_a_site_might(shop: Shop) -> None:
    sub = shop.monthly(subscription_data={"metadata": {"plan": "p"}})
    assert [one.id for one in shop.v1.subscriptions.search({"query": "metadata['plan']:'p'"}).data] == [sub.id]
    assert len(shop.v1.invoices.search({"query": f"customer:'{sub.customer}' AND status:'paid'"}).data) == 1
    assert len(shop.v1.customers.search({"query": "email:'ada@example.org'"}).data) == 1
    assert len(shop.v1.charges.search({"query": "currency:'usd'"}).data) == 1

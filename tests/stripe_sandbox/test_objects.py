"""The catalog, people and payments: every address answers whole objects, which the `shop` fixture checks."""

import pytest
import stripe

from tests.stripe_sandbox.shop import Shop, id_of


def test_it_has_one_account_that_stays(shop: Shop) -> None:
    account = shop.v1.accounts.retrieve_current()
    assert account.id == shop.v1.accounts.retrieve_current().id
    assert account.id.startswith("acct_") and account.default_currency == "usd"


def test_it_gives_each_tenant_an_account_of_its_own(shop: Shop) -> None:
    other = Shop(shop.sandbox, f"{shop.tenant}-other")
    shop.v1.products.create({"name": "Gift"})
    assert other.v1.accounts.retrieve_current().id != shop.v1.accounts.retrieve_current().id
    assert other.v1.products.list().data == []


def test_it_keeps_products_and_changes_them(shop: Shop) -> None:
    made = shop.v1.products.create({"name": "Gift", "metadata": {"a": "1", "b": "2"}})
    shop.v1.products.update(made.id, {"name": "Monthly gift", "metadata": {"a": "", "c": "3"}})
    found = shop.v1.products.retrieve(made.id)
    assert found.name == "Monthly gift" and found.metadata.to_dict() == {"b": "2", "c": "3"}
    event = shop.events()[-1]
    assert event["type"] == "product.updated"
    assert event["data"]["previous_attributes"]["name"] == "Gift"
    assert event["data"]["previous_attributes"]["metadata"] == {"a": "1", "c": None}


def test_it_takes_an_id_for_a_product_once(shop: Shop) -> None:
    shop.v1.products.create({"id": "gift/once", "name": "Gift"})
    assert shop.v1.products.retrieve("gift/once").name == "Gift"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.products.create({"id": "gift/once", "name": "Gift"})
    assert refusal.value.code == "resource_already_exists"


def test_it_keeps_prices_of_products(shop: Shop) -> None:
    product = shop.v1.products.create({"name": "Gift"})
    price = shop.v1.prices.create(
        {"currency": "eur", "unit_amount": 500, "product": product.id, "recurring": {"interval": "month"}}
    )
    assert shop.v1.prices.retrieve(price.id, {"expand": ["product"]}).product.name == "Gift"
    assert shop.v1.prices.update(price.id, {"active": False}).active is False
    assert [found.id for found in shop.v1.prices.list({"active": False}).data] == [price.id]
    assert shop.v1.prices.list({"active": True}).data == []


def test_it_keeps_customers_until_they_are_deleted(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@example.org", "name": "A", "address": {"country": "GB"}})
    shop.v1.customers.update(customer.id, {"name": "B", "phone": "1"})
    found = shop.v1.customers.retrieve(customer.id, {"expand": ["subscriptions", "sources", "tax_ids"]})
    assert (found.name, found.phone, found.address.country) == ("B", "1", "GB")
    assert [one.id for one in shop.v1.customers.list({"email": "a@example.org"}).data] == [customer.id]
    assert shop.v1.customers.delete(customer.id).deleted
    assert shop.v1.customers.retrieve(customer.id).deleted
    assert shop.v1.customers.list().data == []
    assert shop.kinds() == ["customer.created", "customer.updated", "customer.deleted"]


def test_it_pages_lists_both_ways_newest_first(shop: Shop) -> None:
    names = [f"Gift {number}" for number in range(7)]
    for name in names:
        shop.v1.products.create({"name": name})
    page = shop.v1.products.list({"limit": 3})
    assert [one.name for one in page.data] == ["Gift 6", "Gift 5", "Gift 4"] and page.has_more
    after = shop.v1.products.list({"limit": 3, "starting_after": page.data[-1].id})
    assert [one.name for one in after.data] == ["Gift 3", "Gift 2", "Gift 1"] and after.has_more
    before = shop.v1.products.list({"limit": 2, "ending_before": after.data[0].id})
    assert [one.name for one in before.data] == ["Gift 5", "Gift 4"] and before.has_more
    assert [one.name for one in page.auto_paging_iter()] == names[::-1]


def test_it_filters_lists_by_time_of_creation(shop: Shop) -> None:
    early = shop.v1.products.create({"name": "early"})
    shop.advance(1)
    late = shop.v1.products.create({"name": "late"})
    assert [one.id for one in shop.v1.products.list({"created": {"gt": early.created}}).data] == [late.id]
    assert [one.id for one in shop.v1.products.list({"created": {"lte": early.created}}).data] == [early.id]
    assert [one.id for one in shop.v1.products.list({"created": late.created}).data] == [late.id]


@pytest.mark.parametrize(("limit", "word"), [(0, "greater"), (101, "less")])
def test_it_refuses_limits_beyond_a_page(shop: Shop, limit: int, word: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=word) as refusal:
        shop.v1.charges.list({"limit": limit})
    assert refusal.value.param == "limit"


def test_it_expands_through_four_levels_and_no_more(shop: Shop) -> None:
    gift = shop.give(customer_creation="always")
    found = shop.v1.checkout.sessions.retrieve(
        gift.id, {"expand": ["payment_intent.latest_charge.balance_transaction.source", "customer", "line_items"]}
    )
    charge = found.payment_intent.latest_charge
    assert charge.balance_transaction.source.id == charge.id
    assert found.customer.email == "ada@example.org" and found.line_items.data[0].amount_total == 2500
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels") as refusal:
        path = "payment_intent.latest_charge.balance_transaction.source.customer"
        shop.v1.checkout.sessions.retrieve(gift.id, {"expand": [path]})
    assert refusal.value.code == "property_expansion_max_depth"


def test_it_expands_inside_lists(shop: Shop) -> None:
    shop.give()
    charge = shop.v1.charges.list({"expand": ["data.balance_transaction", "data.payment_intent"]}).data[0]
    assert charge.balance_transaction.source == charge.id and charge.payment_intent.status == "succeeded"


@pytest.mark.parametrize("path", ["amount_total", "nonsense", "total_details", "data.customer"])
def test_it_refuses_to_expand_what_cannot_be(shop: Shop, path: str) -> None:
    session = shop.checkout()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_it_refunds_in_parts_until_nothing_is_left(shop: Shop) -> None:
    intent = id_of(shop.give(2500, "eur").payment_intent)
    before = len(shop.events())
    part = shop.v1.refunds.create({"payment_intent": intent, "amount": 1000, "reason": "requested_by_customer"})
    money = shop.v1.balance_transactions.retrieve(id_of(part.balance_transaction))
    assert (part.status, money.amount, money.fee, money.type) == ("succeeded", -1080, 0, "refund")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        shop.v1.refunds.create({"payment_intent": intent, "amount": 1501})
    rest = shop.v1.refunds.create({"charge": id_of(part.charge)})
    assert rest.amount == 1500
    charge = shop.v1.charges.retrieve(id_of(part.charge), {"expand": ["refunds"]})
    assert charge.refunded and [one.id for one in charge.refunds.data] == [rest.id, part.id]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.v1.refunds.create({"charge": id_of(part.charge)})
    assert refusal.value.code == "charge_already_refunded"
    assert shop.v1.refunds.retrieve(part.id).reason == "requested_by_customer"
    assert [one.id for one in shop.v1.refunds.list({"payment_intent": intent}).data] == [rest.id, part.id]
    assert shop.kinds(before) == ["charge.refunded", "refund.created"] * 2


@pytest.mark.parametrize(
    "noun", ["products", "customers", "charges", "payment_intents", "subscriptions", "invoices", "events", "refunds"]
)
def test_it_says_what_does_not_exist(shop: Shop, noun: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such") as refusal:
        getattr(shop.v1, noun).retrieve("xx_nothing")
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (404, "resource_missing", "id")

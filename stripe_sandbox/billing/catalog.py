"""Products and prices: created, updated, archived, and created inline by other calls."""

from decimal import Decimal

from ..money import currencies
from ..shapes import catalog as shapes
from ..store.books import Books, Thing, merged
from ..store.errors import StripeError, bad_value, missing_param
from ..store.events import change, emit


def create_product(books: Books, params: Thing) -> Thing:
    product_id = params.get("id") or books.new_id("prod")
    known = books.get("product", product_id)
    if known and not known.get("deleted"):
        raise StripeError("Product already exists.", code="resource_already_exists", param="id")
    product = books.put(shapes.product(product_id, books.now, params))
    emit(books, "product.created", product)
    return product


def update_product(books: Books, product: Thing, params: Thing) -> Thing:
    fields: Thing = {
        name: params[name] if params[name] != "" else None
        for name in (
            "active",
            "description",
            "name",
            "shippable",
            "statement_descriptor",
            "unit_label",
            "url",
        )
        if name in params
    }
    fields["metadata"] = merged(product["metadata"], params.get("metadata"))
    return change(books, product, "product.updated", **fields, updated=books.now)


def delete_product(books: Books, product: Thing, params: Thing) -> Thing:
    """DELETE /v1/products/{id}: only a product that never had a price; others are archived (active=false)."""
    if books.find("price", product=product["id"]):
        raise StripeError("This product cannot be deleted because it has one or more user-created prices.")
    emit(books, "product.deleted", product)
    return books.put({"id": product["id"], "object": "product", "deleted": True})


def create_price(books: Books, params: Thing) -> Thing:
    if "product_data" in params:
        product = books.put(shapes.product(books.new_id("prod"), books.now, params["product_data"]))
        emit(books, "product.created", product)
        params = {**params, "product": product["id"]}
    price = _price(books, params, "", active=params.get("active", True))
    emit(books, "price.created", price)
    return price


def update_price(books: Books, price: Thing, params: Thing) -> Thing:
    fields: Thing = {name: params[name] or None for name in ("nickname", "lookup_key") if name in params}
    if "active" in params:
        fields["active"] = params["active"]
    return change(books, price, "price.updated", **fields, metadata=merged(price["metadata"], params.get("metadata")))


def check_active(price: Thing, param: str) -> None:
    if not price["active"]:
        raise bad_value(param, "The price specified is inactive. This field only accepts active prices.")


def inline_price(books: Books, params: Thing, path: str) -> Thing:
    """Create an inline price for a session or subscription: inactive, so that nothing else can use it."""
    if ("product" in params) == ("product_data" in params):
        raise bad_value(path, f"You must provide exactly one of `product` and `product_data` in `{path}`.")
    if "product_data" in params:
        product = shapes.product(books.new_id("prod"), books.now, {**params["product_data"], "active": False})
        params = {**params, "product": books.put(product)["id"]}
    return _price(books, params, path, active=False)


def _price(books: Books, params: Thing, path: str, active: bool) -> Thing:
    def where(name: str) -> str:
        return f"{path}[{name}]" if path else name

    currency = params["currency"].lower()
    if not currencies.known(currency):
        known = ", ".join(sorted(currencies.IN_US_DOLLARS))
        message = f"Invalid currency: {currency}. Stripe currently supports these currencies: {known}"
        raise bad_value(where("currency"), message)
    if "product" not in params:
        raise missing_param(where("product"))
    product = books.need("product", params["product"], where("product"), 400)
    if _archived(books, product):
        message = f"The product {product['id']} is marked as inactive, and thus no new price can be made for it here."
        raise bad_value(where("product"), message)
    made = {
        **params,
        "currency": currency,
        "unit_amount": _unit_amount(params, path, where("unit_amount"), currency),
    }
    return books.put(shapes.price(books.new_id("price"), books.now, made, active))


def _archived(books: Books, product: Thing) -> bool:
    """Whether a product was archived on purpose. One made inline is inactive from the start, yet takes new prices."""
    if product["active"]:
        return False
    changes = books.find("event", type="product.updated")
    return any(event["data"]["object"]["id"] == product["id"] for event in changes)


def _unit_amount(params: Thing, path: str, param: str, currency: str) -> int:
    if ("unit_amount" in params) == ("unit_amount_decimal" in params):
        message = (
            f"You must provide exactly one of `unit_amount` and `unit_amount_decimal`{f' in `{path}`' if path else ''}."
        )
        raise bad_value(param, message)
    amount = Decimal(params["unit_amount"] if "unit_amount" in params else params["unit_amount_decimal"])
    if amount != int(amount):
        raise bad_value(param, "This offline sandbox has no amounts with fractions of a minor unit.")
    if amount < 0:
        raise bad_value(param, "Invalid non-negative integer", "parameter_invalid_integer")
    if currency in ("isk", "ugx") and amount % 100:
        code = "invalid_charge_amount_no_decimal_compatible"
        raise bad_value(param, f"Amounts in {currency} have no decimals: send a multiple of 100.", code)
    return int(amount)

"""The account's balance: every movement of money is booked here, and made part of a payout later."""

from typing import Any

from ..shapes import balance as shapes
from ..store.books import Books, Thing
from ..store.errors import bad_value
from . import currencies

DAY = 86400
# Charges wait two days; whatever takes money back does so at once.
DELAY = 2 * DAY
# The note that says which payout took a transaction.
PAID_OUT = "SELECT 1 FROM notes WHERE notes.tenant = objects.tenant AND notes.id = objects.id"


def account(books: Books) -> Thing:
    return books.find("account")[0]


def settlement(books: Books) -> str:
    """The currency in which all money settles."""
    return str(account(books)["default_currency"])


def book(books: Books, kind: str, category: str, amount: int, **facts: Any) -> Thing:
    """Book `amount` minor units of the settlement currency; the next day's payout after it is available takes it.

    `facts`: fee, source (id), description, rate, delay (seconds until it is available).
    """
    now = books.now
    available = now + facts.pop("delay", 0)
    transaction = shapes.balance_transaction(
        books.new_id("txn"), now, kind, category, amount, settlement(books), available, facts
    )
    if kind != "payout":
        day = available // DAY + 1
        books.schedule(f"payouts-{day}", "payout", day * DAY)
    return books.put(transaction)


def converted(books: Books, amount: int, currency: str) -> tuple[int, float | None]:
    """Minor units of the settlement currency, and the exchange rate if there is one."""
    into = settlement(books)
    rate = currencies.rate(currency, into)
    return currencies.settle(amount, currency, into), float(rate) if rate else None


def show(books: Books) -> Thing:
    """GET /v1/balance: what has settled and what has not, in the settlement currency."""
    available = pending = 0
    for transaction in books.find("balance_transaction"):
        if transaction["available_on"] <= books.now:
            available += transaction["net"]
        else:
            pending += transaction["net"]
    return shapes.balance(settlement(books), available, pending)


def listing(books: Books, params: Thing) -> Thing:
    """GET /v1/balance_transactions with currency, source, type, created, and payout for automatic payouts."""
    where, values = ["1"], []
    for name in ("currency", "source", "type"):
        if name in params:
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(params[name])
    if "payout" in params:
        payout = books.need("payout", params["payout"], "payout")
        if not payout["automatic"]:
            message = "Balance transaction history can only be filtered on automatic payouts, not manual."
            raise bad_value("payout", message)
        where.append(f"EXISTS ({PAID_OUT} AND json_extract(notes.body, '$.payout') = ?)")
        values.append(payout["id"])
    return books.listing("balance_transaction", "/v1/balance_transactions", params, " AND ".join(where), tuple(values))

"""Balance and balance transactions: every change of the balance is booked here, and becomes part of a payout later."""

from typing import Any

from ..shapes import balance as shapes
from ..store.books import Books, Thing
from ..store.errors import bad_value
from . import currencies

DAY = 86400
# Availability in seconds: charges wait two days; refunds and the like are available at once.
DELAY = 2 * DAY
# SQL: whether a payout includes the balance transaction, by the note on it.
PAID_OUT = "SELECT 1 FROM notes WHERE notes.tenant = objects.tenant AND notes.id = objects.id"


def account(books: Books) -> Thing:
    return books.find("account")[0]


def settlement(books: Books) -> str:
    """Return the settlement currency, in which all money settles."""
    return str(account(books)["default_currency"])


def book(books: Books, kind: str, category: str, amount: int, **facts: Any) -> Thing:
    """Create a balance transaction of `amount` minor units of the settlement currency; the first daily payout after it
    is available includes it.

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
    """Convert to minor units of the settlement currency; also the exchange rate if there is one."""
    into = settlement(books)
    rate = currencies.rate(currency, into)
    return currencies.settle(amount, currency, into), float(rate) if rate else None


def show(books: Books) -> Thing:
    """GET /v1/balance: what is available and what is pending, in the settlement currency."""
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

"""Payouts: the available balance is paid out to the bank once a day, is reconciled, arrives, and may yet fail."""

from datetime import UTC, datetime

from ..store.books import Books, Thing
from ..store.errors import StripeError
from ..store.events import change, emit
from . import balance

HOUR, DAY = 3600, 86400
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process this payout.",
    "no_account": "The bank account details on file are probably incorrect.",
}


def due(books: Books, _: str) -> None:
    """Daily payout, by the scheduler, unless the account is set to manual or there is nothing to pay."""
    if balance.account(books)["settings"]["payouts"]["schedule"]["interval"] != "manual":
        automatic(books)


def automatic(books: Books) -> Thing | None:
    """Create an automatic payout of all balance transactions that are available and in no payout yet; None when their
    sum is zero or negative.
    """
    open_ones = books.select(
        "balance_transaction",
        "json_extract(body, '$.available_on') <= ? AND json_extract(body, '$.type') != 'payout' "
        f"AND NOT EXISTS ({balance.PAID_OUT})",
        (books.now,),
    )
    amount = sum(transaction["net"] for transaction in open_ones)
    if amount <= 0:
        return None
    payout = _make(books, amount, automatic=True)
    for transaction_id in [payout["balance_transaction"], *(one["id"] for one in open_ones)]:
        books.keep_note(transaction_id, {"payout": payout["id"]})
    books.schedule(payout["id"], "reconcile", books.now + HOUR)
    return payout


def manual(books: Books, amount: int) -> Thing:
    """Create a manual payout, in minor units: Stripe does not say which transactions it is made of."""
    available = balance.show(books)["available"][0]["amount"]
    if not 0 < amount <= available:
        raise StripeError(f"You have insufficient funds: {available} is available.", code="balance_insufficient")
    payout = _make(books, amount, automatic=False)
    books.keep_note(payout["balance_transaction"], {"payout": payout["id"]})
    return payout


def _make(books: Books, amount: int, automatic: bool) -> Thing:
    payout_id, currency = books.new_id("po"), balance.settlement(books)
    transaction = balance.book(books, "payout", "payout", -amount, source=payout_id, description="STRIPE PAYOUT")
    midnight = datetime.fromtimestamp(books.now + DAY, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    payout = {
        "id": payout_id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": int(midnight.timestamp()),
        "automatic": automatic,
        "balance_transaction": transaction["id"],
        "created": books.now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": books.fixed_id("ba", "bank"),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
    books.put(payout)
    emit(books, "payout.created", payout)
    books.schedule(payout_id, "arrive", books.now + DAY)
    return payout


def reconcile(books: Books, payout_id: str) -> None:
    """Complete the reconciliation: from now on Stripe stands by the list of what the payout is made of."""
    payout = books.own("payout", payout_id)
    if payout["reconciliation_status"] == "in_progress":
        change(books, payout, None, reconciliation_status="completed")
        emit(books, "payout.reconciliation_completed", payout)


def arrive(books: Books, payout_id: str) -> None:
    payout = books.own("payout", payout_id)
    if payout["status"] == "in_transit":
        trace = {"status": "supported", "value": payout_id[-12:]}
        change(books, payout, None, status="paid", trace_id=trace)
        emit(books, "payout.paid", payout)


def fail(books: Books, payout: Thing, code: str = "account_closed") -> Thing:
    """Fail a payout, on the way or days after it arrived: the money comes back, and joins the next payout."""
    if payout["status"] not in ("in_transit", "paid"):
        raise StripeError(f"The payout {payout['id']} has a status of {payout['status']} and cannot fail.")
    returned = balance.book(
        books, "payout_failure", "payout_reversal", payout["amount"], source=payout["id"], description="PAYOUT FAILURE"
    )
    books.unschedule(payout["id"], "arrive")
    change(
        books,
        payout,
        None,
        status="failed",
        failure_code=code,
        failure_message=FAILURES.get(code, FAILURES["could_not_process"]),
        failure_balance_transaction=returned["id"],
    )
    emit(books, "payout.failed", payout)
    return payout

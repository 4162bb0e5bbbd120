"""The breaks, each as a patch: in this file, these lines become those, and this file of tests must turn red.

The lines that are replaced must stand there once; tests/test_planted.py says so as soon as one is stale.
"""

from dataclasses import dataclass
from pathlib import Path


class StaleError(Exception):
    """A patch does not fit the source any more; the text says which."""


@dataclass(frozen=True)
class Fault:
    """One break. `path` and `red` are relative to the root of the project."""

    name: str
    path: str
    before: str
    after: str
    red: str

    def broken(self, root: Path) -> str:
        """Return the source with the break in it. Raises StaleError unless it fits once."""
        there = root / self.path
        text = there.read_text() if there.is_file() else ""
        if not (root / self.red).is_file():
            raise StaleError(f"{self.name}: there is no {self.red}")
        if (times := text.count(self.before)) != 1:
            raise StaleError(f"{self.name}: what it replaces stands {times} times in {self.path}")
        return text.replace(self.before, self.after)


RULES = "tests/donations/rules"
FAULTS = (
    Fault(
        "fee_is_off_by_one",
        "donations/books/ledger.py",
        'amount=-fee, currency=common["settled_currency"], settled=-fee, **common)',
        'amount=-fee - 1, currency=common["settled_currency"], settled=-fee - 1, **common)',
        f"{RULES}/test_ledger.py",
    ),
    Fault(
        "fee_stays_when_a_dispute_takes_one",
        "donations/books/ledger.py",
        "    _fee(stripe_object if kind in (Kind.REFUND, Kind.DISPUTE) else txn.id, txn.fee, txn.created, **common)\n",
        "",
        f"{RULES}/test_ledger.py",
    ),
    Fault(
        "currency_is_swapped",
        "donations/books/ledger.py",
        'sums = {"currency": charge.currency, "settled": known}',
        'sums = {"currency": common["settled_currency"] or charge.currency, "settled": known}',
        f"{RULES}/test_ledger.py",
    ),
    Fault(
        "more_goes_back_than_came",
        "donations/books/ledger.py",
        "        after = max(after, 0)\n",
        "        pass\n",
        f"{RULES}/test_ledger.py",
    ),
    Fault(
        "receipt_comes_twice",
        "donations/books/receipts.py",
        "    if known:\n        return known\n    if gift.paid_at is None:\n",
        "    if gift.paid_at is None:\n",
        f"{RULES}/test_receipts.py",
    ),
    Fault(
        "receipt_is_not_corrected",
        "donations/books/receipts.py",
        "    if newest.total == total:\n",
        "    if newest.total >= total:\n",
        f"{RULES}/test_receipts.py",
    ),
    Fault(
        "receipt_numbers_have_gaps",
        "donations/books/receipts.py",
        "    counter.last += 1\n",
        "    counter.last += 2\n",
        f"{RULES}/test_receipts.py",
    ),
    Fault(
        "state_goes_back",
        "donations/sync/from_stripe.py",
        "        if gift.session_id == session and gift.status in OPEN:\n",
        "        if gift.session_id == session:\n",
        f"{RULES}/test_from_stripe.py",
    ),
    Fault(
        "paid_page_is_left_alone",
        "donations/sync/from_stripe.py",
        "    elif payment := payments.by_intent(session.payment_intent):\n        return _receive(payment, tell)\n",
        "",
        f"{RULES}/test_from_stripe.py",
    ),
    Fault(
        "refund_that_failed_goes_out_again",
        "donations/sync/refunds.py",
        "Kind.REFUND_REVERSAL, fact.amount, fact.back)",
        "Kind.REFUND_REVERSAL, -fact.amount, fact.back)",
        f"{RULES}/test_refunds.py",
    ),
    Fault(
        "renewal_is_booked_to_the_first_gift",
        "donations/sync/payments.py",
        "    if not renewal and not first.is_paid:\n        return first\n",
        "    if not renewal or first.is_paid:\n        return first\n",
        f"{RULES}/test_payments.py",
    ),
    Fault(
        "debit_that_came_back_counts",
        "donations/stripe/parse.py",
        '        returned=balance_transaction(raw.get("failure_balance_transaction")),\n',
        "        returned=None,\n",
        f"{RULES}/test_parse.py",
    ),
    Fault(
        "list_ends_at_its_first_page",
        "donations/stripe/client.py",
        'more = bool(page["has_more"] and page["data"])',
        "more = False",
        f"{RULES}/test_client.py",
    ),
    Fault(
        "reconcile_skips_a_page",
        "donations/reconcile/steps.py",
        "    while some := list(islice(rest, CHUNK)):\n        yield some\n",
        "    while some := list(islice(rest, CHUNK)):\n        yield some\n        list(islice(rest, CHUNK))\n",
        f"{RULES}/test_comparison.py",
    ),
    Fault(
        "yen_have_cents",
        "donations/money.py",
        '"GNF", "JPY", "KMF"',
        '"GNF", "KMF"',
        "tests/donations/test_money.py",
    ),
    Fault(
        "fee_cover_is_a_cent_short",
        "donations/money.py",
        "fee(total - unit, basis_points, fixed) >= gift:",
        "fee(total - unit, basis_points, fixed) >= gift - 1:",
        "tests/donations/test_money.py",
    ),
    Fault(
        "any_time_is_taken",
        "donations/stripe/signature.py",
        "if _signs(secret, body, header, TOLERANCE):",
        "if _signs(secret, body, header, None):",
        "tests/donations/test_webhook.py",
    ),
    Fault(
        "test_money_enters_live_books",
        "donations/webhooks/inbox.py",
        '    if parts["livemode"] != client.is_live():\n',
        '    if parts["livemode"] and not client.is_live():\n',
        "tests/donations/test_webhook.py",
    ),
    Fault(
        "receipt_letter_goes_twice",
        "donations/letters/gift_letters.py",
        'return post(f"receipt:{gift.reference}", _form(document)',
        'return post(f"receipt:{gift.reference}:{timezone.now()}", _form(document)',
        "tests/donations/test_receipt_letters.py",
    ),
    Fault(
        "new_sum_is_a_second_item",
        "donations/stripe/writes.py",
        'item = {"id": known.item, "price_data": price}',
        'item = {"price_data": price}',
        "tests/donations/test_monthly_life.py",
    ),
    Fault(
        "stop_goes_on_taking",
        "donations/stripe/writes.py",
        '    rule = {"pause_collection": {"behavior": "void"}, "metadata": mark}\n',
        '    rule = {"metadata": mark}\n',
        "tests/donations/test_monthly_life.py",
    ),
    Fault(
        "refund_has_no_key",
        "donations/stripe/writes.py",
        'key = {"idempotency_key": f"refund:{order.key}:{order.attempt}"}',
        "key: dict[str, Any] = {}",
        f"{RULES}/test_payment_page.py",
    ),
    Fault(
        "ended_gift_comes_back",
        "donations/monthly/plans.py",
        "    if plan and prefetch.overtaken(plan.as_of, as_of):\n        return plan, []\n",
        "",
        "tests/donations/test_events.py",
    ),
)

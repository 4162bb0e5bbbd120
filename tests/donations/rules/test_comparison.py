"""The comparison with Stripe's lists, by itself: it leaves out none of them, however long they are."""

import pytest

from donations.models import LedgerEntry, Reconciliation
from donations.reconcile import comparison, steps
from tests.donations.rules import given

pytestmark = pytest.mark.django_db


def test_it_finds_every_balance_transaction_of_a_long_list(wire):
    """Two and a half times what it takes at once."""
    fee = {"object": "balance_transaction", "type": "stripe_fee", "fee": 0, "currency": "usd", "source": None}
    names = [f"txn_{number}" for number in range(steps.CHUNK * 5 // 2)]
    wire.lay("balance_transactions", *({"id": name, "amount": -1, "created": given.EPOCH, **fee} for name in names))
    place = {"account": "acct_one", "done": [], "after": ""}
    row = Reconciliation.objects.create(applied=False, started_at=given.NOON, place=place)
    read = comparison.Comparison(row, lambda *_: None, None)
    read.balance_transactions()
    assert read.missing == names and not LedgerEntry.objects.exists()

"""The audit works in sets, and finds what one finds who looks at every row: the same words in the same order."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from donations.books import audit
from foundation.append_only import triggers
from tests.bench import bulk
from tests.donations.audit_by_rows import Rows

pytestmark = [pytest.mark.django_db, pytest.mark.both]
LEDGER, GIFT, PAPER = "donations_ledgerentry", "donations_gift", "donations_receipt"
OF = f"gift_id = (SELECT id FROM {GIFT} WHERE reference = '{{}}')"
A, B = OF.format("C2"), OF.format("C4")
CHARGE, FEE = f"kind = 'charge' AND {A}", f"kind = 'fee' AND {A}"
WRONGS = {
    "a charge of another sum": [f"UPDATE {LEDGER} SET amount = amount + 1, settled = settled + 1 WHERE {CHARGE}"],
    "no charge": [f"DELETE FROM {LEDGER} WHERE kind = 'charge' AND ({A} OR {B})"],
    "a cheque of another sum": [f"UPDATE {LEDGER} SET amount = 7 WHERE kind = 'offline' AND {OF.format('C1')}"],
    "a cheque booked as a charge": [f"UPDATE {LEDGER} SET kind = 'charge' WHERE kind = 'offline'"],
    "two charges": [
        f"UPDATE {LEDGER} SET amount = amount + 2 WHERE {CHARGE}",
        f"UPDATE {LEDGER} SET kind = 'charge', amount = 5, {A} WHERE kind = 'foreign'",
    ],
    "money kept of a gift that failed": [f"UPDATE {GIFT} SET status = 'failed' WHERE reference IN ('C2', 'C3', 'C9')"],
    "more went back than came": [f"UPDATE {LEDGER} SET amount = amount * 100 WHERE kind IN ('refund', 'dispute')"],
    "a refund that failed and was none": [f"DELETE FROM {LEDGER} WHERE kind = 'refund'"],
    "a refund of no gift": [f"UPDATE {LEDGER} SET gift_id = NULL WHERE kind = 'refund'"],
    "a dispute won that was none": [
        f"UPDATE {LEDGER} SET kind = 'dispute_reversal', amount = -amount, cover = -cover WHERE kind = 'dispute'"
    ],
    "another sum on the balance": [f"UPDATE {LEDGER} SET settled = settled + 1 WHERE kind IN ('charge', 'fee')"],
    "the other way on the balance": [f"UPDATE {LEDGER} SET settled = -settled WHERE currency = 'GBP'"],
    "another sum settled later": [f"UPDATE {LEDGER} SET settled = settled + 1 WHERE kind = 'settlement'"],
    "settled later, and never charged": [f"DELETE FROM {LEDGER} WHERE kind = 'charge' AND settled IS NULL"],
    "more cover than money": [f"UPDATE {LEDGER} SET cover = amount + 1 WHERE kind = 'charge'"],
    "cover below nothing": [f"UPDATE {LEDGER} SET cover = -1 WHERE {CHARGE}"],
    "cover comes with a refund": [f"UPDATE {LEDGER} SET cover = 1 WHERE kind = 'refund'"],
    "an entry in another currency": [f"UPDATE {LEDGER} SET currency = 'JPY' WHERE kind = 'charge' AND ({A} OR {B})"],
    "a gift in another currency": [f"UPDATE {GIFT} SET currency = 'JPY' WHERE reference = 'C3'"],
    "a gift of another sum": [f"UPDATE {GIFT} SET amount = 1, fee_cover = 0, total = 1 WHERE reference = 'C3'"],
    "no receipt": [f"DELETE FROM {PAPER} WHERE {A} OR {B}"],
    "a receipt of another sum": [f"UPDATE {PAPER} SET total = total + 1 WHERE {A} OR {OF.format('C3')}"],
    "receipts of no difference": [f"UPDATE {PAPER} SET amount = amount + 1 WHERE replaces_id IS NULL"],
    "a number too high": [f"UPDATE {PAPER} SET number = 9000 WHERE {A}"],
    "another series": [f"UPDATE {PAPER} SET series = 'R', number = 3 WHERE {A}"],
    "a counter that went on": ["UPDATE donations_receiptcounter SET last = last + 1"],
    "a counter of nothing": ["UPDATE donations_receiptcounter SET year = 1999"],
    "never settled": [
        f"UPDATE {LEDGER} SET settled = NULL, settled_currency = '' WHERE kind = 'charge' AND ({A} OR {B})"
    ],
    "settled in two currencies": [
        f"UPDATE {LEDGER} SET settled_currency = 'JPY' WHERE kind = 'fee' AND ({B} OR {OF.format('C10')})"
    ],
    "settled in three currencies": [
        f"UPDATE {LEDGER} SET settled_currency = 'JPY' WHERE {FEE}",
        f"UPDATE {LEDGER} SET settled_currency = 'CHF', balance_transaction = 'txn_charge2' WHERE kind = 'foreign'",
    ],
    "not ours and a gift's": [f"UPDATE {LEDGER} SET balance_transaction = 'txn_charge2' WHERE kind = 'foreign'"],
    "not ours, and taken back": [
        f"UPDATE {LEDGER} SET balance_transaction = 'txn_charge2', kind = 'foreign_reversal' WHERE kind = 'foreign'",
        f"UPDATE {LEDGER} SET stripe_object = 'txn_foreign1', kind = 'foreign', gift_id = NULL WHERE {FEE}",
    ],
    "a payout that nothing explains": ["UPDATE donations_payout SET unexplained = -7"],
}
FINE = {"not ours, and taken back"}  # it is in order, or breaks another rule alone


def in_sets() -> list[str]:
    return [f"{check.__name__}: {words}" for check in audit.CHECKS for words in check()]


def plant(changes: list[str]) -> None:
    with connection.cursor() as cursor:
        for change in changes:
            cursor.execute(change)


@pytest.fixture
def unguarded(charity):
    """Books with a bit of everything; whoever may change the database may lift its triggers too."""
    bulk.gifts(60)
    assert in_sets() == Rows().found() == []
    triggers.remove()


def test_it_finds_each_wrong_as_one_does_who_looks_at_every_row(unguarded):
    lifted = in_sets()
    assert lifted and lifted == Rows().found()
    said = set()
    for name, changes in WRONGS.items():
        with transaction.atomic():
            plant(changes)
            found = in_sets()
            assert found == Rows().found(), name
            assert len(found) > len(lifted) or name in FINE, name
            said |= {words.partition(":")[0] for words in found}
            transaction.set_rollback(True)
    assert said == {check.__name__ for check in audit.CHECKS}


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_it_shows_how_far_it_is_on_a_terminal_and_is_quiet_in_a_pipe(charity):
    terminal, pipe = Terminal(), StringIO()
    call_command("audit_ledger", stdout=terminal)
    call_command("audit_ledger", stdout=pipe)
    assert "] 1 of 8: gifts_and_charges" in terminal.getvalue() and "] 8 of 8: guards" in terminal.getvalue()
    assert pipe.getvalue() == "8 checks, 0 rows that break them.\n"
    assert terminal.getvalue().rpartition("\r")[2] == pipe.getvalue()

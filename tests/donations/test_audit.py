"""manage.py audit_ledger: right books name no row, and whoever changes one by SQL is named by it."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from donations.books import audit
from donations.models import Gift, LedgerEntry, Payout, Receipt
from donations.reconcile import runs
from donations.stripe import parse
from donations.sync import balance
from foundation.append_only import triggers
from tests.donations.test_reconcile import story
from tests.narrowing import not_none

pytestmark = pytest.mark.django_db


def test_it_audits_books_that_are_right_and_names_the_rows_that_are_not(donor, till):
    story(donor, till)
    till.tell()
    runs.run(apply=True)
    out = StringIO()
    call_command("audit_ledger", stdout=out)
    assert "0 rows" in out.getvalue()
    gift = Gift.objects.paid().filter(plan=None).first()
    Gift.objects.filter(pk=gift.pk).update(amount=1, fee_cover=0, total=1)
    Payout.objects.filter(pk=Payout.objects.first().pk).update(unexplained=7)
    with pytest.raises(SystemExit) as stopped:
        call_command("audit_ledger", stdout=out)
    assert stopped.value.code == 1
    assert gift.reference in out.getvalue() and Payout.objects.unexplained().get().payout_id in out.getvalue()


@pytest.mark.parametrize(
    ("table", "change", "which", "said"),
    [
        ("ledgerentry", "amount = amount + 1", "kind = 'charge'", "{object}"),
        (
            "ledgerentry",
            "settled = settled + 1",
            "kind = 'charge'",
            "({object}, charge): 2500 USD moved, 2501 on",
        ),
        ("ledgerentry", "settled = settled - 1", "kind = 'fee'", "row {id} ({object}, fee)"),
        ("ledgerentry", "settled = -settled", "kind = 'charge'", "row {id} ({object}, charge)"),
        ("ledgerentry", "cover = amount + 1", "kind = 'charge'", "row {id} ({object}, charge): 2501 of 2500 USD"),
        ("ledgerentry", "currency = 'EUR', settled_currency = 'EUR'", "kind = 'charge'", "row {id} ({object}, charge)"),
        ("ledgerentry", "gift_id = NULL", "kind = 'charge'", "gift {gift}: 2500 USD paid, charges in the ledger: []"),
        ("receipt", "amount = 1, total = 1", "replaces_id IS NULL", "receipt {label}: 1, the gift 2500"),
        ("receipt", "number = 7", "replaces_id IS NULL", "1 of 7 numbers"),
    ],
)
def test_it_names_the_row_that_somebody_changed_by_sql(donor, till, table, change, which, said):
    donor.gave("once", "25")
    triggers.remove()  # whoever may change the database may lift its triggers too
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE donations_{table} SET {change} WHERE {which}")
    triggers.install()
    entry, paper = LedgerEntry.objects.filter(kind="fee" if "fee" in which else "charge").get(), Receipt.objects.get()
    names = {"id": entry.pk, "object": entry.stripe_object, "gift": paper.gift.reference, "label": paper.label}
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("audit_ledger", stdout=out)
    assert stopped.value.code == 1 and said.format(**names) in out.getvalue()


def test_it_names_money_that_is_booked_as_not_ours_and_as_a_gifts_until_a_comparison_takes_it_back(donor, till):
    donor.gave("once", "25")
    (txn,) = (not_none(parse.balance_transaction(raw)) for raw in till.balance_transactions())
    balance.book_foreign(txn)
    assert list(audit.foreign()) == [f"{txn.id}: booked as not ours, and as a gift's"]
    runs.run(apply=True)
    assert list(audit.foreign()) == [] and balance.unexplained([txn]) == []

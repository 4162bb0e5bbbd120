"""Do the books agree with Stripe's? One check for tests and drills: it names what does not, agreement names nothing."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from donations.books import audit
from donations.models import Gift, LedgerEntry, Receipt
from donations.stripe import client


def balance_transactions() -> list[dict[str, Any]]:
    """Every balance transaction at Stripe, by the site's own key."""
    return list(client.each(client.v1().balance_transactions.list, {}))


def disagreements(stripes: Iterable[dict[str, Any]] | None = None) -> list[str]:
    """What differs, a line for each: nothing when the ledger is Stripe's books and every paid gift has its receipt."""
    return [*_sums(balance_transactions() if stripes is None else stripes), *twice(), *receipts(), *_broken()]


def assert_books_agree() -> None:
    wrong = disagreements()
    assert not wrong, wrong


def _sums(stripes: Iterable[dict[str, Any]]) -> Iterable[str]:
    """To the cent, for each balance transaction, and so for each currency."""
    ours: Counter[tuple[str, str]] = Counter()
    theirs: Counter[tuple[str, str]] = Counter()
    for entry in LedgerEntry.objects.exclude(settled=None):
        ours[entry.settled_currency, entry.balance_transaction] += entry.settled or 0
    for txn in stripes:
        theirs[txn["currency"].upper(), txn["id"]] += txn["net"]
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours or key not in theirs or ours[key] != theirs[key]:
            yield f"{key[1]}: {ours.get(key)} {key[0]} in the ledger, {theirs.get(key)} at Stripe"


def twice() -> Iterable[str]:
    rows = LedgerEntry.objects.order_by().values("stripe_object", "kind").annotate(times=Count("pk"))
    for row in rows.filter(times__gt=1):
        yield f"{row['stripe_object']} {row['kind']}: {row['times']} times in the ledger"


def receipts() -> Iterable[str]:
    """In sets: the simulator asks after each step."""
    first = Counter(Receipt.objects.filter(replaces=None).values_list("gift", flat=True))
    charges = Counter(LedgerEntry.objects.filter(kind="charge").values_list("gift", flat=True))
    for gift, reference in Gift.objects.paid().values_list("pk", "reference"):
        if (first[gift], charges[gift]) != (1, 1):
            yield f"gift {reference}: {first[gift]} first receipts, {charges[gift]} charges"
    if strangers := Receipt.objects.exclude(gift__status=Gift.Status.PAID).count():
        yield f"{strangers} receipts for gifts that are not paid"


def _broken() -> Iterable[str]:
    return [f"{check.__name__}: {words}" for check in audit.CHECKS for words in check()]

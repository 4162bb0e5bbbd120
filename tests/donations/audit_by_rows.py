"""The audit once more, slow and plain: every row is fetched and looked at by itself, with no sum and no join in SQL.

It is what `donations.books.audit` is held against: the same rules, written by another hand in Python.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from donations.models import Gift, LedgerEntry, Payout, Receipt, ReceiptCounter
from foundation.append_only import triggers

GIVING = ("charge", "refund", "refund_reversal", "dispute", "dispute_reversal", "offline")
IN_KIND = "in_kind"


class Rows:
    """All rows of the books, oldest first, and the checks that look at them one by one."""

    def __init__(self) -> None:
        self.gifts = list(Gift.objects.order_by("id"))
        self.entries = list(LedgerEntry.objects.select_related("gift").order_by("id"))
        self.papers = list(Receipt.objects.select_related("gift").order_by("id"))

    def found(self) -> list[str]:
        """What the checks find, in their order, each with its name: what audit_ledger prints."""
        checks = (
            *(self.gifts_and_charges, self.returns, self.sums, self.receipts),
            *(self.settlements, self.foreign, self.payouts, self.guards),
        )
        return [f"{check.__name__}: {words}" for check in checks for words in check()]

    def of(self, *kinds: str) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.kind in kinds]

    def kept(self, gift: Gift | None) -> int:
        return sum(entry.amount for entry in self.of(*GIVING) if gift and entry.gift_id == gift.pk)

    def gifts_and_charges(self) -> Iterator[str]:
        for gift in self.gifts:
            kind = "charge" if gift.method == "stripe" else "offline"
            came = [entry.amount for entry in reversed(self.of(kind)) if entry.gift_id == gift.pk]
            if gift.status == "paid" and gift.method != IN_KIND and gift.total not in came:
                yield f"gift {gift.reference}: {gift.total} {gift.currency} paid, charges in the ledger: {came}"
        for gift in self.gifts:
            if gift.status != "paid" and self.kept(gift):
                yield f"gift {gift.reference}: {self.kept(gift)} kept of a gift that is not paid"

    def returns(self) -> Iterator[str]:
        for gift in self.gifts:
            if self.kept(gift) < 0:
                yield f"gift {gift.reference}: {-self.kept(gift)} more went back than came"
        for first in ("refund", "dispute"):
            for entry in self.of(f"{first}_reversal"):
                if not any(other.gift_id == entry.gift_id for other in self.of(first) if entry.gift_id):
                    yield f"{entry.stripe_object}: {first}_reversal without {first}"

    def sums(self) -> Iterator[str]:
        for entry in self.entries:
            if entry.settled is not None:
                own = entry.kind != "settlement" and entry.currency == entry.settled_currency
                if (own and entry.settled != entry.amount + entry.beyond) or entry.amount * entry.settled < 0:
                    yield f"{named(entry)}: {entry.amount} {entry.currency} moved, {entry.settled} on the balance"
        for entry in self.of("settlement"):
            if entry.settled is not None and entry.currency == entry.settled_currency:
                charged = [each.amount for each in self.of("charge") if each.stripe_object == entry.stripe_object]
                if entry.settled not in charged:
                    yield f"{named(entry)}: {entry.settled} {entry.currency} on the balance, another sum charged"
        for entry in self.entries:
            low, high = sorted((0, entry.amount))
            if not low <= entry.cover <= high:
                yield f"{named(entry)}: {entry.cover} of {entry.amount} {entry.currency} covers the fee"
        for entry in self.of(*GIVING):
            if entry.gift and entry.currency != entry.gift.currency:
                yield f"{named(entry)}: in {entry.currency}, the gift {entry.gift.reference} is not"

    def receipts(self) -> Iterator[str]:
        papers = self.papers
        for gift in self.gifts:
            if gift.status == "paid" and not any(paper.gift_id == gift.pk for paper in papers):
                yield f"gift {gift.reference}: no receipt"
        for paper in papers:
            if paper.replaces_id is None and not paper.total == paper.gift.total == paper.amount + paper.fee_cover:
                yield f"receipt {paper.label}: {paper.total}, the gift {paper.gift.total}"
        replaced = {paper.replaces_id for paper in papers}
        for paper in papers:
            if paper.pk not in replaced and paper.total != max(self.kept(paper.gift), 0):
                yield f"receipt {paper.label}: {paper.total}, kept {self.kept(paper.gift)}"
        for series, year in sorted({(paper.series, paper.year) for paper in papers}):
            numbers = [paper.number for paper in papers if (paper.series, paper.year) == (series, year)]
            if len(numbers) != max(numbers):
                yield f"receipts {series} {year}: {len(numbers)} of {max(numbers)} numbers"
        for counter in sorted(ReceiptCounter.objects.all(), key=lambda row: (row.series, row.year)):
            if counter.last != sum((paper.series, paper.year) == (counter.series, counter.year) for paper in papers):
                yield f"receipts {counter}: another count of documents"

    def settlements(self) -> Iterator[str]:
        settled = {entry.stripe_object for entry in self.of("settlement")}
        for entry in self.of("charge"):
            young = entry.occurred_at >= timezone.now() - timedelta(days=10)
            if entry.settled is None and not young and entry.stripe_object not in settled:
                yield f"{entry.stripe_object}: charged, and not settled for 10 days"
        for txn in dict.fromkeys(entry.balance_transaction for entry in self.entries if entry.balance_transaction):
            currencies = {entry.settled_currency for entry in self.entries if entry.balance_transaction == txn}
            if len(currencies) > 1:
                yield f"{txn}: in {len(currencies)} currencies"

    def foreign(self) -> Iterator[str]:
        of_gifts = {entry.balance_transaction for entry in self.entries if entry.gift_id} - {""}
        back = {entry.stripe_object for entry in self.of("foreign_reversal")}
        for entry in self.of("foreign"):
            if entry.stripe_object not in back and entry.balance_transaction in of_gifts:
                yield f"{entry.balance_transaction}: booked as not ours, and as a gift's"

    def payouts(self) -> Iterator[str]:
        for payout in Payout.objects.counted().order_by("id"):
            if payout.unexplained:
                yield f"payout {payout.payout_id}: {payout.unexplained} {payout.currency} unexplained"

    def guards(self) -> Iterator[str]:
        for table in triggers.unguarded():
            yield f"table {table}: rows can be changed; run manage.py migrate"


def named(entry: LedgerEntry) -> str:
    return f"row {entry.pk} ({entry.stripe_object}, {entry.kind})"

"""Audit of the books: what must always be true of ledger, receipts, payouts. Each check yields rows that break it.

Each rule is one statement that the database works out over whole tables (grouped sums, anti-joins). Its findings are
read as a stream, oldest first, so that a million gifts take no more memory than ten.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from donations.models import Gift, LedgerEntry, Payout, Receipt, ReceiptCounter
from donations.models.books import GIVING
from donations.models.gifts import Method
from foundation.append_only import triggers

Kind = LedgerEntry.Kind
LATE = timedelta(days=10)  # Stripe names the balance transaction of a charge within days
ENTERED = [Kind.OFFLINE, Kind.CORRECTION]  # by staff, and put right by them
CHUNK = 1000  # findings of which more is asked at once
ENTRY = ("pk", "stripe_object", "kind", "amount", "currency", "settled", "cover")
Row = dict[str, Any]


def gifts_and_charges() -> Iterator[str]:
    """Check gifts against charges: a paid gift has one charge that stayed, of its sum; every other gift keeps nothing.
    A gift in kind has no sum; one that staff entered wrongly has what its corrections leave.
    """
    of_its_sum = LedgerEntry.objects.filter(gift=OuterRef("pk"), amount=OuterRef("total"), kind=Kind.CHARGE)
    paid = Gift.objects.paid().exclude(method=Method.IN_KIND)
    yield from _of_another_sum(paid.filter(~Exists(of_its_sum), method=Method.STRIPE), [Kind.CHARGE])
    entered = LedgerEntry.objects.filter(gift=OuterRef("pk"), kind__in=ENTERED).order_by().values("gift")
    left = Coalesce(Subquery(entered.annotate(sum=Sum("amount")).values("sum")), 0)
    yield from _of_another_sum(paid.exclude(method=Method.STRIPE).annotate(left=left).exclude(left=F("total")), ENTERED)
    unpaid = LedgerEntry.objects.giving().exclude(gift=None).exclude(gift__status=Gift.Status.PAID)
    for reference, kept in _by_gift(unpaid, ~Q(kept=0)):
        yield f"gift {reference}: {kept} kept of a gift that is not paid"


def _of_another_sum(paid: QuerySet[Gift], kinds: list[LedgerEntry.Kind]) -> Iterator[str]:
    for some in _chunks(paid.order_by("pk").values("pk", "reference", "total", "currency")):
        sums: dict[int, list[int]] = {}
        rows = LedgerEntry.objects.filter(gift__in=[gift["pk"] for gift in some], kind__in=kinds)
        for ident, amount in rows.values_list("gift", "amount"):
            sums.setdefault(ident, []).append(amount)
        for gift in some:
            said = sums.get(gift["pk"], [])
            yield f"gift {gift['reference']}: {gift['total']} {gift['currency']} paid, charges in the ledger: {said}"


def returns() -> Iterator[str]:
    """Check refunds and disputes: no gift gives back more than came, no reversal is without its refund or dispute."""
    for reference, kept in _by_gift(LedgerEntry.objects.giving().exclude(gift=None), Q(kept__lt=0)):
        yield f"gift {reference}: {-kept} more went back than came"
    for reversal, first in ((Kind.REFUND_REVERSAL, Kind.REFUND), (Kind.DISPUTE_REVERSAL, Kind.DISPUTE)):
        firsts = LedgerEntry.objects.filter(kind=first, gift=OuterRef("gift"))
        for entry in _entries(LedgerEntry.objects.filter(~Exists(firsts), kind=reversal)):
            yield f"{entry['stripe_object']}: {reversal} without {first}"


def sums() -> Iterator[str]:
    """Check the amounts of each ledger entry, in minor units: in the account's own currency the amount is what the
    balance shows, the fee cover is a part of it, and what belongs to a gift is in the gift's currency.
    """
    rows = LedgerEntry.objects.exclude(settled=None)
    same = ~Q(kind=Kind.SETTLEMENT) & Q(currency=F("settled_currency")) & ~Q(settled=F("amount") + F("beyond"))
    against = Q(amount__gt=0, settled__lt=0) | Q(amount__lt=0, settled__gt=0)
    for entry in _entries(rows.filter(same | against)):
        yield f"{_named(entry)}: {entry['amount']} {entry['currency']} moved, {entry['settled']} on the balance"
    charged = LedgerEntry.objects.filter(
        kind=Kind.CHARGE, stripe_object=OuterRef("stripe_object"), amount=OuterRef("settled")
    )
    later = rows.filter(~Exists(charged), kind=Kind.SETTLEMENT, currency=F("settled_currency"))
    for entry in _entries(later):
        yield f"{_named(entry)}: {entry['settled']} {entry['currency']} on the balance, another sum charged"
    part = Q(amount__gte=0, cover__gte=0, cover__lte=F("amount")) | Q(
        amount__lt=0, cover__lte=0, cover__gte=F("amount")
    )
    for entry in _entries(LedgerEntry.objects.exclude(part)):
        yield f"{_named(entry)}: {entry['cover']} of {entry['amount']} {entry['currency']} covers the fee"
    other = LedgerEntry.objects.giving().exclude(gift=None).exclude(currency=F("gift__currency"))
    for entry in _entries(other, "gift__reference"):
        yield f"{_named(entry)}: in {entry['currency']}, the gift {entry['gift__reference']} is not"


def receipts() -> Iterator[str]:
    """Check receipts: one original for each paid gift, of its sum; the newest one shows what the ledger keeps. Numbers
    have no gap.
    """
    papers = Receipt.objects.filter(gift=OuterRef("pk"))
    for gift in _stream(Gift.objects.paid().filter(~Exists(papers)).order_by("pk").values("reference")):
        yield f"gift {gift['reference']}: no receipt"
    entered = LedgerEntry.objects.filter(gift=OuterRef("gift"), kind=Kind.OFFLINE, amount=OuterRef("total"))
    # Of a gift that staff put right: as it was entered first.
    another = ~Q(total=F("amount") + F("fee_cover")) | ~Q(total=F("gift__total")) & ~Exists(entered)
    originals = Receipt.objects.filter(another, replaces=None)
    for paper in _stream(originals.order_by("pk").values("label", "total", "gift__total")):
        yield f"receipt {paper['label']}: {paper['total']}, the gift {paper['gift__total']}"
    kept = Coalesce(Sum("gift__entries__amount", filter=Q(gift__entries__kind__in=GIVING)), 0)
    in_force = ~Exists(Receipt.objects.filter(replaces=OuterRef("pk")))
    holding = Receipt.objects.filter(in_force).order_by("pk").values("pk", "label", "total").annotate(kept=kept)
    for paper in _stream(holding.exclude(total=Greatest("kept", 0))):
        yield f"receipt {paper['label']}: {paper['total']}, kept {paper['kept']}"
    series = Receipt.objects.order_by("series", "year").values("series", "year")
    for row in series.annotate(count=Count("pk"), last=Max("number")).exclude(count=F("last")):
        yield f"receipts {row['series']} {row['year']}: {row['count']} of {row['last']} numbers"
    written = Receipt.objects.filter(series=OuterRef("series"), year=OuterRef("year")).order_by().values("series")
    count = Coalesce(Subquery(written.annotate(count=Count("pk")).values("count")), 0)
    for counter in ReceiptCounter.objects.annotate(count=count).exclude(count=F("last")).order_by("series", "year"):
        yield f"receipts {counter}: another count of documents"


def settlements() -> Iterator[str]:
    """Check settlements: each charge reaches the balance within ten days, once, in one currency."""
    late = LedgerEntry.objects.filter(kind=Kind.CHARGE, settled=None, occurred_at__lt=timezone.now() - LATE)
    settled = LedgerEntry.objects.filter(kind=Kind.SETTLEMENT, stripe_object=OuterRef("stripe_object"))
    for entry in _entries(late.filter(~Exists(settled))):
        yield f"{entry['stripe_object']}: charged, and not settled for {LATE.days} days"
    rows = LedgerEntry.objects.exclude(balance_transaction="").order_by().values("balance_transaction")
    in_two = rows.annotate(low=Min("settled_currency"), high=Max("settled_currency"), first=Min("pk"))
    for some in _chunks(in_two.exclude(low=F("high")).order_by("first")):
        found = rows.filter(balance_transaction__in=[row["balance_transaction"] for row in some])
        counts = found.annotate(count=Count("settled_currency", distinct=True))
        counted = dict(counts.values_list("balance_transaction", "count"))
        for row in some:
            yield f"{row['balance_transaction']}: in {counted[row['balance_transaction']]} currencies"


def foreign() -> Iterator[str]:
    """Check foreign money: no balance transaction is booked as not ours and as a gift's, which would count it twice."""
    of_gifts = LedgerEntry.objects.exclude(gift=None).exclude(balance_transaction="")
    twice = Exists(of_gifts.filter(balance_transaction=OuterRef("balance_transaction")))
    for entry in _entries(LedgerEntry.objects.foreign().filter(twice), "balance_transaction"):
        yield f"{entry['balance_transaction']}: booked as not ours, and as a gift's"


def payouts() -> Iterator[str]:
    """Check payouts: the ledger explains each one to the last minor unit."""
    for payout in Payout.objects.counted().unexplained().order_by("pk").iterator():
        yield f"payout {payout.payout_id}: {payout.unexplained} {payout.currency} unexplained"


def guards() -> Iterator[str]:
    """Check the append-only triggers: the database itself refuses to change the rows of the books."""
    for table in triggers.unguarded():
        yield f"table {table}: rows can be changed; run manage.py migrate"


def _by_gift(rows: QuerySet[LedgerEntry], broken: Q) -> Iterator[tuple[str, int]]:
    """The reference of each gift of which the sum of these entries (`kept`, minor units) is `broken`, and that sum. To
    group by the gift's key alone is twice as fast.
    """
    summed = rows.order_by("gift").values("gift").annotate(kept=Sum("amount"))
    for some in _chunks(summed.filter(broken)):
        named = dict(Gift.objects.filter(pk__in=[row["gift"] for row in some]).values_list("pk", "reference"))
        yield from ((named[row["gift"]], row["kept"]) for row in some)


def _entries(rows: QuerySet[LedgerEntry], *more: str) -> Iterator[Row]:
    return _stream(rows.order_by("pk").values(*ENTRY, *more))


def _named(entry: Row) -> str:
    return f"row {entry['pk']} ({entry['stripe_object']}, {entry['kind']})"


def _stream(rows: QuerySet[Any, Any]) -> Iterator[Row]:
    return rows.iterator(chunk_size=CHUNK)


def _chunks(rows: QuerySet[Any, Any]) -> Iterator[list[Row]]:
    found = _stream(rows)
    while some := list(islice(found, CHUNK)):
        yield some


CHECKS: list[Callable[[], Iterator[str]]] = [
    gifts_and_charges,
    returns,
    sums,
    receipts,
    settlements,
    foreign,
    payouts,
    guards,
]

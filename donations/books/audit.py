"""Audit of the books: what must always be true of ledger, receipts, payouts. Each check yields rows that break it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from donations.models import Gift, LedgerEntry, Payout, Receipt, ReceiptCounter
from donations.models.gifts import Method
from foundation.append_only import triggers

Kind = LedgerEntry.Kind
LATE = timedelta(days=10)  # Stripe names the balance transaction of a charge within days


def gifts_and_charges() -> Iterator[str]:
    """Check gifts against charges: a paid gift has one charge that stayed, of its sum; every other gift keeps nothing.
    A gift in kind has no sum; one that staff entered wrongly has what its corrections leave.
    """
    of_its_sum = LedgerEntry.objects.filter(gift=OuterRef("pk"), amount=OuterRef("total"))
    online = Q(Exists(of_its_sum.filter(kind=Kind.CHARGE)), method=Method.STRIPE)
    entered = LedgerEntry.objects.filter(gift=OuterRef("pk"), kind__in=[Kind.OFFLINE, Kind.CORRECTION]).order_by()
    stayed = Subquery(entered.values("gift").annotate(sum=Sum("amount")).values("sum"))
    elsewhere = ~Q(method=Method.STRIPE) & Q(total=stayed)
    for gift in Gift.objects.paid().exclude(method=Method.IN_KIND).exclude(online | elsewhere).iterator():
        kinds = [Kind.OFFLINE, Kind.CORRECTION] if gift.is_offline else [Kind.CHARGE]
        sums = LedgerEntry.objects.filter(gift=gift, kind__in=kinds).values_list("amount", flat=True)
        yield f"gift {gift.reference}: {gift.total} {gift.currency} paid, charges in the ledger: {list(sums)}"
    unpaid = LedgerEntry.objects.giving().exclude(gift=None).exclude(gift__status=Gift.Status.PAID).order_by()
    for row in unpaid.values("gift__reference").annotate(kept=Sum("amount")).exclude(kept=0):
        yield f"gift {row['gift__reference']}: {row['kept']} kept of a gift that is not paid"


def returns() -> Iterator[str]:
    """Check refunds and disputes: no gift gives back more than came, no reversal is without its refund or dispute."""
    rows = LedgerEntry.objects.giving().exclude(gift=None).order_by().values("gift__reference")
    for row in rows.annotate(kept=Sum("amount")).filter(kept__lt=0):
        yield f"gift {row['gift__reference']}: {-row['kept']} more went back than came"
    for reversal, first in ((Kind.REFUND_REVERSAL, Kind.REFUND), (Kind.DISPUTE_REVERSAL, Kind.DISPUTE)):
        firsts = LedgerEntry.objects.filter(kind=first).values("gift")
        for entry in LedgerEntry.objects.filter(kind=reversal).exclude(gift__in=firsts):
            yield f"{entry.stripe_object}: {reversal} without {first}"


def sums() -> Iterator[str]:
    """Check the amounts of each ledger entry, in minor units: in the account's own currency the amount is what the
    balance shows, the fee cover is a part of it, and what belongs to a gift is in the gift's currency.
    """
    rows = LedgerEntry.objects.exclude(settled=None)
    same = rows.exclude(kind=Kind.SETTLEMENT).filter(currency=F("settled_currency"))
    same = same.exclude(settled=F("amount") + F("beyond"))
    against = Q(amount__gt=0, settled__lt=0) | Q(amount__lt=0, settled__gt=0)
    for entry in (same | rows.filter(against)).distinct().iterator():
        yield f"{_named(entry)}: {entry.amount} {entry.currency} moved, {entry.settled} on the balance"
    charged = LedgerEntry.objects.filter(kind=Kind.CHARGE, stripe_object=OuterRef("stripe_object")).values("amount")
    later = rows.filter(kind=Kind.SETTLEMENT, currency=F("settled_currency"))
    for entry in later.exclude(settled=Subquery(charged)).iterator():
        yield f"{_named(entry)}: {entry.settled} {entry.currency} on the balance, another sum charged"
    part = Q(amount__gte=0, cover__gte=0, cover__lte=F("amount")) | Q(
        amount__lt=0, cover__lte=0, cover__gte=F("amount")
    )
    for entry in LedgerEntry.objects.exclude(part).iterator():
        yield f"{_named(entry)}: {entry.cover} of {entry.amount} {entry.currency} covers the fee"
    for entry in LedgerEntry.objects.giving().exclude(gift=None).exclude(currency=F("gift__currency")).iterator():
        yield f"{_named(entry)}: in {entry.currency}, the gift {entry.gift} is not"


def _named(entry: LedgerEntry) -> str:
    return f"row {entry.pk} ({entry.stripe_object}, {entry.kind})"


def receipts() -> Iterator[str]:
    """Check receipts: one original for each paid gift, of its sum; the newest one shows what the ledger keeps. Numbers
    have no gap.
    """
    for gift in Gift.objects.paid().filter(receipts=None):
        yield f"gift {gift.reference}: no receipt"
    entered = LedgerEntry.objects.filter(gift=OuterRef("gift"), kind=Kind.OFFLINE, amount=OuterRef("total"))
    of_the_gift = Q(total=F("gift__total")) | Q(Exists(entered))  # as it was entered, before it was put right
    of_the_gift &= Q(total=F("amount") + F("fee_cover"))
    for paper in Receipt.objects.filter(replaces=None).exclude(of_the_gift).iterator():
        yield f"receipt {paper.label}: {paper.total}, the gift {paper.gift.total}"
    left = LedgerEntry.objects.giving().filter(gift=OuterRef("gift")).order_by().values("gift")
    kept = Coalesce(Subquery(left.annotate(sum=Sum("amount")).values("sum")), 0)
    holding = Receipt.objects.current().order_by().annotate(kept=kept)
    for receipt in holding.exclude(total=Greatest("kept", 0)).iterator():
        yield f"receipt {receipt.label}: {receipt.total}, kept {receipt.kept}"  # type: ignore[attr-defined]
    series = Receipt.objects.order_by().values("series", "year")
    for row in series.annotate(count=Count("pk"), last=Max("number")).exclude(count=F("last")):
        yield f"receipts {row['series']} {row['year']}: {row['count']} of {row['last']} numbers"
    for counter in ReceiptCounter.objects.all():
        if Receipt.objects.filter(series=counter.series, year=counter.year).count() != counter.last:
            yield f"receipts {counter}: another count of documents"


def settlements() -> Iterator[str]:
    """Check settlements: each charge reaches the balance within ten days, once, in one currency."""
    late = LedgerEntry.objects.filter(kind=Kind.CHARGE, settled=None, occurred_at__lt=timezone.now() - LATE)
    settled = LedgerEntry.objects.filter(kind=Kind.SETTLEMENT).values("stripe_object")
    for entry in late.exclude(stripe_object__in=settled):
        yield f"{entry.stripe_object}: charged, and not settled for {LATE.days} days"
    rows = LedgerEntry.objects.exclude(balance_transaction="").order_by().values("balance_transaction")
    for row in rows.annotate(count=Count("settled_currency", distinct=True)).filter(count__gt=1):
        yield f"{row['balance_transaction']}: in {row['count']} currencies"


def foreign() -> Iterator[str]:
    """Check foreign money: no balance transaction is booked as not ours and as a gift's, which would count it twice."""
    of_gifts = LedgerEntry.objects.exclude(gift=None).exclude(balance_transaction="").values("balance_transaction")
    for entry in LedgerEntry.objects.foreign().filter(balance_transaction__in=of_gifts):
        yield f"{entry.balance_transaction}: booked as not ours, and as a gift's"


def payouts() -> Iterator[str]:
    """Check payouts: the ledger explains each one to the last minor unit."""
    for payout in Payout.objects.counted().unexplained():
        yield f"payout {payout.payout_id}: {payout.unexplained} {payout.currency} unexplained"


def guards() -> Iterator[str]:
    """Check the append-only triggers: the database itself refuses to change the rows of the books."""
    for table in triggers.unguarded():
        yield f"table {table}: rows can be changed; run manage.py migrate"


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

"""What must always be true of the books. Each check names the rows that break it; right books name none."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db.models import Count, F, Max, Sum
from django.utils import timezone

from donations.models import Gift, LedgerEntry, Payout, Receipt, ReceiptCounter

Kind = LedgerEntry.Kind
LATE = timedelta(days=10)  # Stripe names the balance transaction of a charge within days


def gifts_and_charges() -> Iterator[str]:
    """A paid gift has one charge that stayed, of its sum; every other gift keeps nothing."""
    for gift in Gift.objects.paid().iterator():
        sums = LedgerEntry.objects.filter(gift=gift, kind=Kind.CHARGE).values_list("amount", flat=True)
        if gift.total not in sums:
            yield f"gift {gift.reference}: {gift.total} {gift.currency} paid, charges in the ledger: {list(sums)}"
    unpaid = LedgerEntry.objects.giving().exclude(gift=None).exclude(gift__status=Gift.Status.PAID).order_by()
    for row in unpaid.values("gift__reference").annotate(kept=Sum("amount")).exclude(kept=0):
        yield f"gift {row['gift__reference']}: {row['kept']} kept of a gift that is not paid"


def returns() -> Iterator[str]:
    """No gift gives back more than came, and nothing returns that had not left."""
    rows = LedgerEntry.objects.giving().exclude(gift=None).order_by().values("gift__reference")
    for row in rows.annotate(kept=Sum("amount")).filter(kept__lt=0):
        yield f"gift {row['gift__reference']}: {-row['kept']} more went back than came"
    for reversal, first in ((Kind.REFUND_REVERSAL, Kind.REFUND), (Kind.DISPUTE_REVERSAL, Kind.DISPUTE)):
        firsts = LedgerEntry.objects.filter(kind=first).values("gift")
        for entry in LedgerEntry.objects.filter(kind=reversal).exclude(gift__in=firsts):
            yield f"{entry.stripe_object}: {reversal} without {first}"


def receipts() -> Iterator[str]:
    """One receipt for each paid gift, and the newest shows what is kept. Numbers follow each other."""
    for gift in Gift.objects.paid().filter(receipts=None):
        yield f"gift {gift.reference}: no receipt"
    for receipt in Receipt.objects.filter(replaced_by=None).select_related("gift").iterator():
        kept, _cover = LedgerEntry.objects.kept(receipt.gift)
        if receipt.total != max(kept, 0):
            yield f"receipt {receipt.label}: {receipt.total}, kept {kept}"
    series = Receipt.objects.order_by().values("entity", "series", "year")
    for row in series.annotate(count=Count("pk"), last=Max("number")).exclude(count=F("last")):
        yield f"receipts {row['series']} {row['year']}: {row['count']} of {row['last']} numbers"
    for counter in ReceiptCounter.objects.all():
        same = {"entity": counter.entity, "series": counter.series, "year": counter.year}
        if Receipt.objects.filter(**same).count() != counter.last:
            yield f"receipts {counter}: another count of documents"


def settlements() -> Iterator[str]:
    """Each charge reaches the balance, once, in one currency."""
    late = LedgerEntry.objects.filter(kind=Kind.CHARGE, settled=None, occurred_at__lt=timezone.now() - LATE)
    settled = LedgerEntry.objects.filter(kind=Kind.SETTLEMENT).values("stripe_object")
    for entry in late.exclude(stripe_object__in=settled):
        yield f"{entry.stripe_object}: charged, and not settled for {LATE.days} days"
    rows = LedgerEntry.objects.exclude(balance_transaction="").order_by().values("balance_transaction")
    for row in rows.annotate(count=Count("settled_currency", distinct=True)).filter(count__gt=1):
        yield f"{row['balance_transaction']}: in {row['count']} currencies"


def payouts() -> Iterator[str]:
    """Every payout is explained to the cent."""
    for payout in Payout.objects.unexplained():
        yield f"payout {payout.payout_id}: {payout.unexplained} {payout.currency} unexplained"


CHECKS: list[Callable[[], Iterator[str]]] = [gifts_and_charges, returns, receipts, settlements, payouts]

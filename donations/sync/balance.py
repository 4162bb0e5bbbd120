"""Sync the balance at Stripe: balance transactions explained by ledger entries, payouts by balance transactions."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from donations.books import ledger
from donations.letters.outcomes import PayoutFailed, Tell
from donations.models import LedgerEntry, Payout
from donations.stripe import client, objects, prefetch, reads
from donations.stripe.errors import NotFoundError
from donations.sync import from_stripe, orphans, payments

Kind = LedgerEntry.Kind
YOUNG = timedelta(days=1)
# By what an id begins with: charges and refunds of cards (ch, re) and of other methods (py, pyr), disputes (du, dp).
SOURCES: dict[str, Callable[[str, Tell], str]] = {
    "ch": from_stripe.charge_changed,
    "py": from_stripe.charge_changed,
    "re": from_stripe.refund_changed,
    "pyr": from_stripe.refund_changed,
    "du": from_stripe.dispute_changed,
    "dp": from_stripe.dispute_changed,
}
KINDS = {
    "stripe_fee": Kind.STRIPE_FEE,
    "stripe_fx_fee": Kind.STRIPE_FEE,
    "tax_fee": Kind.STRIPE_FEE,
    "adjustment": Kind.ADJUSTMENT,
    "payout": Kind.PAYOUT,
    "payout_cancel": Kind.PAYOUT,
    "payout_failure": Kind.PAYOUT,
}


def unexplained(txns: Iterable[objects.BalanceTransaction]) -> list[objects.BalanceTransaction]:
    """Return those for which the ledger has no entries, or entries of another sum."""
    wanted = {txn.id: txn for txn in txns}
    rows = LedgerEntry.objects.filter(balance_transaction__in=wanted).order_by()
    grouped = rows.values("balance_transaction").annotate(sum=Sum("settled"))
    sums = {row["balance_transaction"]: row["sum"] for row in grouped}
    return [txn for ident, txn in wanted.items() if sums.get(ident) != txn.net]


def book(txn: objects.BalanceTransaction, tell: Tell, anywhere: bool = False) -> str:
    """Book a balance transaction that the ledger lacks, by the same handlers as its webhook events; what is no gift's,
    as a kind of its own. Returns a note for staff.

    A handler that finds a payment of ours and books nothing leaves a gap for staff to see: nothing is guessed here.
    Money that carries our mark is never booked as somebody else's: its gift is rebuilt from Stripe, or
    UnknownOrphanError says why it cannot be (`anywhere` as there).
    """
    step = SOURCES.get(_prefix(txn.source))
    if step is None:
        ledger.record_without_gift(txn, KINDS.get(txn.type, Kind.FOREIGN), client.is_live())
        return ""
    try:
        return step(txn.source, tell)
    except payments.OrphanError as orphan:
        note = orphans.rebuild(orphan.reference, orphan.named, anywhere)
        return " ".join(filter(None, [note, step(txn.source, tell)]))
    except payments.NotOursError:
        book_foreign(txn)
        return ""


def book_foreign(txn: objects.BalanceTransaction) -> None:
    """Book foreign money: no gift of ours asked for it. If one turns up later, a further row reverses it (`ledger`)."""
    ledger.record_without_gift(txn, Kind.FOREIGN, client.is_live())


def perhaps_ours(txns: Iterable[objects.BalanceTransaction], ever: bool) -> list[objects.BalanceTransaction]:
    """Return those booked as foreign within a day, or `ever`: Stripe may make a month's invoice after its payment."""
    named = [txn for txn in txns if _prefix(txn.source) in SOURCES]
    rows = LedgerEntry.objects.foreign().filter(stripe_object__in=[txn.id for txn in named])
    if not ever:
        rows = rows.filter(recorded_at__gt=timezone.now() - YOUNG)
    standing = set(rows.values_list("stripe_object", flat=True))
    return [txn for txn in named if txn.id in standing]


def is_foreign(txn: objects.BalanceTransaction) -> bool:
    return LedgerEntry.objects.foreign().filter(stripe_object=txn.id).exists()


def _prefix(source: str) -> str:
    return source.partition("_")[0]


def payout_changed(ident: str, tell: Tell) -> str:
    """Sync a payout as it is now; once Stripe says what is in it, all of that is explained."""
    as_of = timezone.now()
    fact = reads.payout(ident)
    txns = reads.balance_transactions_of(ident) if fact.complete else None
    for txn in unexplained(txns or []):
        with suppress(orphans.UnknownOrphanError, NotFoundError):  # it stays unexplained, and is said so
            book(txn, tell)
    own = [txn for txn in (fact.out, fact.back) if txn]
    for txn in unexplained(own):
        book(txn, tell)
    left = _left(fact, txns) if txns is not None else None
    with transaction.atomic():
        row = _save_newer(fact, as_of, left, len(txns) if txns is not None else None)
        if row.status == "failed":
            tell([PayoutFailed(row)])
    return f"Unexplained: {left} {fact.currency}." if left else ""


def _left(fact: objects.Payout, txns: list[objects.BalanceTransaction]) -> int:
    """What of a payout the ledger does not explain, in minor units.

    Its own leaving is no part of it; an earlier payout that failed is: its money goes out again with this one.
    """
    own = [each.id for each in (fact.out, fact.back) if each]
    parts = [each.id for each in txns if each.id not in own]
    known: int = LedgerEntry.objects.filter(balance_transaction__in=parts).aggregate(sum=Sum("settled"))["sum"] or 0
    return fact.amount - known


def _save_newer(fact: objects.Payout, as_of: datetime, left: int | None, count: int | None) -> Payout:
    """Upsert a payout, unless its row is newer. Call it in a transaction."""
    fields = {
        "status": fact.status[:40],
        "amount": fact.amount,
        "currency": fact.currency,
        "arrives_on": fact.arrives.date(),
        "automatic": fact.automatic,
        "balance_transactions": count,
        "unexplained": left,
        "created_at": fact.created,
        "as_of": as_of,
        "livemode": fact.livemode,
    }
    known, made = Payout.objects.select_for_update().get_or_create(payout_id=fact.id, defaults=fields)
    if not made and not prefetch.overtaken(known.as_of, as_of):
        Payout.objects.filter(pk=known.pk).update(**fields)
        known.refresh_from_db()
    return known

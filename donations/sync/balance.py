"""Explain the balance at Stripe: each of its movements by rows of the ledger, each payout by its movements."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from donations.books import ledger
from donations.letters.outcomes import Tell
from donations.models import LedgerEntry, Payout
from donations.stripe import ahead, client, objects, reads
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


def unexplained(movements: Iterable[objects.Movement]) -> list[objects.Movement]:
    """Those for which the ledger has no rows, or rows of another sum."""
    wanted = {movement.id: movement for movement in movements}
    rows = LedgerEntry.objects.filter(balance_transaction__in=wanted).order_by()
    grouped = rows.values("balance_transaction").annotate(sum=Sum("settled"))
    sums = {row["balance_transaction"]: row["sum"] for row in grouped}
    return [movement for ident, movement in wanted.items() if sums.get(ident) != movement.net]


def take(movement: objects.Movement, tell: Tell, anywhere: bool = False) -> str:
    """Book a movement that the ledger lacks, by the same steps as its events; what is no gift's, as a kind of its own.
    Returns a note for staff.

    A step that finds a payment of ours and books nothing leaves a gap for staff to see: nothing is guessed here. Money
    that carries our mark is never booked as somebody else's: its gift is made anew from Stripe, or UnknownOrphanError
    says why it cannot be (`anywhere` as there).
    """
    step = SOURCES.get(_prefix(movement.source))
    if step is None:
        ledger.record_other(movement, KINDS.get(movement.type, Kind.FOREIGN), client.is_live())
        return ""
    try:
        return step(movement.source, tell)
    except payments.OrphanError as orphan:
        note = orphans.rebuild(orphan.reference, orphan.named, anywhere)
        return " ".join(filter(None, [note, step(movement.source, tell)]))
    except payments.NotOursError:
        foreign(movement)
        return ""


def foreign(movement: objects.Movement) -> None:
    """No gift of ours asked for it. Where one turns up later after all, a further row takes this back (`ledger`)."""
    ledger.record_other(movement, Kind.FOREIGN, client.is_live())


def perhaps_ours(movements: Iterable[objects.Movement], ever: bool) -> list[objects.Movement]:
    """Those booked as not ours within a day, or `ever`: Stripe may make the invoice of a monthly payment after it."""
    named = [movement for movement in movements if _prefix(movement.source) in SOURCES]
    rows = LedgerEntry.objects.foreign().filter(stripe_object__in=[movement.id for movement in named])
    if not ever:
        rows = rows.filter(recorded_at__gt=timezone.now() - YOUNG)
    standing = set(rows.values_list("stripe_object", flat=True))
    return [movement for movement in named if movement.id in standing]


def is_foreign(movement: objects.Movement) -> bool:
    return LedgerEntry.objects.foreign().filter(stripe_object=movement.id).exists()


def _prefix(source: str) -> str:
    return source.partition("_")[0]


def payout_changed(ident: str, tell: Tell) -> str:
    """A payout as it is now; once Stripe says what is in it, all of that is explained."""
    as_of = timezone.now()
    fact = reads.payout(ident)
    movements = reads.movements_of(ident) if fact.complete else None
    for movement in unexplained(movements or []):
        with suppress(orphans.UnknownOrphanError, NotFoundError):  # it stays unexplained, and is said so
            take(movement, tell)
    own = [movement for movement in (fact.out, fact.back) if movement]
    for movement in unexplained(own):
        take(movement, tell)
    left = _left(fact, movements) if movements is not None else None
    _keep(fact, as_of, left, len(movements) if movements is not None else None)
    return f"Unexplained: {left} {fact.currency}." if left else ""


def _left(fact: objects.Payout, movements: list[objects.Movement]) -> int:
    """What of a payout the ledger does not tell, in minor units.

    Its own leaving is no part of it; an earlier payout that failed is: its money goes out again with this one.
    """
    own = [each.id for each in (fact.out, fact.back) if each]
    parts = [each.id for each in movements if each.id not in own]
    known: int = LedgerEntry.objects.filter(balance_transaction__in=parts).aggregate(sum=Sum("settled"))["sum"] or 0
    return fact.amount - known


@transaction.atomic
def _keep(fact: objects.Payout, as_of: datetime, left: int | None, count: int | None) -> None:
    """One row for each payout, never as it was before."""
    fields = {
        "status": fact.status[:40],
        "amount": fact.amount,
        "currency": fact.currency,
        "arrives_on": fact.arrives.date(),
        "automatic": fact.automatic,
        "movements": count,
        "unexplained": left,
        "created_at": fact.created,
        "as_of": as_of,
        "livemode": fact.livemode,
    }
    known, made = Payout.objects.select_for_update().get_or_create(payout_id=fact.id, defaults=fields)
    if not made and not ahead.overtaken(known.as_of, as_of):
        Payout.objects.filter(pk=known.pk).update(**fields)

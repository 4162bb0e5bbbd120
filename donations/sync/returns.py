"""Take money back out of the books: refunds, disputes, bounced debits. The first row stays, a new one follows it."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from donations.books import ledger, receipts
from donations.campaigns import matching
from donations.letters.outcomes import (
    Booked,
    Contested,
    DebitFailed,
    Outcome,
    ReceiptCorrected,
    RefundCameBack,
    RefundMoved,
)
from donations.models import Gift, LedgerEntry, Objection
from donations.stripe import ahead, objects
from donations.sync import payments

Kind = LedgerEntry.Kind


@transaction.atomic
def refund(fact: objects.Refund) -> Booked:
    """Write down a refund, made here or anywhere; and its return, when the bank refused it later.

    A refund that never left our balance is no movement. Raises NotOursError.
    """
    gift = _gift(fact)
    if fact.out:
        ledger.record_return(gift, fact.id, Kind.REFUND, -fact.amount, fact.out)
    if fact.out and fact.back:
        ledger.record_return(gift, fact.id, Kind.REFUND_REVERSAL, fact.amount, fact.back)
    matching.follow(gift)
    booked = Booked(outcomes=_refunded(gift, fact) if fact.out else [])
    if fact.is_off and (fact.out or fact.back):
        booked.note = "A refund failed: the money is with us again." if fact.back else "A refund failed."
    return booked


def _refunded(gift: Gift, fact: objects.Refund) -> list[Outcome]:
    """The donor hears what becomes of a refund, by its status, and gets the receipt that holds. When it failed, staff
    have it among what waits for them until they say that the donor got the money in another way.
    """
    document = receipts.correct(gift) if gift.is_paid else None  # of what never stayed there is no receipt
    outcomes: list[Outcome] = []
    if fact.is_off and not fact.back:
        return outcomes  # it went out, and is not with us again yet
    if document:
        outcomes.append(RefundMoved(document, fact.id, fact.amount, fact.status, failed=fact.is_off))
    if not fact.is_off:
        return outcomes
    known, made = Objection.objects.get_or_create(
        stripe_object=fact.id,
        defaults={
            **{"gift": gift, "kind": Objection.Kind.REFUND, "status": fact.status[:40], "actionable": True},
            **{"amount": fact.amount, "currency": fact.currency, "opened_at": fact.created, "as_of": timezone.now()},
            "livemode": gift.livemode,
        },
    )
    if made:
        outcomes.append(RefundCameBack(gift, known.stripe_object, fact.amount))
    return outcomes


@transaction.atomic
def dispute(fact: objects.Dispute, as_of: datetime) -> Booked:
    """Write down what a dispute did to our balance, and how it stands; an inquiry moves nothing. NotOursError."""
    gift = _gift(fact)
    for movements, kind in (
        ([each for each in fact.movements if each.gross < 0], Kind.DISPUTE),
        ([each for each in fact.movements if each.gross > 0], Kind.DISPUTE_REVERSAL),
    ):
        for number, movement in enumerate(movements):  # at most one of each, unless Stripe changes its ways
            name = fact.id if number == 0 else movement.id
            ledger.record_return(gift, name, kind, _in_its_currency(gift, fact, movement), movement)
    matching.follow(gift)
    document = receipts.correct(gift) if gift.is_paid else None
    booked = Booked()
    if fact.is_debit_returned:
        booked.outcomes.append(DebitFailed(gift, document))
    elif document and document.replaces:
        booked.outcomes.append(ReceiptCorrected(document))
    row = _keep(
        gift,
        fact.id,
        as_of,
        kind=Objection.Kind.INQUIRY if fact.is_inquiry else Objection.Kind.DISPUTE,
        status=fact.status[:40],
        reason=fact.reason[:80],
        amount=fact.amount,
        currency=fact.currency,
        answer_by=fact.answer_by,
        opened_at=fact.created,
        livemode=fact.livemode,
    )
    booked.outcomes.append(Contested(row))
    return booked


def _in_its_currency(gift: Gift, fact: objects.Dispute, movement: objects.Movement) -> int:
    """What a movement of a dispute took of a gift (below zero) or gave back, in the gift's currency.

    The dispute's own sum says what was contested; a bank may give back less, and take or give several times. Where
    the balance is in another currency, each movement is as large a part of that sum as it is of the first one.
    """
    if movement.currency == gift.currency:
        return movement.gross
    taken = next((-each.gross for each in fact.movements if each.gross < 0), fact.amount)
    part = (2 * abs(movement.gross) * fact.amount + taken) // (2 * taken)
    return part if movement.gross > 0 else -part


@transaction.atomic
def fraud_warning(fact: objects.FraudWarning, as_of: datetime) -> Booked:
    """Note what a card network suspects. No money has moved. Raises NotOursError."""
    row = _keep(
        _gift(fact),
        fact.id,
        as_of,
        kind=Objection.Kind.WARNING,
        reason=fact.reason[:80],
        actionable=fact.actionable,
        opened_at=fact.created,
        livemode=fact.livemode,
    )
    return Booked(outcomes=[Contested(row)])


def _gift(fact: objects.Refund | objects.Dispute | objects.FraudWarning) -> Gift:
    """The gift that it is about, locked until the transaction ends. Stripe may name the charge alone. NotOursError."""
    charge = LedgerEntry.objects.filter(kind=Kind.CHARGE, stripe_object=fact.charge).exclude(stripe_object="")
    named = Q(payment_intent_id=fact.payment_intent) if fact.payment_intent else Q(pk__in=charge.values("gift"))
    gift = Gift.objects.select_for_update().filter(named).first()
    if gift is None:
        raise payments.NotOursError("It is about a payment that is not ours.")
    return gift


def _keep(gift: Gift, stripe_object: str, as_of: datetime, **fields: object) -> Objection:
    """One row for each objection, never as it was before."""
    known = Objection.objects.filter(stripe_object=stripe_object).first()
    if known is None:
        known = Objection.objects.create(stripe_object=stripe_object, gift=gift, as_of=as_of, **fields)
    elif not ahead.overtaken(known.as_of, as_of):
        Objection.objects.filter(pk=known.pk).update(as_of=as_of, **fields)
        known.refresh_from_db()
    return known

"""Take money back out of the books: refunds, disputes, bounced debits. The first row stays, a new one follows it."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from donations import ahead, alarms, facts, ledger, letters, matching, objections, payments, receipts
from donations.models import Gift, LedgerEntry, Objection

Kind = LedgerEntry.Kind


@transaction.atomic
def refund(fact: objections.Refund) -> str:
    """Write down a refund, made here or anywhere; and its return, when the bank refused it later.

    A refund that never left our balance is no movement. Raises NotOursError.
    """
    gift = _gift(fact)
    if fact.out:
        ledger.record_return(gift, fact.id, Kind.REFUND, -fact.amount, fact.out)
    if fact.out and fact.back:
        ledger.record_return(gift, fact.id, Kind.REFUND_REVERSAL, fact.amount, fact.back)
    matching.follow(gift)
    if fact.out:
        _tell(gift, fact)
    if fact.is_off and (fact.out or fact.back):
        return "A refund failed: the money is with us again." if fact.back else "A refund failed."
    return ""


def _tell(gift: Gift, fact: objections.Refund) -> None:
    """The donor hears what becomes of a refund, by its status, and gets the receipt that holds. When it failed, staff
    have it among what waits for them until they say that the donor got the money in another way.
    """
    document = receipts.correct(gift) if gift.is_paid else None  # of what never stayed there is no receipt
    if not fact.is_off:
        if document:
            letters.refund(document, fact.id, fact.amount, fact.status)
        return
    if not fact.back:
        return  # it went out, and is not with us again yet
    if document:
        letters.refund_failed(document, fact.id, fact.amount, fact.status)
    known, made = Objection.objects.get_or_create(
        stripe_object=fact.id,
        defaults={
            **{"gift": gift, "kind": Objection.Kind.REFUND, "status": fact.status[:40], "actionable": True},
            **{"amount": fact.amount, "currency": fact.currency, "opened_at": fact.created, "as_of": timezone.now()},
            "livemode": gift.livemode,
        },
    )
    if made:
        alarms.refund_failed(gift, known.stripe_object, fact.amount)


@transaction.atomic
def dispute(fact: objections.Dispute, as_of: datetime) -> str:
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
    if fact.is_debit_returned:
        letters.debit_failed(gift, document)
    elif document and document.replaces:
        letters.receipt_corrected(document)
    _keep(
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
    return ""


def _in_its_currency(gift: Gift, fact: objections.Dispute, movement: facts.Movement) -> int:
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
def fraud_warning(fact: objections.FraudWarning, as_of: datetime) -> str:
    """Note what a card network suspects. No money has moved. Raises NotOursError."""
    _keep(
        _gift(fact),
        fact.id,
        as_of,
        kind=Objection.Kind.WARNING,
        reason=fact.reason[:80],
        actionable=fact.actionable,
        opened_at=fact.created,
        livemode=fact.livemode,
    )
    return ""


def _gift(fact: objections.Refund | objections.Dispute | objections.FraudWarning) -> Gift:
    """The gift that it is about, locked until the transaction ends. Stripe may name the charge alone. NotOursError."""
    charge = LedgerEntry.objects.filter(kind=Kind.CHARGE, stripe_object=fact.charge).exclude(stripe_object="")
    named = Q(payment_intent_id=fact.payment_intent) if fact.payment_intent else Q(pk__in=charge.values("gift"))
    gift = Gift.objects.select_for_update().filter(named).first()
    if gift is None:
        raise payments.NotOursError("It is about a payment that is not ours.")
    return gift


def _keep(gift: Gift, stripe_object: str, as_of: datetime, **fields: object) -> None:
    """One row for each objection, never as it was before."""
    known = Objection.objects.filter(stripe_object=stripe_object).first()
    if known is None:
        known = Objection.objects.create(stripe_object=stripe_object, gift=gift, as_of=as_of, **fields)
    elif not ahead.overtaken(known.as_of, as_of):
        Objection.objects.filter(pk=known.pk).update(as_of=as_of, **fields)
        known.refresh_from_db()
    alarms.objection(known)

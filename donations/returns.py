"""Take money back out of the books: refunds, disputes, bounced debits. The first row stays, a new one follows it."""

from datetime import datetime

from django.db import transaction

from donations import ahead, alarms, ledger, letters, matching, objections, payments, receipts
from donations.models import Gift, LedgerEntry, Objection

Kind = LedgerEntry.Kind


@transaction.atomic
def refund(fact: objections.Refund) -> str:
    """Write down a refund, made here or anywhere; and its return, when the bank refused it later.

    A refund that never left our balance is no movement. Raises NotOursError.
    """
    gift = _gift(fact.payment_intent)
    if fact.out:
        ledger.record_return(gift, fact.id, Kind.REFUND, -fact.amount, fact.out)
    if fact.out and fact.back:
        ledger.record_return(gift, fact.id, Kind.REFUND_REVERSAL, fact.amount, fact.back)
    matching.follow(gift)
    document = receipts.correct(gift)
    if fact.out and not fact.back:
        letters.refund(document, fact.id, fact.amount)
    if fact.out and fact.back:
        letters.refund_failed(document, fact.id, fact.amount)
        alarms.refund_failed(gift, fact.id, fact.amount)
    return "A refund failed: the money is with us again." if fact.back else ""


@transaction.atomic
def dispute(fact: objections.Dispute, as_of: datetime) -> str:
    """Write down what a dispute did to our balance, and how it stands; an inquiry moves nothing. NotOursError."""
    gift = _gift(fact.payment_intent)
    for movements, kind, sign in (
        ([each for each in fact.movements if each.gross < 0], Kind.DISPUTE, -1),
        ([each for each in fact.movements if each.gross > 0], Kind.DISPUTE_REVERSAL, 1),
    ):
        for number, movement in enumerate(movements):  # at most one of each, unless Stripe changes its ways
            name = fact.id if number == 0 else movement.id
            ledger.record_return(gift, name, kind, sign * fact.amount, movement)
    matching.follow(gift)
    document = receipts.correct(gift)
    if fact.is_debit_returned:
        letters.debit_failed(gift, document)
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


@transaction.atomic
def fraud_warning(fact: objections.FraudWarning, as_of: datetime) -> str:
    """Note what a card network suspects. No money has moved. Raises NotOursError."""
    _keep(
        _gift(fact.payment_intent),
        fact.id,
        as_of,
        kind=Objection.Kind.WARNING,
        reason=fact.reason[:80],
        actionable=fact.actionable,
        opened_at=fact.created,
        livemode=fact.livemode,
    )
    return ""


def _gift(payment_intent: str) -> Gift:
    """The gift that was paid by a payment intent, locked until the transaction ends. Raises NotOursError."""
    found = Gift.objects.select_for_update().filter(payment_intent_id=payment_intent) if payment_intent else None
    gift = found.first() if found is not None else None
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

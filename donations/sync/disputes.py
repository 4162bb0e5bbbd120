"""Book disputes (chargebacks) and bounced bank debits, which a bank took off the balance, and note fraud warnings."""

from datetime import datetime

from django.db import transaction

from donations.books import ledger, receipts
from donations.campaigns import matching
from donations.letters.outcomes import Booked, Contested, DebitFailed, ReceiptCorrected
from donations.models import Dispute, Gift, LedgerEntry
from donations.stripe import objects, prefetch
from donations.sync import payments

Kind = LedgerEntry.Kind


@transaction.atomic
def dispute(fact: objects.Dispute, as_of: datetime) -> Booked:
    """Book what a dispute did to our balance, and how it stands; an inquiry moves nothing. Raises NotOursError."""
    gift = payments.gift_about(fact)
    for txns, kind in (
        ([each for each in fact.balance_transactions if each.gross < 0], Kind.DISPUTE),
        ([each for each in fact.balance_transactions if each.gross > 0], Kind.DISPUTE_REVERSAL),
    ):
        for number, txn in enumerate(txns):  # at most one of each, unless Stripe changes its ways
            name = fact.id if number == 0 else txn.id
            ledger.record_refund_or_dispute(gift, name, kind, _in_its_currency(gift, fact, txn), txn)
    matching.follow(gift)
    document = receipts.correct(gift) if gift.is_paid else None
    booked = Booked()
    if fact.is_debit_returned:
        booked.outcomes.append(DebitFailed(gift, document))
    elif document and document.replaces:
        booked.outcomes.append(ReceiptCorrected(document))
    row = _save_newer(
        gift,
        fact.id,
        as_of,
        kind=Dispute.Kind.INQUIRY if fact.is_inquiry else Dispute.Kind.DISPUTE,
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


def _in_its_currency(gift: Gift, fact: objects.Dispute, txn: objects.BalanceTransaction) -> int:
    """What a balance transaction of a dispute took of a gift (below zero) or gave back, in the gift's currency.

    The dispute's own sum says what was contested; a bank may give back less, and take or give several times. Where
    the balance is in another currency, each of them is as large a part of that sum as it is of the first one.
    """
    if txn.currency == gift.currency:
        return txn.gross
    taken = next((-each.gross for each in fact.balance_transactions if each.gross < 0), fact.amount)
    part = (2 * abs(txn.gross) * fact.amount + taken) // (2 * taken)
    return part if txn.gross > 0 else -part


@transaction.atomic
def fraud_warning(fact: objects.FraudWarning, as_of: datetime) -> Booked:
    """Upsert an early fraud warning of a card network. No money has moved. Raises NotOursError."""
    row = _save_newer(
        payments.gift_about(fact),
        fact.id,
        as_of,
        kind=Dispute.Kind.WARNING,
        reason=fact.reason[:80],
        actionable=fact.actionable,
        opened_at=fact.created,
        livemode=fact.livemode,
    )
    return Booked(outcomes=[Contested(row)])


def _save_newer(gift: Gift, stripe_object: str, as_of: datetime, **fields: object) -> Dispute:
    """Upsert a dispute, unless its row is newer."""
    known = Dispute.objects.filter(stripe_object=stripe_object).first()
    if known is None:
        known = Dispute.objects.create(stripe_object=stripe_object, gift=gift, as_of=as_of, **fields)
    elif not prefetch.overtaken(known.as_of, as_of):
        Dispute.objects.filter(pk=known.pk).update(as_of=as_of, **fields)
        known.refresh_from_db()
    return known

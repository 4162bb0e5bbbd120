"""Book refunds, and those that fail later: the ledger entry of the charge stays, and another one follows it."""

from django.db import transaction
from django.utils import timezone

from donations.books import ledger, receipts
from donations.campaigns import matching
from donations.letters.outcomes import Booked, Outcome, RefundFailed, RefundStatusChanged
from donations.models import Dispute, Gift, LedgerEntry, RefundRequest
from donations.stripe import objects
from donations.sync import payments

Kind = LedgerEntry.Kind


@transaction.atomic
def refund(fact: objects.Refund) -> Booked:
    """Book a refund, made here or anywhere; and its reversal, when the bank refused it later.

    A refund that never left our balance has no balance transaction. Raises NotOursError.
    """
    gift = payments.gift_about(fact)
    if fact.key:
        asked = RefundRequest.objects.filter(key=fact.key, state=RefundRequest.State.OPEN)
        asked.update(state=RefundRequest.State.MADE, refund_id=fact.id)
    if fact.out:
        ledger.record_refund_or_dispute(gift, fact.id, Kind.REFUND, -fact.amount, fact.out)
    if fact.out and fact.back:
        ledger.record_refund_or_dispute(gift, fact.id, Kind.REFUND_REVERSAL, fact.amount, fact.back)
    matching.follow(gift)
    booked = Booked(outcomes=_refunded(gift, fact) if fact.out else [])
    if fact.failed_or_canceled and (fact.out or fact.back):
        booked.note = "A refund failed: the money is with us again." if fact.back else "A refund failed."
    return booked


def _refunded(gift: Gift, fact: objects.Refund) -> list[Outcome]:
    """The donor hears what becomes of a refund, by its status, and gets the receipt that holds. When it failed, staff
    have it among what waits for them until they say that the donor got the money in another way.
    """
    document = receipts.correct(gift) if gift.is_paid else None  # of what never stayed there is no receipt
    outcomes: list[Outcome] = []
    if fact.failed_or_canceled and not fact.back:
        return outcomes  # it went out, and is not with us again yet
    if document:
        outcomes.append(
            RefundStatusChanged(document, fact.id, fact.amount, fact.status, failed=fact.failed_or_canceled)
        )
    if not fact.failed_or_canceled:
        return outcomes
    known, made = Dispute.objects.get_or_create(
        stripe_object=fact.id,
        defaults={
            **{"gift": gift, "kind": Dispute.Kind.REFUND, "status": fact.status[:40], "actionable": True},
            **{"amount": fact.amount, "currency": fact.currency, "opened_at": fact.created, "as_of": timezone.now()},
            "livemode": gift.livemode,
        },
    )
    if made:
        outcomes.append(RefundFailed(gift, known.stripe_object, fact.amount))
    return outcomes

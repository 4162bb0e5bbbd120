"""Who gets letters about the outcomes of booking: donors and staff, or staff alone where books are repaired.

Code that books calls one of these in the transaction of the money, so that both are written or neither.
"""

from collections.abc import Iterable

from donations.letters import alarms, anniversaries, dedications, gift_letters, plan_letters
from donations.letters.outcomes import (
    AmountChanged,
    CardChanged,
    CardFailed,
    CardRefused,
    Contested,
    DebitFailed,
    MadeSingle,
    Outcome,
    PayoutFailed,
    PlanBegan,
    PlanEnded,
    PlanPaused,
    PlanResumed,
    PlanStopped,
    ReceiptCorrected,
    ReceiptIssued,
    RefundFailed,
    RefundStatusChanged,
)


def everybody(outcomes: Iterable[Outcome]) -> None:
    """Write one letter for each outcome, to donors and staff; idempotent, however often it is told."""
    for outcome in outcomes:
        _write(outcome)


def staff_alone(outcomes: Iterable[Outcome]) -> None:
    """Alert staff alone (reconciliation): books that are repaired later mail no crowd, and staff send by hand what is
    missing. A dispute has a deadline to answer, and a payout that failed waits for a person, however it was found.
    """
    everybody(outcome for outcome in outcomes if isinstance(outcome, Contested | PayoutFailed))


def _write(outcome: Outcome) -> None:
    match outcome:
        case ReceiptIssued(document):
            gift_letters.receipt(document)
            dedications.schedule(document.gift)
        case ReceiptCorrected(document):
            gift_letters.receipt_corrected(document)
        case DebitFailed(gift, document):
            gift_letters.debit_failed(gift, document)
        case RefundStatusChanged(document, refund, amount, status, failed):
            letter = gift_letters.refund_failed if failed else gift_letters.refund
            letter(document, refund, amount, status)
        case RefundFailed(gift, refund, amount):
            alarms.refund_failed(gift, refund, amount)
        case Contested(dispute):
            alarms.dispute(dispute)
        case PayoutFailed(payout):
            alarms.payout_failed(payout)
        case _:
            _write_of_plan(outcome)


def _write_of_plan(outcome: Outcome) -> None:
    match outcome:
        case PlanBegan(plan):
            anniversaries.plan_welcome(plan)
        case CardFailed(plan, days):
            plan_letters.card_failed(plan, days)
        case CardRefused(plan, invoice, card):
            plan_letters.card_refused(plan, invoice, card)
        case CardChanged(plan):
            plan_letters.card_changed(plan)
        case AmountChanged(plan, before):
            plan_letters.changed(plan, before)
        case PlanPaused(plan):
            plan_letters.paused(plan)
        case PlanResumed(plan):
            plan_letters.resumed(plan)
        case PlanStopped(plan):
            plan_letters.stopped(plan)
        case PlanEnded(plan):
            plan_letters.ended(plan)
        case MadeSingle(plan):
            plan_letters.made_single(plan)

"""Outcomes of booking, as values from which letters are written (`letters.audience`): books write to nobody.

Why: D-009.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from donations.models import Dispute, Gift, Payout, Plan, Receipt


@dataclass(frozen=True)
class ReceiptIssued:
    """A payment came, and this is its receipt: told each time that the payment is, so that a letter is never lost."""

    document: Receipt


@dataclass(frozen=True)
class ReceiptCorrected:
    """A corrected receipt replaces another."""

    document: Receipt


@dataclass(frozen=True)
class DebitFailed:
    """A bank debit failed on its way, or went back; `document` is the receipt in force, where there was one."""

    gift: Gift
    document: Receipt | None = None


@dataclass(frozen=True)
class RefundStatusChanged:
    """A refund of so many minor units went out or, where it `failed`, came back; `status` is Stripe's."""

    document: Receipt
    refund: str
    amount: int
    status: str
    failed: bool = False


@dataclass(frozen=True)
class RefundFailed:
    """A refund failed: the donor waits for money that is with us; staff find another way. `amount` in minor units."""

    gift: Gift
    refund: str
    amount: int


@dataclass(frozen=True)
class Contested:
    """A dispute, inquiry or fraud warning is new, or has another status than before."""

    dispute: Dispute


@dataclass(frozen=True)
class PayoutFailed:
    """A payout did not arrive at the bank: the money is on the balance again."""

    payout: Payout


@dataclass(frozen=True)
class PlanBegan:
    """The first payment of a monthly gift arrived."""

    plan: Plan


@dataclass(frozen=True)
class CardFailed:
    """A monthly payment failed, so many days ago (dunning)."""

    plan: Plan
    days: int


@dataclass(frozen=True)
class CardRefused:
    """The new card that was given after a failed payment is declined as well."""

    plan: Plan
    invoice: str
    card: str


@dataclass(frozen=True)
class CardChanged:
    """A monthly gift is charged by another card from now on."""

    plan: Plan


@dataclass(frozen=True)
class AmountChanged:
    """The amount of a monthly gift changed, from `before` (minor units) to what the plan has now."""

    plan: Plan
    before: int


@dataclass(frozen=True)
class PlanPaused:
    plan: Plan


@dataclass(frozen=True)
class PlanResumed:
    plan: Plan


@dataclass(frozen=True)
class PlanStopped:
    """An end was set for a monthly gift."""

    plan: Plan


@dataclass(frozen=True)
class PlanEnded:
    plan: Plan


@dataclass(frozen=True)
class MadeSingle:
    """It ended because its donor meant to give once: its one gift is a single one."""

    plan: Plan


OfGift = ReceiptIssued | ReceiptCorrected | DebitFailed | RefundStatusChanged | RefundFailed | Contested
OfCard = CardFailed | CardRefused | CardChanged
OfPlan = PlanBegan | AmountChanged | PlanPaused | PlanResumed | PlanStopped | PlanEnded | MadeSingle
Outcome = OfGift | OfCard | OfPlan | PayoutFailed
Tell = Callable[[Iterable[Outcome]], None]  # in the transaction that wrote what it is about


@dataclass
class Booked:
    """Result of booking: a `note` for staff, and the outcomes in order."""

    note: str = ""
    outcomes: list[Outcome] = field(default_factory=list)

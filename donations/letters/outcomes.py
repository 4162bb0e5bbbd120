"""What booking brought about, for whoever writes letters of it (`letters.audience`): books write to nobody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from donations.models import Gift, Objection, Plan, Receipt


@dataclass(frozen=True)
class ReceiptIssued:
    """Money came, and this is its receipt: told each time that the payment is, so that a letter is never lost."""

    document: Receipt


@dataclass(frozen=True)
class ReceiptCorrected:
    """It takes the place of another."""

    document: Receipt


@dataclass(frozen=True)
class DebitFailed:
    """A bank debit that was on its way did not come, or went back; `document` holds now where there was a receipt."""

    gift: Gift
    document: Receipt | None = None


@dataclass(frozen=True)
class RefundMoved:
    """A refund of so many minor units went out or, where it `failed`, came back; `status` is Stripe's."""

    document: Receipt
    refund: str
    amount: int
    status: str
    failed: bool = False


@dataclass(frozen=True)
class RefundCameBack:
    """The donor waits for money that is with us again: staff must find another way. `amount` in minor units."""

    gift: Gift
    refund: str
    amount: int


@dataclass(frozen=True)
class Contested:
    """Somebody holds something against a payment, or it stands otherwise than before."""

    objection: Objection


@dataclass(frozen=True)
class PlanBegan:
    """The first payment of a monthly gift is here."""

    plan: Plan


@dataclass(frozen=True)
class CardFailed:
    """A month was not paid, so many days ago."""

    plan: Plan
    days: int


@dataclass(frozen=True)
class CardRefused:
    """The card that was given to mend a month is refused as well."""

    plan: Plan
    invoice: str
    card: str


@dataclass(frozen=True)
class AmountChanged:
    """From `before` (minor units) to what the plan has now."""

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
    """An end was set."""

    plan: Plan


@dataclass(frozen=True)
class PlanEnded:
    plan: Plan


OfGift = ReceiptIssued | ReceiptCorrected | DebitFailed | RefundMoved | RefundCameBack | Contested
OfPlan = PlanBegan | CardFailed | CardRefused | AmountChanged | PlanPaused | PlanResumed | PlanStopped | PlanEnded
Outcome = OfGift | OfPlan
Tell = Callable[[Iterable[Outcome]], None]  # in the transaction that wrote what it is about


@dataclass
class Booked:
    """A `note` for staff, and what happened, in the order of it."""

    note: str = ""
    outcomes: list[Outcome] = field(default_factory=list)

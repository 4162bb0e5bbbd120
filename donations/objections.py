"""What we read out of Stripe's refunds, disputes and fraud warnings. Dicts in, facts out, as in `facts`."""

from dataclasses import dataclass
from datetime import datetime

from donations.facts import Movement, Raw, ident, later, moment, movement, text


@dataclass(frozen=True)
class Refund:
    """Money given back. `out` is what left our balance; `back` is what returned when the refund failed later."""

    id: str
    status: str  # pending, requires_action, succeeded, failed, canceled
    charge: str
    payment_intent: str
    amount: int
    currency: str
    created: datetime
    out: Movement | None
    back: Movement | None

    @property
    def is_off(self) -> bool:
        """The donor will not get it: the bank refused it, or it was called off."""
        return self.status in ("failed", "canceled") or self.back is not None


@dataclass(frozen=True)
class Dispute:
    """A payment that its owner or bank contests. An inquiry is a question: it moves no money."""

    id: str
    status: str
    reason: str
    charge: str
    payment_intent: str
    amount: int
    currency: str
    created: datetime
    answer_by: datetime | None
    movements: tuple[Movement, ...]
    livemode: bool

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")

    @property
    def is_debit_returned(self) -> bool:
        """A bank took a debit back after it had arrived. Stripe tells it as a dispute that is lost from the start;
        the charge of what is no card begins with py.
        """
        return self.charge.startswith("py_") and self.status == "lost"


@dataclass(frozen=True)
class FraudWarning:
    """A card network believes that a payment is fraud. No money moves; refunding it now may spare a dispute."""

    id: str
    reason: str
    charge: str
    payment_intent: str
    actionable: bool
    created: datetime
    livemode: bool


def refund(raw: Raw) -> Refund:
    return Refund(
        id=raw["id"],
        status=text(raw.get("status")),
        charge=ident(raw.get("charge")),
        payment_intent=ident(raw.get("payment_intent")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        out=movement(raw.get("balance_transaction")),
        back=movement(raw.get("failure_balance_transaction")),
    )


def dispute(raw: Raw) -> Dispute:
    found = [movement(each) for each in raw.get("balance_transactions") or []]
    moved = sorted((each for each in found if each), key=lambda each: (each.created, each.id))
    return Dispute(
        id=raw["id"],
        status=text(raw.get("status")),
        reason=text(raw.get("reason")),
        charge=ident(raw.get("charge")),
        payment_intent=ident(raw.get("payment_intent")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        answer_by=later((raw.get("evidence_details") or {}).get("due_by")),
        movements=tuple(moved),
        livemode=bool(raw["livemode"]),
    )


def warning(raw: Raw) -> FraudWarning:
    return FraudWarning(
        id=raw["id"],
        reason=text(raw.get("fraud_type")),
        charge=ident(raw.get("charge")),
        payment_intent=ident(raw.get("payment_intent")),
        actionable=bool(raw.get("actionable")),
        created=moment(raw["created"]),
        livemode=bool(raw["livemode"]),
    )

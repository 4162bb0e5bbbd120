"""Value objects of what we read from Stripe, and where each fact lives (API 2026-10-28.endive). Dicts in, facts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

REFUND_KEY = "refund_request"  # in the metadata of a refund that our staff asked for
Raw = Mapping[str, Any]  # unknown and additional fields are normal: they are never looked at
MEANT_ONCE = "The donor meant to give once."  # what stands at Stripe, for people too, of a gift that was ended for that


@dataclass(frozen=True)
class CheckoutSession:
    """A Checkout Session. `paid` says that the money is there; complete and not paid means that it is on its way."""

    id: str
    status: str  # open, complete, expired
    paid: bool
    subscribes: bool  # it begins a monthly or yearly gift
    url: str  # only while open
    reference: str
    payment_intent: str
    invoice: str
    name: str = ""  # as typed on Stripe's page
    next_payment: datetime | None = None  # of a monthly gift that has begun (UTC)


@dataclass(frozen=True)
class Settlement:
    """What a charge did to the balance (settlement): gross and fee in minor units of the account's own currency."""

    id: str
    gross: int
    fee: int
    currency: str


@dataclass(frozen=True)
class BalanceTransaction:
    """One balance transaction: what came to our balance or left it, in minor units of the account's currency.

    `gross - fee` is what the balance changed by; `source` is the object that moved it.
    """

    id: str
    type: str
    gross: int
    fee: int
    currency: str
    created: datetime
    source: str

    @property
    def net(self) -> int:
        return self.gross - self.fee


@dataclass(frozen=True)
class Payout:
    """A payout: money on its way to the bank account, in minor units. `complete`: Stripe can say what it is made of."""

    id: str
    status: str
    amount: int
    currency: str
    created: datetime
    arrives: datetime
    automatic: bool
    complete: bool
    out: BalanceTransaction | None
    back: BalanceTransaction | None
    livemode: bool


@dataclass(frozen=True)
class Charge:
    """A charge: money taken from a card or bank, in minor units. No settlement: Stripe does not know it yet."""

    id: str
    succeeded: bool
    amount: int
    currency: str
    created: datetime
    payment_intent: str
    name: str
    livemode: bool
    settlement: Settlement | None
    returned: BalanceTransaction | None = None  # a bank debit that was booked, and that the bank took back
    declined: bool = False
    card: str = ""  # Stripe's fingerprint of the card: the same for the same number; empty for what is no card
    way: str = ""  # how it was paid: the wallet ("apple_pay"), else the type of the method ("card", "sepa_debit")
    brand: str = ""  # of the card ("visa"), also of one in a wallet
    last_four: str = ""  # digits of the card or account, as its owner knows them

    @property
    def moved(self) -> bool:
        """Whether it touched our balance, even if nothing of it stayed."""
        return self.succeeded or (self.settlement is not None and self.returned is not None)


@dataclass(frozen=True)
class PaymentIntent:
    """A payment intent: an attempt to take money; its last charge says what came of it."""

    id: str
    status: str
    reference: str
    charge: Charge | None
    todo: str = ""  # Stripe's page where the donor has yet to act
    refused: str = ""  # the card or account that was tried last, in vain
    latest: str = ""  # the id of its last charge


@dataclass(frozen=True)
class Invoice:
    """The invoice of one payment of a monthly or yearly gift, in minor units. `first`: the one that the Checkout
    Session made.
    """

    id: str
    paid: bool
    first: bool
    amount_paid: int
    subscription: str
    reference: str
    currency: str = ""


@dataclass(frozen=True)
class Subscription:
    """A subscription: a monthly or yearly gift as Stripe has it. `total` in minor units."""

    id: str
    status: str
    collecting: bool  # False: collection is paused, though the status says active
    customer: str
    reference: str
    total: int
    currency: str
    started: datetime
    period_end: datetime | None
    cancel_at: datetime | None  # the end that was set, also by "cancel at period end"
    ended: datetime | None
    livemode: bool
    item: str = ""
    product: str = ""
    resumes_at: datetime | None = None
    at_period_end: bool = False  # how the end was set, which says how it is taken back
    items: int = 1
    method: str = ""  # its own card or account; empty: the customer's is used
    latest: str = ""  # its newest invoice
    auto_paused_at: datetime | None = None  # since when it is paused by us, because the card kept failing
    rested: str = ""  # of one that we stopped: whether it was paused before, and until when (writes.stop)
    interval: str = "month"  # or "year": after how long its price is taken again
    meant_once: bool = False  # whether it was ended because its donor meant to give once (writes.end)


@dataclass(frozen=True)
class Refund:
    """A refund, in minor units. `out` is what left our balance; `back` is what returned when it failed later."""

    id: str
    status: str  # pending, requires_action, succeeded, failed, canceled
    charge: str
    payment_intent: str
    amount: int
    currency: str
    created: datetime
    out: BalanceTransaction | None
    back: BalanceTransaction | None
    key: str = ""  # of the request of our staff that it answers; empty if it was made in the Dashboard

    @property
    def failed_or_canceled(self) -> bool:
        """Whether the donor will not get it: the bank refused it, or it was cancelled."""
        return self.status in ("failed", "canceled") or self.back is not None


@dataclass(frozen=True)
class Dispute:
    """A dispute (chargeback): a payment that its owner or bank contests. An inquiry is a question: no money moves."""

    id: str
    status: str
    reason: str
    charge: str
    payment_intent: str
    amount: int
    currency: str
    created: datetime
    answer_by: datetime | None
    balance_transactions: tuple[BalanceTransaction, ...]
    livemode: bool

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")

    @property
    def is_debit_returned(self) -> bool:
        """Whether a bank took a debit back after it had arrived. Stripe tells it as a dispute that is lost from the
        start; the charge of what is no card begins with py.
        """
        return self.charge.startswith("py_") and self.status == "lost"


@dataclass(frozen=True)
class FraudWarning:
    """An early fraud warning of a card network. No money moves; refunding it now may spare a dispute."""

    id: str
    reason: str
    charge: str
    payment_intent: str
    actionable: bool
    created: datetime
    livemode: bool

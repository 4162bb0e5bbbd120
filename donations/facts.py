"""What we read out of Stripe's objects, and where each fact lives (API 2026-10-28.endive). Dicts in, facts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foundation.doors import card_numbers

Raw = Mapping[str, Any]  # unknown and additional fields are normal: they are never looked at


@dataclass(frozen=True)
class CheckoutPage:
    """A Checkout Session. `paid` says that the money is there; complete and not paid means that it is on its way."""

    id: str
    status: str  # open, complete, expired
    paid: bool
    monthly: bool
    url: str  # only while open
    reference: str
    payment_intent: str
    invoice: str


@dataclass(frozen=True)
class Settlement:
    """What a charge did to the balance: gross and fee in minor units of the account's own currency."""

    id: str
    gross: int
    fee: int
    currency: str


@dataclass(frozen=True)
class Movement:
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
    """Money on its way to the bank account. `complete`: Stripe can say what it is made of."""

    id: str
    status: str
    amount: int
    currency: str
    created: datetime
    arrives: datetime
    automatic: bool
    complete: bool
    out: Movement | None
    back: Movement | None
    livemode: bool


@dataclass(frozen=True)
class Charge:
    """Money taken from a card or bank. No settlement: Stripe does not know it yet."""

    id: str
    succeeded: bool
    amount: int
    currency: str
    created: datetime
    payment_intent: str
    name: str
    livemode: bool
    settlement: Settlement | None
    returned: Movement | None = None  # a bank debit that was booked, and that the bank took back
    declined: bool = False
    card: str = ""  # Stripe's fingerprint of the card: the same for the same number; empty for what is no card

    @property
    def moved(self) -> bool:
        """Whether it touched our balance, even if nothing of it stayed."""
        return self.succeeded or (self.settlement is not None and self.returned is not None)


@dataclass(frozen=True)
class PaymentIntent:
    """An attempt to take money; its last charge says what came of it."""

    id: str
    status: str
    reference: str
    charge: Charge | None
    todo: str = ""  # Stripe's page for the step that the donor has yet to take
    refused: str = ""  # the card or account that was tried last, in vain


@dataclass(frozen=True)
class Invoice:
    """One month of a monthly gift. `first` is the one that the payment page itself made."""

    id: str
    paid: bool
    first: bool
    amount_paid: int
    subscription: str
    reference: str
    currency: str = ""


@dataclass(frozen=True)
class Subscription:
    """A monthly gift as Stripe has it. `total` in minor units."""

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
    held: datetime | None = None  # since when it is paused by us, because the card kept failing
    rested: str = ""  # of one that we stopped: whether it was paused before, and until when (telling.stop)


def reference(raw: Raw) -> str:
    """The gift of ours that an object names in its metadata; empty for what is not ours. Ask it before reading more."""
    return text((raw.get("metadata") or {}).get("gift"))


def checkout_page(raw: Raw) -> CheckoutPage:
    return CheckoutPage(
        id=raw["id"],
        status=text(raw.get("status")),
        paid=raw.get("payment_status") == "paid",
        monthly=raw.get("mode") == "subscription",
        url=text(raw.get("url")),
        reference=text(raw.get("client_reference_id")),
        payment_intent=ident(raw.get("payment_intent")),
        invoice=ident(raw.get("invoice")),
    )


def settlement(raw: Any) -> Settlement | None:
    """None while the balance transaction is not there, or is only named and not expanded."""
    if not isinstance(raw, Mapping):
        return None
    return Settlement(id=raw["id"], gross=raw["amount"], fee=raw["fee"], currency=raw["currency"].upper())


def movement(raw: Any) -> Movement | None:
    """None while the balance transaction is not there, or is only named and not expanded."""
    if not isinstance(raw, Mapping):
        return None
    return Movement(
        id=raw["id"],
        type=text(raw.get("type")),
        gross=raw["amount"],
        fee=raw.get("fee") or 0,
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        source=ident(raw.get("source")),
    )


def payout(raw: Raw) -> Payout:
    return Payout(
        id=raw["id"],
        status=text(raw.get("status")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        arrives=moment(raw["arrival_date"]),
        automatic=bool(raw.get("automatic")),
        complete=raw.get("reconciliation_status") == "completed",
        out=movement(raw.get("balance_transaction")),
        back=movement(raw.get("failure_balance_transaction")),
        livemode=bool(raw["livemode"]),
    )


def charge(raw: Raw) -> Charge:
    return Charge(
        id=raw["id"],
        succeeded=raw.get("status") == "succeeded" and bool(raw.get("paid")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        payment_intent=ident(raw.get("payment_intent")),
        name=card_numbers.masked(text((raw.get("billing_details") or {}).get("name"))),
        livemode=bool(raw["livemode"]),
        settlement=settlement(raw.get("balance_transaction")),
        returned=movement(raw.get("failure_balance_transaction")),
        declined=raw.get("status") == "failed",
        card=text(((raw.get("payment_method_details") or {}).get("card") or {}).get("fingerprint")),
    )


def payment_intent(raw: Raw) -> PaymentIntent:
    latest = raw.get("latest_charge")
    return PaymentIntent(
        id=raw["id"],
        status=text(raw.get("status")),
        reference=reference(raw),
        charge=charge(latest) if isinstance(latest, Mapping) else None,
        todo=_page_of(raw.get("next_action") or {}),
        refused=ident((raw.get("last_payment_error") or {}).get("payment_method")),
    )


def _page_of(action: Raw) -> str:
    """Whatever kind of step it is (small deposits to confirm, a slip to pay), its page has such a name."""
    details = [each for each in action.values() if isinstance(each, Mapping)]
    pages = [text(each[name]) for each in details for name in each if name.startswith("hosted_")]
    return next((page for page in pages if page.startswith("https://")), "")


def invoice(raw: Raw) -> Invoice:
    """The subscription and our reference stand under `parent`: the invoice's own metadata is empty."""
    parent = (raw.get("parent") or {}).get("subscription_details") or {}
    return Invoice(
        id=raw["id"],
        paid=raw.get("status") == "paid",
        first=raw.get("billing_reason") == "subscription_create",
        amount_paid=raw.get("amount_paid") or raw.get("amount_paid_off_stripe") or 0,
        subscription=ident(parent.get("subscription")),
        reference=text((parent.get("metadata") or {}).get("gift")),
        currency=text(raw.get("currency")).upper(),
    )


def subscription(raw: Raw) -> Subscription:
    """The period stands on the item, not on the subscription; so does the price. Staff may have added an item."""
    item, metadata, paused = raw["items"]["data"][0], raw.get("metadata") or {}, raw.get("pause_collection") or {}
    end, held = later(item.get("current_period_end")), text(metadata.get("held"))
    return Subscription(
        id=raw["id"],
        status=text(raw.get("status")),
        collecting=not paused,
        customer=ident(raw.get("customer")),
        reference=reference(raw),
        total=sum(each["price"]["unit_amount"] * each.get("quantity", 1) for each in raw["items"]["data"]),
        currency=raw["currency"].upper(),
        started=moment(raw["start_date"]),
        period_end=end,
        cancel_at=later(raw.get("cancel_at")) or (end if raw.get("cancel_at_period_end") else None),
        ended=later(raw.get("ended_at")),
        livemode=bool(raw["livemode"]),
        item=text(item.get("id")),
        product=ident(item["price"].get("product")),
        at_period_end=bool(raw.get("cancel_at_period_end")),
        resumes_at=later(paused.get("resumes_at")),
        items=len(raw["items"]["data"]),
        method=ident(raw.get("default_payment_method")),
        latest=ident(raw.get("latest_invoice")),
        held=moment(int(held)) if paused and held.isdecimal() else None,
        rested=text(metadata.get("rested")),
    )


def ident(value: Any) -> str:
    """The id of what a field points to, expanded or not; empty when it points to nothing."""
    if isinstance(value, Mapping):
        return text(value.get("id"))
    return text(value)


def moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def later(epoch: int | None) -> datetime | None:
    return moment(epoch) if epoch is not None else None


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""

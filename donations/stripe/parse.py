"""Parse Stripe's API objects, where each fact lives (API 2026-10-28.endive): JSON as dicts in, `objects` out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from donations.stripe import objects
from foundation.access import card_numbers


def reference(raw: objects.Raw) -> str:
    """Return the gift that an object's metadata name; empty for what is not ours. Check it before reading more."""
    return text((raw.get("metadata") or {}).get("gift"))


def checkout_session(raw: objects.Raw) -> objects.CheckoutSession:
    """The next payment is known where the subscription stands in the session whole."""
    plan = raw.get("subscription")
    items = plan["items"]["data"] if isinstance(plan, Mapping) else []
    return objects.CheckoutSession(
        id=raw["id"],
        status=text(raw.get("status")),
        paid=raw.get("payment_status") == "paid",
        subscribes=raw.get("mode") == "subscription",
        url=text(raw.get("url")),
        reference=text(raw.get("client_reference_id")),
        payment_intent=ident(raw.get("payment_intent")),
        invoice=ident(raw.get("invoice")),
        name=card_numbers.masked(text((raw.get("customer_details") or {}).get("name"))),
        next_payment=later(items[0].get("current_period_end")) if items else None,
    )


def settlement(raw: Any) -> objects.Settlement | None:
    """None while the balance transaction is not there, or is only named and not expanded."""
    if not isinstance(raw, Mapping):
        return None
    return objects.Settlement(id=raw["id"], gross=raw["amount"], fee=raw["fee"], currency=raw["currency"].upper())


def balance_transaction(raw: Any) -> objects.BalanceTransaction | None:
    """None while the balance transaction is not there, or is only named and not expanded."""
    if not isinstance(raw, Mapping):
        return None
    return objects.BalanceTransaction(
        id=raw["id"],
        type=text(raw.get("type")),
        gross=raw["amount"],
        fee=raw.get("fee") or 0,
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        source=ident(raw.get("source")),
    )


def payout(raw: objects.Raw) -> objects.Payout:
    return objects.Payout(
        id=raw["id"],
        status=text(raw.get("status")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        arrives=moment(raw["arrival_date"]),
        automatic=bool(raw.get("automatic")),
        complete=raw.get("reconciliation_status") == "completed",
        out=balance_transaction(raw.get("balance_transaction")),
        back=balance_transaction(raw.get("failure_balance_transaction")),
        livemode=bool(raw["livemode"]),
    )


def charge(raw: objects.Raw) -> objects.Charge:
    paid = raw.get("payment_method_details") or {}
    details = paid.get(text(paid.get("type"))) or {}
    return objects.Charge(
        id=raw["id"],
        succeeded=raw.get("status") == "succeeded" and bool(raw.get("paid")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        payment_intent=ident(raw.get("payment_intent")),
        name=card_numbers.masked(text((raw.get("billing_details") or {}).get("name"))),
        livemode=bool(raw["livemode"]),
        settlement=settlement(raw.get("balance_transaction")),
        returned=balance_transaction(raw.get("failure_balance_transaction")),
        declined=raw.get("status") == "failed",
        card=text((paid.get("card") or {}).get("fingerprint")),
        way=text((details.get("wallet") or {}).get("type")) or text(paid.get("type")),
        brand=text(details.get("brand")),
        last_four=text(details.get("last4")),
    )


def payment_intent(raw: objects.Raw) -> objects.PaymentIntent:
    latest = raw.get("latest_charge")
    return objects.PaymentIntent(
        id=raw["id"],
        status=text(raw.get("status")),
        reference=reference(raw),
        charge=charge(latest) if isinstance(latest, Mapping) else None,
        todo=_page_of(raw.get("next_action") or {}),
        refused=ident((raw.get("last_payment_error") or {}).get("payment_method")),
        latest=ident(latest),
    )


def _page_of(action: objects.Raw) -> str:
    """Whatever kind of step it is (small deposits to confirm, a slip to pay), its page has such a name."""
    details = [each for each in action.values() if isinstance(each, Mapping)]
    pages = [text(each[name]) for each in details for name in each if name.startswith("hosted_")]
    return next((page for page in pages if page.startswith("https://")), "")


def invoice(raw: objects.Raw) -> objects.Invoice:
    """The subscription and our reference stand under `parent`: the invoice's own metadata is empty."""
    parent = (raw.get("parent") or {}).get("subscription_details") or {}
    return objects.Invoice(
        id=raw["id"],
        paid=raw.get("status") == "paid",
        first=raw.get("billing_reason") == "subscription_create",
        amount_paid=raw.get("amount_paid") or raw.get("amount_paid_off_stripe") or 0,
        subscription=ident(parent.get("subscription")),
        reference=text((parent.get("metadata") or {}).get("gift")),
        currency=text(raw.get("currency")).upper(),
    )


def subscription(raw: objects.Raw) -> objects.Subscription:
    """The period stands on the item, not on the subscription; so does the price. Staff may have added an item."""
    item, metadata, paused = raw["items"]["data"][0], raw.get("metadata") or {}, raw.get("pause_collection") or {}
    end, auto_paused_at = later(item.get("current_period_end")), text(metadata.get("auto_paused_at"))
    return objects.Subscription(
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
        auto_paused_at=moment(int(auto_paused_at)) if paused and auto_paused_at.isdecimal() else None,
        rested=text(metadata.get("rested")),
        interval=text((item["price"].get("recurring") or {}).get("interval")) or "month",
        meant_once=text((raw.get("cancellation_details") or {}).get("comment")) == objects.MEANT_ONCE,
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


def refund(raw: objects.Raw) -> objects.Refund:
    return objects.Refund(
        id=raw["id"],
        status=text(raw.get("status")),
        charge=ident(raw.get("charge")),
        payment_intent=ident(raw.get("payment_intent")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        out=balance_transaction(raw.get("balance_transaction")),
        back=balance_transaction(raw.get("failure_balance_transaction")),
        key=text((raw.get("metadata") or {}).get(objects.REFUND_KEY)),
    )


def dispute(raw: objects.Raw) -> objects.Dispute:
    found = [balance_transaction(each) for each in raw.get("balance_transactions") or []]
    moved = sorted((each for each in found if each), key=lambda each: (each.created, each.id))
    return objects.Dispute(
        id=raw["id"],
        status=text(raw.get("status")),
        reason=text(raw.get("reason")),
        charge=ident(raw.get("charge")),
        payment_intent=ident(raw.get("payment_intent")),
        amount=raw["amount"],
        currency=raw["currency"].upper(),
        created=moment(raw["created"]),
        answer_by=later((raw.get("evidence_details") or {}).get("due_by")),
        balance_transactions=tuple(moved),
        livemode=bool(raw["livemode"]),
    )


def warning(raw: objects.Raw) -> objects.FraudWarning:
    return objects.FraudWarning(
        id=raw["id"],
        reason=text(raw.get("fraud_type")),
        charge=ident(raw.get("charge")),
        payment_intent=ident(raw.get("payment_intent")),
        actionable=bool(raw.get("actionable")),
        created=moment(raw["created"]),
        livemode=bool(raw["livemode"]),
    )

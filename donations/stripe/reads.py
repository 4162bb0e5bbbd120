"""Reads from Stripe: each object as it is now, and the lists that a reconciliation reads. Nothing is changed by it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from donations.stripe import client, objects, parse, prefetch
from donations.stripe.errors import NotFoundError

BOTH_WAYS = ["balance_transaction", "failure_balance_transaction"]
LAST_CHARGE = [f"latest_charge.{way}" for way in BOTH_WAYS]
BEHIND = ("payment_intent", "subscription", "invoice")  # what a Checkout Session brought about


def checkout_session(ident: str) -> objects.CheckoutSession:
    """A Checkout Session as it is now, with its subscription. Raises NotFoundError, StripeIsDownError."""
    return parse.checkout_session(client.get(client.v1().checkout.sessions.retrieve, ident, ["subscription"]))


def checkout_session_with_payment(ident: str) -> objects.CheckoutSession:
    """The same, with all that stands behind it: inside of `prefetch.reading` none of that is fetched again."""
    expand = [f"payment_intent.{name}" for name in LAST_CHARGE] + ["subscription", "invoice"]
    raw = client.get(client.v1().checkout.sessions.retrieve, ident, expand)
    for name in BEHIND:
        prefetch.keep(raw.get(name))
    return parse.checkout_session(raw)


def find_checkout(reference: str, attempt: int, since: datetime) -> objects.CheckoutSession | None:
    """Find the session that an earlier call created whose answer was lost, among those created since a moment (UTC)."""
    created = {"gte": int((since - timedelta(minutes=5)).timestamp())}
    for raw in client.each(client.v1().checkout.sessions.list, {"created": created}, patient=False):
        if raw["client_reference_id"] == reference and raw["metadata"].get("attempt") == str(attempt):
            return parse.checkout_session(raw)
    return None


def payment_intent(ident: str) -> objects.PaymentIntent:
    """Fetch a payment intent with its last charge and the balance transactions of that."""
    return parse.payment_intent(client.get(client.v1().payment_intents.retrieve, ident, LAST_CHARGE))


def charge(ident: str) -> objects.Charge:
    return parse.charge(client.get(client.v1().charges.retrieve, ident, BOTH_WAYS))


def charge_with_intent(ident: str) -> tuple[objects.Charge, objects.PaymentIntent | None]:
    """Fetch a charge and the payment intent that it is a try of, if any. Of the intent's last charge only the id is
    told.
    """
    raw = client.get(client.v1().charges.retrieve, ident, [*BOTH_WAYS, "payment_intent"])
    found, intent = parse.charge(raw), raw.get("payment_intent")
    if not found.payment_intent:
        return found, None
    return found, parse.payment_intent(intent) if isinstance(intent, Mapping) else payment_intent(found.payment_intent)


def invoice(ident: str) -> objects.Invoice:
    return parse.invoice(client.get(client.v1().invoices.retrieve, ident))


def invoice_of_intent(ident: str) -> str:
    """The invoice that a payment intent pays; empty for a gift that is not monthly. Neither names the other."""
    if listed := prefetch.invoice_of(ident):
        return listed
    wanted = {"payment": {"type": "payment_intent", "payment_intent": ident}, "limit": 1}
    rows = client.request(client.v1().invoice_payments.list, wanted)["data"]
    return parse.ident(rows[0]["invoice"]) if rows and ident else ""


def invoice_of_payment(ident: str) -> str:
    """The invoice that an invoice payment ("inpay_…") paid."""
    return parse.ident(client.get(client.v1().invoice_payments.retrieve, ident)["invoice"])


def intents_of_invoice(ident: str) -> list[tuple[str, str]]:
    """The payment intents that paid an invoice, usually one, each with its invoice payment ("inpay_…")."""
    rows = client.request(
        client.v1().invoice_payments.list, {"invoice": client.named(ident), "status": "paid", "limit": 100}
    )["data"]
    found = [(parse.ident((row.get("payment") or {}).get("payment_intent")), parse.text(row.get("id"))) for row in rows]
    return [(intent, part) for intent, part in found if intent]


def intent_of_invoice(ident: str) -> str:
    """The payment intent by which an invoice is or was to be paid, whatever became of it; empty without one."""
    rows = client.request(client.v1().invoice_payments.list, {"invoice": client.named(ident), "limit": 100})["data"]
    found = [parse.ident((row.get("payment") or {}).get("payment_intent")) for row in rows]
    return next(filter(None, found), "")


def subscription(ident: str) -> objects.Subscription:
    """Fetch a subscription; ended ones are found too."""
    return parse.subscription(client.get(client.v1().subscriptions.retrieve, ident))


def raw_subscription(ident: str) -> objects.Raw:
    """Fetch a subscription as it came: others sell by the month on this account, at prices we need not understand."""
    return client.get(client.v1().subscriptions.retrieve, ident)


def customer_of_method(ident: str) -> str:
    """The customer of a payment method (card or account); empty when it is nobody's any more."""
    return parse.ident(client.get(client.v1().payment_methods.retrieve, ident).get("customer"))


def card_of_customer(ident: str) -> str:
    """The default payment method of a customer, which Stripe charges where a subscription names none; else empty."""
    settings = client.get(client.v1().customers.retrieve, ident).get("invoice_settings") or {}
    return parse.ident(settings.get("default_payment_method"))


def is_newer(card: str, other: str) -> bool:
    """Whether a card or account was given after another one, or the other is there no more."""
    try:
        before = client.get(client.v1().payment_methods.retrieve, other)
    except NotFoundError:
        return True
    given = client.get(client.v1().payment_methods.retrieve, card)["created"]
    return not before.get("customer") or bool(given >= before["created"])


def refund(ident: str) -> objects.Refund:
    """Fetch a refund with its balance transactions, both ways."""
    return parse.refund(client.get(client.v1().refunds.retrieve, ident, BOTH_WAYS))


def refunds_of(charge: str) -> list[str]:
    """The ids of all refunds of a charge: the charge itself does not hold them."""
    return [raw["id"] for raw in client.each(client.v1().refunds.list, {"charge": client.named(charge)})]


def refund_marked(payment_intent: str, key: str) -> str:
    """The id of the refund of this payment that carries our key; empty if Stripe made none."""
    listed = client.each(client.v1().refunds.list, {"payment_intent": client.named(payment_intent)})
    return next((raw["id"] for raw in listed if (raw.get("metadata") or {}).get(objects.REFUND_KEY) == key), "")


def dispute(ident: str) -> objects.Dispute:
    """Fetch a dispute. Its balance transactions stand in it whole."""
    return parse.dispute(client.get(client.v1().disputes.retrieve, ident))


def fraud_warning(ident: str) -> objects.FraudWarning:
    return parse.warning(client.get(client.v1().radar.early_fraud_warnings.retrieve, ident))


def payout(ident: str) -> objects.Payout:
    return parse.payout(client.get(client.v1().payouts.retrieve, ident, BOTH_WAYS))


def balance_transactions_of(payout: str) -> list[objects.BalanceTransaction]:
    """List the balance transactions of a completed automatic payout, without the payout itself."""
    found = map(
        parse.balance_transaction, client.each(client.v1().balance_transactions.list, {"payout": client.named(payout)})
    )
    return [txn for txn in found if txn and txn.source != payout]


def balance_transaction(ident: str) -> objects.BalanceTransaction | None:
    return parse.balance_transaction(client.get(client.v1().balance_transactions.retrieve, ident))


def balance_transactions(since: datetime | None, after: str = "") -> Iterator[objects.Raw]:
    """List every balance transaction since a moment, newest first; only what is older than `after`, if named.

    As all lists for reconciliation it is given as it came: whose a thing is must be checked before it is parsed.
    """
    params = {**_created(since), **({"starting_after": after} if after else {})}
    return client.each(client.v1().balance_transactions.list, params)


def checkout_sessions(since: datetime | None) -> Iterator[objects.Raw]:
    return client.each(client.v1().checkout.sessions.list, _created(since))


def sessions_of(named: dict[str, str]) -> list[objects.Raw]:
    """List the Checkout Sessions behind a payment intent or a subscription: `named` is the one of the two."""
    return list(
        client.each(client.v1().checkout.sessions.list, {name: client.named(ident) for name, ident in named.items()})
    )


def subscriptions() -> Iterator[objects.Raw]:
    """List all subscriptions, ended ones too: an old one may have changed today."""
    return client.each(client.v1().subscriptions.list, {"status": "all"})


def events(since: datetime, types: list[str]) -> Iterator[objects.Raw]:
    """List Stripe's events of these types (twenty at most) since a moment (UTC), newest first. It keeps them for thirty
    days, each in the API version of its day.
    """
    return client.each(client.v1().events.list, {**_created(since), "types": types})


def disputes(since: datetime | None) -> Iterator[objects.Raw]:
    return client.each(client.v1().disputes.list, _created(since))


def fraud_warnings(since: datetime | None) -> Iterator[objects.Raw]:
    return client.each(client.v1().radar.early_fraud_warnings.list, _created(since))


def payouts(since: datetime | None) -> Iterator[objects.Raw]:
    return client.each(client.v1().payouts.list, _created(since))


def payment_methods() -> list[str]:
    """List what the payment page offers on this account ("card", "apple_pay", …): the methods that its default
    configuration shows and whose capability is active. Empty where the account has no such configuration.
    """
    for found in client.each(client.v1().payment_method_configurations.list, {"active": True}, patient=False):
        if found["is_default"] and not found.get("application"):
            return sorted(name for name, one in found.items() if isinstance(one, dict) and one.get("available"))
    return []


def _created(since: datetime | None) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}} if since else {}

"""What we ask Stripe about money after the payment: refunds, disputes, warnings, and the lists that reconcile reads."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from donations import facts, gateway, objections


def refund(ident: str) -> objections.Refund:
    """With what it did to the balance, both ways."""
    expand = ["balance_transaction", "failure_balance_transaction"]
    return objections.refund(gateway.get(gateway.v1().refunds.retrieve, ident, expand))


def refunds_of(charge: str) -> list[str]:
    """The ids of all refunds of a charge: the charge itself does not hold them."""
    if not charge:
        raise gateway.NotFoundError("An empty id names nothing.")
    return [raw["id"] for raw in gateway.each(gateway.v1().refunds.list, {"charge": charge})]


def dispute(ident: str) -> objections.Dispute:
    """Its balance transactions stand in it whole."""
    return objections.dispute(gateway.get(gateway.v1().disputes.retrieve, ident))


def fraud_warning(ident: str) -> objections.FraudWarning:
    return objections.warning(gateway.get(gateway.v1().radar.early_fraud_warnings.retrieve, ident))


def invoice_of_payment(ident: str) -> str:
    """The invoice that an invoice payment ("inpay_…") paid."""
    return facts.ident(gateway.get(gateway.v1().invoice_payments.retrieve, ident)["invoice"])


def intent_of_charge(ident: str) -> str:
    return facts.ident(gateway.get(gateway.v1().charges.retrieve, ident).get("payment_intent"))


def customer_of_method(ident: str) -> str:
    """Whose card or account it is; empty when it is nobody's any more."""
    return facts.ident(gateway.get(gateway.v1().payment_methods.retrieve, ident).get("customer"))


def card_of_customer(ident: str) -> str:
    """What Stripe charges a customer by, where a monthly gift names nothing of its own; empty without one."""
    settings = gateway.get(gateway.v1().customers.retrieve, ident).get("invoice_settings") or {}
    return facts.ident(settings.get("default_payment_method"))


def is_newer(card: str, other: str) -> bool:
    """Whether a card or account was given after another one, or the other is there no more."""
    try:
        before = gateway.get(gateway.v1().payment_methods.retrieve, other)
    except gateway.NotFoundError:
        return True
    given = gateway.get(gateway.v1().payment_methods.retrieve, card)["created"]
    return not before.get("customer") or bool(given >= before["created"])


def intent_of_invoice(ident: str) -> str:
    """The payment intent by which an invoice is or was to be paid, whatever became of it; empty without one."""
    if not ident:
        raise gateway.NotFoundError("An empty id names nothing.")
    rows = gateway.ask(gateway.v1().invoice_payments.list, {"invoice": ident, "limit": 100})["data"]
    found = [facts.ident((row.get("payment") or {}).get("payment_intent")) for row in rows]
    return next(filter(None, found), "")


def payout(ident: str) -> facts.Payout:
    expand = ["balance_transaction", "failure_balance_transaction"]
    return facts.payout(gateway.get(gateway.v1().payouts.retrieve, ident, expand))


def movements_of(payout: str) -> list[facts.Movement]:
    """What a completed automatic payout is made of, without the payout itself."""
    if not payout:
        raise gateway.NotFoundError("An empty id names nothing.")
    found = map(facts.movement, gateway.each(gateway.v1().balance_transactions.list, {"payout": payout}))
    return [movement for movement in found if movement and movement.source != payout]


def movements(since: datetime | None, after: str = "") -> Iterator[facts.Raw]:
    """Everything that touched the balance since a moment, newest first; only what is older than `after`, if named.

    As all lists for comparisons it is given as it came: whose a thing is must be asked before it is read.
    """
    params = {**_created(since), **({"starting_after": after} if after else {})}
    return gateway.each(gateway.v1().balance_transactions.list, params)


def movement(ident: str) -> facts.Movement | None:
    return facts.movement(gateway.get(gateway.v1().balance_transactions.retrieve, ident))


def pages(since: datetime | None) -> Iterator[facts.Raw]:
    return gateway.each(gateway.v1().checkout.sessions.list, _created(since))


def pages_of(named: dict[str, str]) -> list[facts.Raw]:
    """The payment pages behind a payment intent or a subscription: `named` is the one of the two."""
    if not all(named.values()):
        raise gateway.NotFoundError("An empty id names nothing.")
    return list(gateway.each(gateway.v1().checkout.sessions.list, named))


def subscription(ident: str) -> facts.Raw:
    """As it came: others sell by the month on the same account, at prices that we need not understand."""
    return gateway.get(gateway.v1().subscriptions.retrieve, ident)


def subscriptions() -> Iterator[facts.Raw]:
    """All, ended ones too: an old one may have changed today."""
    return gateway.each(gateway.v1().subscriptions.list, {"status": "all"})


def disputes(since: datetime | None) -> Iterator[facts.Raw]:
    return gateway.each(gateway.v1().disputes.list, _created(since))


def fraud_warnings(since: datetime | None) -> Iterator[facts.Raw]:
    return gateway.each(gateway.v1().radar.early_fraud_warnings.list, _created(since))


def payouts(since: datetime | None) -> Iterator[facts.Raw]:
    return gateway.each(gateway.v1().payouts.list, _created(since))


def _created(since: datetime | None) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}} if since else {}

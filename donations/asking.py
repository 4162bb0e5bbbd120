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
    found = _movements({"payout": payout})
    return [movement for movement in found if movement.source != payout]


def movements(since: datetime | None, after: str = "") -> Iterator[facts.Movement]:
    """Everything that touched the balance since a moment, newest first; only what is older than `after`, if named."""
    return _movements({**_created(since), **({"starting_after": after} if after else {})})


def movement(ident: str) -> facts.Movement | None:
    return facts.movement(gateway.get(gateway.v1().balance_transactions.retrieve, ident))


def pages(since: datetime | None) -> Iterator[facts.CheckoutPage]:
    return map(facts.checkout_page, gateway.each(gateway.v1().checkout.sessions.list, _created(since)))


def subscriptions() -> Iterator[facts.Subscription]:
    """All, ended ones too: an old one may have changed today."""
    return map(facts.subscription, gateway.each(gateway.v1().subscriptions.list, {"status": "all"}))


def disputes(since: datetime | None) -> Iterator[objections.Dispute]:
    return map(objections.dispute, gateway.each(gateway.v1().disputes.list, _created(since)))


def fraud_warnings(since: datetime | None) -> Iterator[objections.FraudWarning]:
    found = gateway.each(gateway.v1().radar.early_fraud_warnings.list, _created(since))
    return map(objections.warning, found)


def payouts(since: datetime | None) -> Iterator[facts.Payout]:
    return map(facts.payout, gateway.each(gateway.v1().payouts.list, _created(since)))


def _movements(params: dict[str, Any]) -> Iterator[facts.Movement]:
    for raw in gateway.each(gateway.v1().balance_transactions.list, params):
        found = facts.movement(raw)
        if found:
            yield found


def _created(since: datetime | None) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}} if since else {}

"""What we ask Stripe about money after the payment: refunds, disputes, warnings, and the lists that reconcile reads."""

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

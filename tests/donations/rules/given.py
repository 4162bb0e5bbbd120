"""Rows and facts that a rule is tried with: every field has a value of its own, so that none can stand for another."""

from datetime import UTC, datetime

from donations.models import Campaign, Currency, Gift, Plan
from donations.stripe import objects
from foundation.organisation.models import Organisation

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def charity(**fields) -> Organisation:
    organisation = Organisation.load()
    known = {"name": "The Road Out", "legal_name": "The Road Out Inc.", "time_zone": "UTC"}
    for name, value in {**known, **fields}.items():
        setattr(organisation, name, value)
    organisation.save()
    return organisation


def gift(**fields) -> Gift:
    """Paid: 25 dollars, and 1.06 for the fee."""
    sums = {"currency": "USD", "amount": 2500, "fee_cover": 106, "total": 2606}
    paid = {"status": "paid", "paid_at": NOON, "livemode": True}
    return Gift.objects.create(**{"frequency": "once", "email": "ada@donor.example", **sums, **paid, **fields})


def settlement(ident: str = "txn_charge", **fields) -> objects.Settlement:
    return objects.Settlement(**{"id": ident, "gross": 2300, "fee": 97, "currency": "EUR", **fields})


def charge(**fields) -> objects.Charge:
    sums = {"amount": 2606, "currency": "USD", "settlement": settlement()}
    rest = {"succeeded": True, "created": NOON, "payment_intent": "pi_one", "name": "Ada", "livemode": True}
    return objects.Charge(**{"id": "ch_one", **sums, **rest, **fields})


def txn(ident: str = "txn_back", **fields) -> objects.BalanceTransaction:
    sums = {"gross": -1000, "fee": 0, "currency": "EUR"}
    return objects.BalanceTransaction(
        **{"id": ident, "type": "refund", "created": NOON, "source": "re_one", **sums, **fields}
    )


def plan(**fields) -> Plan:
    sums = {"currency": "USD", "amount": 3000, "fee_cover": 120, "total": 3120}
    rest = {"as_of": NOON, "started_at": NOON, "livemode": True, "customer_id": "cus_one"}
    return Plan.objects.create(**{"subscription_id": "sub_one", **sums, **rest, **fields})


def campaign(**fields) -> Campaign:
    """Open since the first of May, and matched up to 1,000 dollars."""
    words = {"title": "Roof", "slug": "roof", "summary": "A roof.", "goal": 100_000, "match_funder": "A friend"}
    ladder = {"monthly_amounts": [1500], "once_amounts": [3500], "minimum": 500, "maximum": 5_000_000, "position": 1}
    currency, _made = Currency.objects.get_or_create(code="USD", defaults=ladder)
    rest = {"currency": currency, "starts_on": "2026-05-01", "match_cap": 100_000}
    return Campaign.objects.create(**{**words, **rest, **fields})


def subscription(**fields) -> objects.Subscription:
    state = {"status": "active", "collecting": True, "customer": "cus_one", "reference": "", "total": 3120}
    days = {"currency": "USD", "started": NOON, "period_end": None, "cancel_at": None, "ended": None}
    return objects.Subscription(**{"id": "sub_one", **state, **days, "livemode": True, **fields})


def invoice(**fields) -> objects.Invoice:
    known = {"paid": True, "first": True, "amount_paid": 3120, "subscription": "sub_one", "reference": ""}
    return objects.Invoice(**{"id": "in_one", **known, **fields})


def refund(**fields) -> objects.Refund:
    who = {"status": "succeeded", "charge": "ch_one", "payment_intent": "pi_one"}
    sums = {"amount": 1000, "currency": "USD", "created": NOON, "out": txn(), "back": None}
    return objects.Refund(**{"id": "re_one", **who, **sums, **fields})


def dispute(**fields) -> objects.Dispute:
    who = {"status": "needs_response", "reason": "fraudulent", "charge": "ch_one", "payment_intent": "pi_one"}
    sums = {"amount": 2606, "currency": "USD", "created": NOON, "answer_by": None, "livemode": True}
    taken = txn("txn_taken", gross=-2606, fee=1500)
    return objects.Dispute(**{"id": "du_one", **who, **sums, "balance_transactions": (taken,), **fields})


def warning(**fields) -> objects.FraudWarning:
    who = {"reason": "made_with_stolen_card", "charge": "ch_one", "payment_intent": "pi_one"}
    rest = {"actionable": True, "created": NOON, "livemode": True}
    return objects.FraudWarning(**{"id": "issfr_one", **who, **rest, **fields})


EPOCH = int(NOON.timestamp())
REFERENCE = "K7QM-3ZXA-9PWT"


def raw_charge(ident: str = "ch_one", /, **fields) -> dict:
    """As Stripe sends it: 26.06 dollars, succeeded."""
    sums = {"amount": 2606, "currency": "usd", "created": EPOCH, "livemode": True, "payment_intent": "pi_one"}
    return {"id": ident, "object": "charge", "status": "succeeded", "paid": True, **sums, **fields}


def raw_intent(ident: str = "pi_one", **fields) -> dict:
    known = {"status": "succeeded", "metadata": {"gift": REFERENCE}, "latest_charge": raw_charge()}
    return {"id": ident, "object": "payment_intent", **known, **fields}


def raw_session(**fields) -> dict:
    known = {"status": "complete", "payment_status": "paid", "mode": "payment", "client_reference_id": REFERENCE}
    return {"id": "cs_one", "object": "checkout.session", **known, "payment_intent": "pi_one", **fields}


def raw_invoice(ident: str = "in_one", **fields) -> dict:
    details = {"subscription": "sub_one", "metadata": {"gift": REFERENCE}}
    known = {"status": "paid", "billing_reason": "subscription_create", "amount_paid": 2606}
    return {"id": ident, "object": "invoice", **known, "parent": {"subscription_details": details}, **fields}


def raw_subscription(**fields) -> dict:
    item = {"id": "si_one", "price": {"unit_amount": 2606, "product": "prod_one"}}
    known = {"status": "active", "customer": "cus_one", "currency": "usd", "start_date": EPOCH, "livemode": True}
    more = {"metadata": {"gift": REFERENCE}, "items": {"data": [item]}}
    return {"id": "sub_one", "object": "subscription", **known, **more, **fields}

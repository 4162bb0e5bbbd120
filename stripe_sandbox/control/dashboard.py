"""Activity on the account without the site: the Dashboard's refunds, banks, other sellers' money, Stripe's fees."""

from collections.abc import Callable
from typing import Any

from ..billing import debits
from ..money import balance, charging, currencies, disputes, payment_methods, payouts, refunds
from ..money.cards import read
from ..shapes import catalog, customers
from ..shapes import subscriptions as billing
from ..store.books import Books, Thing
from ..store.errors import StripeError
from ..store.events import change, emit

REFUND_STATES = ("pending", "requires_action", "succeeded", "failed", "canceled")

REASONS = ("requested_by_customer", "duplicate", "fraudulent")


def _charge(books: Books, asked: Thing) -> Thing:
    """Return the charge with the id `charge`, or the last one of `payment_intent`."""
    if "payment_intent" in asked:
        intent = books.need("payment_intent", asked["payment_intent"])
        return books.need("charge", intent["latest_charge"] or "")
    return books.need("charge", asked.get("charge", ""))


def land_debit(books: Books, asked: Thing) -> Thing:
    """Settle a bank debit now: it succeeds or fails."""
    if asked.get("status") not in ("succeeded", "failed"):
        raise StripeError("status is succeeded or failed")
    charge = _charge(books, asked)
    if charge["status"] != "pending":
        raise StripeError(f"The charge {charge['id']} is not pending.")
    return debits.land(books, charge["id"], asked["status"])


def return_debit(books: Books, asked: Thing) -> Thing:
    """Return a bank debit that had succeeded."""
    return debits.take_back(books, _charge(books, asked))


def refund(books: Books, asked: Thing) -> Thing:
    """Create a refund in the Dashboard."""
    wanted = asked.get("status", "succeeded")
    if wanted not in REFUND_STATES:
        raise StripeError(f"status is one of {', '.join(REFUND_STATES)}")
    if asked.get("reason", REASONS[0]) not in REASONS:
        raise StripeError(f"reason is one of {', '.join(REASONS)}")
    return refunds.create(books, asked)


def turn_refund(books: Books, asked: Thing) -> Thing:
    """Set a refund to another status: succeeded, failed or canceled."""
    if asked.get("status") not in ("succeeded", "failed", "canceled"):
        raise StripeError("status is succeeded, failed or canceled")
    refund_id = books.need("refund", asked.get("refund", ""))["id"]
    return refunds.turn(books, refund_id, asked["status"], asked.get("reason", "unknown"))


def dispute(books: Books, asked: Thing) -> Thing:
    return disputes.begin(books, _charge(books, asked), asked)


def end_dispute(books: Books, asked: Thing) -> Thing:
    """Close a dispute by the bank's decision, or escalate an inquiry."""
    found = books.need("dispute", asked.get("dispute", ""))
    status, asking = asked.get("status"), found["status"] in disputes.ASKING
    allowed = ("warning_closed", "escalated") if asking else ("won", "lost")
    if found["status"] not in disputes.OPEN + disputes.ASKING or status not in allowed:
        raise StripeError(f"A dispute that is {found['status']} cannot become {status}.")
    if status == "escalated":
        return disputes.escalate(books, found)
    return disputes.end(books, found, str(status))


def warning(books: Books, asked: Thing) -> Thing:
    return disputes.warn(books, _charge(books, asked), asked.get("fraud_type", "made_with_stolen_card"))


def payout(books: Books, asked: Thing) -> Thing:
    """Create a payout: all that is available as an automatic one, or `amount` of it (minor units) as a manual one."""
    made = payouts.manual(books, asked["amount"]) if "amount" in asked else payouts.automatic(books)
    if made is None:
        raise StripeError("Nothing is available to be paid out.")
    return made


def fail_payout(books: Books, asked: Thing) -> Thing:
    found = books.need("payout", asked.get("payout", ""))
    return payouts.fail(books, found, asked.get("code", "account_closed"))


def schedule(books: Books, asked: Thing) -> Thing:
    """Set the payout schedule: daily, or manual."""
    if asked.get("interval") not in ("daily", "manual"):
        raise StripeError("interval is daily or manual")
    account = balance.account(books)
    account["settings"]["payouts"]["schedule"]["interval"] = asked["interval"]
    return books.put(account)


def foreign_charge(books: Books, asked: Thing) -> Thing:
    """Create a charge of another shop or form on the same account: nothing of it points to the site."""
    facts = {
        "amount": asked.get("amount", 1000),
        "currency": asked.get("currency", "usd"),
        "description": asked.get("description", "Another shop"),
        "metadata": asked.get("metadata"),
    }
    if not currencies.known(facts["currency"]) or facts["amount"] < 1:
        raise StripeError("A charge needs a currency that there is and an amount above zero.")
    card = read(asked.get("card", "4242424242424242"), 12, 2034)
    if card is None:
        raise StripeError("No card has this number.")
    method = payment_methods.keep_method(books, card, customers.billing_details(None, None, None, None))
    intent = charging.open_intent(books, facts)
    return charging.settle(books, charging.succeed(books, intent, method))


def foreign_subscription(books: Books, asked: Thing) -> Thing:
    """Create a subscription of another shop on the same account, at a price that has no `unit_amount`: in tiers, or of
    a fraction of the minor unit. It bills elsewhere: no invoice of it comes here.
    """
    price = asked.get("price", "tiered")
    if price not in ("tiered", "fraction"):
        raise StripeError("price is tiered or fraction")
    customer = customers.customer(books.new_id("cus"), books.now, {})
    product = books.put(catalog.product(books.new_id("prod"), books.now, {"name": "Another shop"}))
    facts = {"currency": "usd", "product": product["id"], "unit_amount": None, "recurring": {"interval": "month"}}
    made = catalog.price(books.new_id("price"), books.now, facts)
    if price == "tiered":
        made.update(billing_scheme="tiered", tiers_mode="graduated", unit_amount_decimal=None)
    else:
        made.update(unit_amount_decimal="0.5")
    sub_id, end = books.new_id("sub"), books.now + 30 * balance.DAY
    item = billing.subscription_item(books.new_id("si"), sub_id, books.now, end, books.put(made), 1)
    owner = {"customer": books.put(customer)["id"], "default_payment_method": None, "currency": "usd"}
    sub = billing.subscription(sub_id, books.now, {**owner, "metadata": asked.get("metadata")}, [item])
    emit(books, "customer.subscription.created", books.put(sub))
    return sub


def fee(books: Books, asked: Thing) -> Thing:
    """Book a fee that Stripe bills the account itself, for Radar, Billing and the like."""
    words = asked.get("description", "Billing - Usage Fee")
    return balance.book(books, "stripe_fee", "fee", -abs(asked.get("amount", 0)), description=words)


def adjustment(books: Books, asked: Thing) -> Thing:
    """Book an adjustment of the balance, either way."""
    words = asked.get("description", "Adjustment")
    return balance.book(books, "adjustment", "other_adjustment", asked.get("amount", 0), description=words)


def end_of_retries(books: Books, asked: Thing) -> Thing:
    """Set what happens to subscriptions after the last retry failed, as in the Dashboard."""
    if asked.get("end") not in ("past_due", "unpaid", "canceled"):
        raise StripeError("end is past_due, unpaid or canceled")
    account = balance.account(books)
    books.keep_note(account["id"], {**books.note(account["id"]), "end_of_retries": asked["end"]})
    return account


def renew_card(books: Books, asked: Thing) -> Thing:
    """Update a card by the network (account updater): a new date and number on the same payment method."""
    method = books.need("payment_method", asked.get("payment_method", ""))
    if method["type"] != "card":
        raise StripeError("Only cards are renewed.")
    books.keep_note(method["id"], {"behaviour": "good"})
    card = {**method["card"], "last4": asked.get("last4", "4242"), "exp_year": method["card"]["exp_year"] + 4}
    return change(books, method, "payment_method.automatically_updated", card=card)


TARGET = {"charge": str, "payment_intent": str}
# By control call: the function, and the parameters it takes.
WORK: dict[str, tuple[Callable[[Books, Thing], Thing], dict[str, type]]] = {
    "debits": (land_debit, {**TARGET, "status": str}),
    "debits/return": (return_debit, {**TARGET}),
    "refunds": (refund, {**TARGET, "amount": int, "reason": str, "metadata": dict, "status": str}),
    "refunds/turn": (turn_refund, {"refund": str, "status": str, "reason": str}),
    "disputes": (dispute, {**TARGET, "amount": int, "reason": str, "inquiry": bool}),
    "disputes/end": (end_dispute, {"dispute": str, "status": str}),
    "warnings": (warning, {**TARGET, "fraud_type": str}),
    "payouts": (payout, {"amount": int}),
    "payouts/fail": (fail_payout, {"payout": str, "code": str}),
    "payouts/schedule": (schedule, {"interval": str}),
    "charges": (
        foreign_charge,
        {"amount": int, "currency": str, "description": str, "metadata": dict, "card": str},
    ),
    "subscriptions": (foreign_subscription, {"price": str, "metadata": dict}),
    "cards/renew": (renew_card, {"payment_method": str, "last4": str}),
    "retries": (end_of_retries, {"end": str}),
    "fees": (fee, {"amount": int, "description": str}),
    "adjustments": (adjustment, {"amount": int, "description": str}),
}


def do(books: Books, name: str, asked: dict[str, Any]) -> Thing:
    """Run a control call. Raises StripeError for what is impossible, ValueError for unknown parameters."""
    work, known = WORK[name]
    for key, value in asked.items():
        if key not in known or not isinstance(value, known[key]) or (known[key] is int and isinstance(value, bool)):
            said = ", ".join(f"{one} ({kind.__name__})" for one, kind in known.items())
            raise ValueError(f"{name} takes {said}, not {key}={value!r}")
    return work(books, asked)
